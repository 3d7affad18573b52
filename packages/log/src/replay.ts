/** What the journal's entries come to, partition by partition: what of the segments still counts, and what is added. */
import { assert, type Offset, sometimes, type Uuid } from '@hapax/base';
import { endOffsetOf, referenceOf } from './append-reference.ts';
import { EntryKind, topicOf, type PlacedEntry, type SegmentPlace } from './journal-entry.ts';
import type { JournalScan } from './journal-scan.ts';
import { positionIn } from './tail-cache.ts';

/** Batches of one append, or what truncations have left of them. */
export interface ReplayedAppend {
  readonly baseOffset: Offset;
  readonly endOffset: Offset;
  /** Undefined where they are in the segment alone. */
  readonly bytes: Uint8Array | undefined;
  readonly place: SegmentPlace;
  readonly sizeBytes: number;
}

/** The sum of the entries of one partition, first to last. */
export class PartitionReplay {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Known where the journal has the creation. */
  topic: string | undefined;
  /** False where the last word is that the partition was removed. */
  exists = true;
  /** Where the log begins anew: what is on disk does not count. */
  freshAt: Offset | undefined;
  /** From this offset on, the journal has changed what was there at the last checkpoint. */
  changedFrom: Offset = Number.POSITIVE_INFINITY;
  startOffset: Offset = -1;
  /** Up to here the files are whole and safe, whatever the journal has of it: a reference was durable. */
  private provenTo: Offset | undefined;
  /** Contiguous, and after what is proven. */
  private items: ReplayedAppend[] = [];
  /** An append that does not follow the one before it: the journal contradicts itself. It and later ones are here. */
  stranded: ReplayedAppend[] = [];

  constructor(topicId: Uuid, partition: number) {
    this.topicId = topicId;
    this.partition = partition;
  }

  /** Of what is on disk, only batches that end before this offset count, once {@link placed} is in place. */
  get cutAt(): Offset {
    return this.placed.at(-1)?.endOffset ?? this.provenTo ?? this.changedFrom;
  }

  /** Whether nothing that is on disk counts. */
  get isFresh(): boolean {
    return this.freshAt !== undefined && this.provenTo === undefined && this.placed.length === 0;
  }

  /**
   * Appends up to the last one whose bytes are in the segment alone: it cannot move, hence they all stay in their
   * places. They are written there again, since of those in the journal anything may be missing in the files.
   */
  get placed(): readonly ReplayedAppend[] {
    return this.items.slice(0, this.items.findLastIndex((item) => item.bytes === undefined) + 1);
  }

  /** To be appended after the cut. */
  get appends(): readonly ReplayedAppend[] {
    return this.items.slice(this.placed.length);
  }

  /** `isProven`: a later entry says that this one was durable, with what it refers to. */
  apply(entry: PlacedEntry, isProven: boolean): void {
    if (entry.kind === EntryKind.append || entry.kind === EntryKind.reference) this.append(entry, isProven);
    else if (entry.kind === EntryKind.truncate) this.truncate(entry.offset);
    else if (entry.kind === EntryKind.advanceStart) this.startOffset = Math.max(this.startOffset, entry.offset);
    else this.startOver(entry);
  }

  private append(entry: PlacedEntry, isProven: boolean): void {
    const append = toAppend(entry);
    const expected = this.items.at(-1)?.endOffset ?? this.provenTo ?? this.freshAt ?? append.baseOffset;
    if (append.baseOffset !== expected || this.stranded.length > 0) {
      this.stranded.push(append);
      return;
    }
    this.changedFrom = Math.min(this.changedFrom, append.baseOffset);
    if (append.bytes !== undefined || !isProven) {
      this.items.push(append);
      return;
    }
    this.provenTo = append.endOffset;
    this.items = [];
  }

  private truncate(offset: Offset): void {
    this.changedFrom = Math.min(this.changedFrom, offset);
    if (this.provenTo !== undefined) this.provenTo = Math.min(this.provenTo, offset);
    while (this.items.length > 0) {
      const last = this.items.pop() as ReplayedAppend;
      if (last.baseOffset >= offset) continue;
      sometimes(last.endOffset > offset, 'log: a truncation in the journal cuts an append in two');
      this.items.push(last.endOffset <= offset ? last : firstPartOf(last, offset));
      return;
    }
  }

  private startOver(entry: PlacedEntry): void {
    this.exists = entry.kind !== EntryKind.remove;
    sometimes(!this.exists, 'log: a journal has the removal of a partition');
    if (entry.kind === EntryKind.create) this.topic = topicOf(entry);
    this.freshAt = entry.offset;
    this.changedFrom = entry.offset;
    this.startOffset = entry.offset;
    this.provenTo = undefined;
    this.items = [];
    this.stranded = [];
  }
}

/** The key of a partition in maps. */
export function partitionKey(topicId: Uuid, partition: number): string {
  return `${topicId}-${partition}`;
}

/** Sums up what a scan found; stranded entries are kept with their partitions, but not applied. */
export function sumUpJournal(scan: JournalScan): Map<string, PartitionReplay> {
  const replays = new Map<string, PartitionReplay>();
  const replayOf = (entry: PlacedEntry): PartitionReplay => {
    const key = partitionKey(entry.topicId, entry.partition);
    const replay = replays.get(key) ?? new PartitionReplay(entry.topicId, entry.partition);
    replays.set(key, replay);
    return replay;
  };
  for (const entry of scan.entries) replayOf(entry).apply(entry, entry.sequence < scan.provenBelow);
  for (const entry of scan.stranded) {
    const isAppend = entry.kind === EntryKind.append || entry.kind === EntryKind.reference;
    if (isAppend) replayOf(entry).stranded.push(toAppend(entry));
  }
  return replays;
}

function toAppend(entry: PlacedEntry): ReplayedAppend {
  const { offset: baseOffset, place, payload } = entry;
  if (entry.kind === EntryKind.append) {
    return { baseOffset, endOffset: endOffsetOf(entry), bytes: payload, place, sizeBytes: payload.length };
  }
  const { endOffset, sizeBytes } = referenceOf(entry);
  return { baseOffset, endOffset, bytes: undefined, place, sizeBytes };
}

/** What a truncation has left of an append. */
function firstPartOf(append: ReplayedAppend, endOffset: Offset): ReplayedAppend {
  assert(append.bytes !== undefined, 'an append in the segment alone was truncated, hence is proven');
  const bytes = append.bytes.subarray(0, positionIn(append.bytes, endOffset));
  return { ...append, bytes, endOffset, sizeBytes: bytes.length };
}
