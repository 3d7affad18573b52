/** The replica's log as the machine sees it: the entries behind the last snapshot, and how far each stage has come. */
import { assert, present, sometimes } from '@hapax/base';
import type { LogIndex, Term } from '@hapax/base';
import { entryBytes } from './message.ts';
import type { Entry } from './message.ts';

/** A write that was handed to the driver and is not known to be durable yet. */
interface PendingWrite {
  readonly number: number;
  /** The last index that this write makes durable and that no later write replaces. */
  lastIndex: LogIndex;
}

/**
 * The log. Invariant: compactedIndex <= commitIndex <= lastIndex, and appliedIndex <= emittedIndex <= commitIndex.
 * Nothing at or below the commit index is ever cut off [bug 25].
 */
export class LogView {
  /** Entries at compactedIndex + 1 and up, without gaps. */
  private entries: Entry[];
  private compacted: { index: LogIndex; term: Term };
  private committed: LogIndex;
  private applied: LogIndex;
  /** Committed entries up to here were handed to the driver for its state machine. */
  private emitted: LogIndex;
  /** Entries up to here were handed to the driver for its disk. */
  private handed: LogIndex;
  /** Entries up to here are on disk, and no write that is under way replaces them. */
  private durable: LogIndex;
  private writes: PendingWrite[] = [];

  /** A log as it was restored: all of it is durable. `commitIndex` and `appliedIndex` lie within it. */
  constructor(restored: {
    readonly compactedIndex: LogIndex;
    readonly compactedTerm: Term;
    readonly entries: readonly Entry[];
    readonly commitIndex: LogIndex;
    readonly appliedIndex: LogIndex;
  }) {
    this.compacted = { index: restored.compactedIndex, term: restored.compactedTerm };
    this.entries = [...restored.entries];
    this.committed = restored.commitIndex;
    this.applied = restored.appliedIndex;
    this.emitted = restored.appliedIndex;
    this.handed = this.lastIndex;
    this.durable = this.lastIndex;
    this.entries.forEach((entry, at) => {
      const expected = this.compacted.index + 1 + at;
      assert(entry.index === expected, `restored entry ${entry.index} stands where ${expected} must stand`);
    });
    assert(
      this.compacted.index <= this.applied && this.applied <= this.committed && this.committed <= this.lastIndex,
      `restored indexes are out of order: compacted ${this.compacted.index}, applied ${this.applied}, ` +
        `committed ${this.committed}, last ${this.lastIndex}`,
    );
  }

  get commitIndex(): LogIndex {
    return this.committed;
  }

  get commitTerm(): Term {
    return present(this.termAt(this.committed), 'the term of the commit index');
  }

  get appliedIndex(): LogIndex {
    return this.applied;
  }

  get durableIndex(): LogIndex {
    return this.durable;
  }

  /** The first entry that is still here. */
  get firstIndex(): LogIndex {
    return this.compacted.index + 1;
  }

  get lastIndex(): LogIndex {
    return this.compacted.index + this.entries.length;
  }

  get lastTerm(): Term {
    return this.entries.at(-1)?.term ?? this.compacted.term;
  }

  /** The term at an index; undefined where it is compacted or beyond the end, and then it matches nothing [bug 31]. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.compacted.index) return this.compacted.term;
    return this.entryAt(index)?.term;
  }

  entryAt(index: LogIndex): Entry | undefined {
    return index > this.compacted.index ? this.entries[index - this.firstIndex] : undefined;
  }

  matches(index: LogIndex, term: Term): boolean {
    return this.termAt(index) === term;
  }

  /** Whether a log that ends so is at least as complete as this one [Raft §5.4.1]. */
  isUpToDate(lastIndex: LogIndex, lastTerm: Term): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Entries from an index on, as many as fit into `maxBytes`, yet at least one if there is any up to `last`. */
  slice(from: LogIndex, last: LogIndex, maxBytes: number): readonly Entry[] {
    const end = Math.min(last, this.lastIndex);
    const taken: Entry[] = [];
    let bytes = 0;
    for (let index = from; index <= end; index++) {
      const entry = this.entryAt(index);
      assert(entry !== undefined, `entry ${index} is not in [${this.firstIndex}, ${this.lastIndex}]`);
      bytes += entryBytes(entry);
      if (taken.length > 0 && bytes > maxBytes) break;
      taken.push(entry);
    }
    return taken;
  }

  /** What the entries from one index to another count against limits. */
  bytesBetween(from: LogIndex, last: LogIndex): number {
    let bytes = 0;
    for (let index = from; index <= last; index++) {
      const entry = this.entryAt(index);
      if (entry !== undefined) bytes += entryBytes(entry);
    }
    return bytes;
  }

  /** Whether an entry of a type lies in (from, last]. */
  hasBetween(type: Entry['type'], from: LogIndex, last: LogIndex): boolean {
    for (let index = from + 1; index <= last; index++) if (this.entryAt(index)?.type === type) return true;
    return false;
  }

