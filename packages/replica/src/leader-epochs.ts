/** Which leader epoch wrote which part of a log: the list that truncation is decided by. [KIP-101] */
import { assert, NONE, type LeaderEpoch, type Offset } from '@hapax/base';

/** The records of `epoch` begin at `startOffset` and end where the next entry begins. */
export interface LeaderEpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

/** Where an epoch ends; both fields are −1 where that is not known. */
export interface EpochEndOffset {
  readonly epoch: LeaderEpoch;
  /** Exclusive. */
  readonly endOffset: Offset;
}

const UNDEFINED_END: EpochEndOffset = { epoch: NONE, endOffset: NONE };

/** Entries with rising epochs and rising start offsets. The log stores them; log and replica share one object. */
export class LeaderEpochs {
  /** Invariant: both fields rise strictly from entry to entry. */
  private list: LeaderEpochEntry[] = [];

  constructor(entries: readonly LeaderEpochEntry[] = []) {
    for (const entry of entries) {
      const last = this.latest;
      assert(
        entry.epoch >= 0 && entry.startOffset >= 0 &&
          (last === undefined || (last.epoch < entry.epoch && last.startOffset < entry.startOffset)),
        () => `epoch ${entry.epoch} at ${entry.startOffset} does not follow ${last?.epoch} at ${last?.startOffset}`,
      );
      this.list.push(entry);
    }
  }

  /** The newest entry, which may have no records yet; undefined for an empty list. */
  get latest(): LeaderEpochEntry | undefined {
    return this.list[this.list.length - 1];
  }

  /** The epoch of the newest entry, −1 for an empty list. */
  get latestEpoch(): LeaderEpoch {
    return this.latest?.epoch ?? NONE;
  }

  /** Oldest first. */
  entries(): readonly LeaderEpochEntry[] {
    return this.list;
  }

  /**
   * Notes that the records from `startOffset` on are of `epoch`. Answers whether the list changed (and must be stored).
   * Called for every batch appended, and by a new leader before its first append, so that an election without writes
   * leaves its mark too. [KAFKA-7415, bug 79]
   */
  assign(epoch: LeaderEpoch, startOffset: Offset): boolean {
    const last = this.latest;
    // A batch of an epoch that is known already, which is nearly every batch.
    if (last !== undefined && last.epoch === epoch && last.startOffset <= startOffset) return false;
    assert(epoch >= 0 && startOffset >= 0, () => `leader epoch ${epoch} at ${startOffset} is negative`);
    assert(
      last === undefined || last.epoch <= epoch,
      () => `leader epoch ${epoch} at ${startOffset} comes after ${last?.epoch} at ${last?.startOffset}`,
    );
    // Epochs that got no records before this one began are forgotten: no follower can hold any of them.
    let keep = this.list.length;
    while (keep > 0 && this.entryAt(keep - 1).startOffset >= startOffset) keep -= 1;
    this.list.length = keep;
    if (this.latestEpoch !== epoch) this.list.push({ epoch, startOffset });
    return true;
  }

  /**
   * Where `epoch` ended. [H14] The newest ends at the log's end; one newer than all is not known (−1, −1); one older
   * than all ends where the oldest begins; any other is answered by the largest epoch that is not above it.
   */
  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): EpochEndOffset {
    const first = this.list[0];
    if (epoch < 0 || first === undefined || epoch > this.latestEpoch) return UNDEFINED_END;
    if (epoch === this.latestEpoch) return { epoch, endOffset: logEndOffset };
    if (epoch < first.epoch) return { epoch, endOffset: first.startOffset };
    let at = this.list.length - 1;
    while (this.entryAt(at).epoch > epoch) at -= 1;
    return { epoch: this.entryAt(at).epoch, endOffset: this.entryAt(at + 1).startOffset };
  }

  /** The epoch of the record at an offset, −1 where no entry covers it. */
  epochAt(offset: Offset): LeaderEpoch {
    let at = this.list.length - 1;
    while (at >= 0 && this.entryAt(at).startOffset > offset) at -= 1;
    return at < 0 ? NONE : this.entryAt(at).epoch;
  }

  /**
   * Drops the entries that begin at `endOffset` or later, also where that is the log's end already: an epoch without
   * records must go, or a follower is told to truncate for ever. [KAFKA-10706, bug 92] Answers whether any did.
   */
  truncateFromEnd(endOffset: Offset): boolean {
    const before = this.list.length;
    while (this.latest !== undefined && this.latest.startOffset >= endOffset) this.list.pop();
    return this.list.length !== before;
  }

  /**
   * Drops the entries that end at `startOffset` or earlier; the one that covers it begins there from now on. Answers
   * whether the list changed.
   */
  truncateFromStart(startOffset: Offset): boolean {
    let covering = -1;
    while (covering + 1 < this.list.length && this.entryAt(covering + 1).startOffset <= startOffset) covering += 1;
    const entry = this.list[covering];
    if (entry === undefined || (covering === 0 && entry.startOffset === startOffset)) return false;
    this.list = [{ epoch: entry.epoch, startOffset }, ...this.list.slice(covering + 1)];
    return true;
  }

  /** Forgets all: the log begins anew. */
  clear(): void {
    this.list.length = 0;
  }

  private entryAt(index: number): LeaderEpochEntry {
    return this.list[index] as LeaderEpochEntry;
  }
}