  /** A leader's own entries: they follow the end of the log. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      assert(entry.index === this.lastIndex + 1, `entry ${entry.index} does not follow ${this.lastIndex}`);
      this.entries.push(entry);
    }
  }

  /**
   * A leader's entries at a follower. Returns the last index of the message, up to which both logs are now equal, or
   * undefined where the log has no entry of `previousTerm` at `previousIndex`, or where it would have to be cut below
   * the commit index: no leader can ask for that [bug 25].
   */
  maybeAppend(previousIndex: LogIndex, previousTerm: Term, entries: readonly Entry[]): LogIndex | undefined {
    if (!this.matches(previousIndex, previousTerm)) return undefined;
    // What is there already stays: an old message must not cut off what came after it [bug 18] [Raft §5.3].
    const firstNew = entries.findIndex((entry) => !this.matches(entry.index, entry.term));
    if (firstNew >= 0) {
      const conflict = previousIndex + 1 + firstNew;
      if (conflict <= this.committed) return undefined;
      sometimes(conflict <= this.lastIndex, 'raft: entries of another leader are cut off');
      this.truncateFrom(conflict);
      this.append(entries.slice(firstNew));
    }
    return previousIndex + entries.length;
  }

  /**
   * The highest index up to `index` whose term is not above `term`, with its term: below it the logs may agree. The
   * term is 0 where it is not known. Skips whole terms, so that a repair takes one round a term [Raft §5.3].
   */
  findConflictByTerm(index: LogIndex, term: Term): { readonly index: LogIndex; readonly term: Term } {
    for (let at = index; at > 0; at--) {
      const own = this.termAt(at);
      if (own === undefined) return { index: at, term: 0 };
      if (own <= term) return { index: at, term: own };
    }
    return { index: 0, term: 0 };
  }

  /** Moves the commit index up; a lower one, or one beyond the end, is no news [bug 24]. Returns whether it moved. */
  maybeCommit(index: LogIndex): boolean {
    const target = Math.min(index, this.lastIndex);
    if (target <= this.committed) return false;
    this.committed = target;
    return true;
  }

  /** The state machine has applied everything up to here. */
  appliedTo(index: LogIndex): void {
    if (index <= this.applied) return;
    assert(index <= this.emitted, `applied index ${index} is beyond what was handed out, ${this.emitted}`);
    this.applied = index;
  }

  /** Whether there are entries to apply that were not handed out. */
  hasUnemitted(): boolean {
    return this.emitted < this.emittable();
  }

  /**
   * Takes the next committed entries to apply. Only what is on this disk goes out, or a crash could make the state
   * machine forget what it showed to the world [bug 28].
   */
  takeCommitted(maxBytes: number): readonly Entry[] {
    const entries = this.slice(this.emitted + 1, this.emittable(), maxBytes);
    this.emitted += entries.length;
    return entries;
  }

  hasUnhanded(): boolean {
    return this.handed < this.lastIndex;
  }

  /** Takes the entries to write, as write `number`; durable once {@link endWrite} is told that number. */
  beginWrite(number: number): readonly Entry[] {
    const entries = this.entries.slice(this.handed - this.compacted.index);
    this.handed = this.lastIndex;
    this.writes.push({ number, lastIndex: this.lastIndex });
    return entries;
  }

  /** The write of this number, and all before it, are durable. */
  endWrite(number: number): void {
    while (this.writes[0] !== undefined && this.writes[0].number <= number) {
      this.durable = Math.max(this.durable, this.writes[0].lastIndex);
      this.writes.shift();
    }
  }

  /** Becomes the log behind a snapshot: nothing of the old one stays. The snapshot is durable with the next write. */
  restore(snapshot: { readonly index: LogIndex; readonly term: Term }): void {
    assert(snapshot.index > this.committed, `snapshot ${snapshot.index} is below commit index ${this.committed}`);
    // What was committed before is part of the snapshot, so it may stay counted as durable; anything else may not.
    this.forgetDurabilityAbove(this.committed);
    this.entries = [];
    this.compacted = { index: snapshot.index, term: snapshot.term };
    this.committed = snapshot.index;
    this.handed = snapshot.index;
    this.emitted = snapshot.index;
  }

  /** Forgets the entries up to an applied index: a durable snapshot stands for them [bug 49]. */
  compactTo(index: LogIndex): void {
    if (index <= this.compacted.index) return;
    assert(index <= this.applied, `entry ${index} is not applied yet: ${this.applied} is`);
    const term = this.termAt(index);
    assert(term !== undefined, `entry ${index} is not in the log`);
    this.entries = this.entries.slice(index - this.compacted.index);
    this.compacted = { index, term };
  }

  private emittable(): LogIndex {
    return Math.min(this.committed, this.durable);
  }

  private truncateFrom(index: LogIndex): void {
    assert(index > this.committed, `cutting at ${index} would lose the committed ${this.committed} [bug 25]`);
    this.entries.length = Math.min(this.entries.length, index - this.firstIndex);
    this.handed = Math.min(this.handed, index - 1);
    this.forgetDurabilityAbove(index - 1);
  }

  /** Writes under way will be replaced by later ones: what they finish says nothing about the new entries [bug 61]. */
  private forgetDurabilityAbove(index: LogIndex): void {
    this.durable = Math.min(this.durable, index);
    for (const write of this.writes) write.lastIndex = Math.min(write.lastIndex, index);
  }
}
