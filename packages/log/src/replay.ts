/** What the journal's entries come to, partition by partition: what of the segments still counts, and what is added. */
import type { Offset, Uuid } from '@hapax/base';
import { EntryKind, topicOf, type JournalEntry, type PlacedEntry } from './journal-entry.ts';
import { positionIn } from './tail-cache.ts';
import { iterateBatches } from '@hapax/wire/records';

/** Batches of one append, or what truncations have left of them. */
export interface ReplayedAppend {
  readonly baseOffset: Offset;
  readonly endOffset: Offset;
  readonly bytes: Uint8Array;
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
  /** Of what is on disk, only batches that end before this offset count. */
  cutAt: Offset = Number.POSITIVE_INFINITY;
  startOffset: Offset = -1;
  /** Contiguous, and to be appended after the cut. */
  appends: ReplayedAppend[] = [];
  /** An append that does not follow the one before it: the journal contradicts itself. It and later ones are here. */
  stranded: ReplayedAppend[] = [];

  constructor(topicId: Uuid, partition: number) {
    this.topicId = topicId;
    this.partition = partition;
  }

  apply(entry: JournalEntry): void {
    if (entry.kind === EntryKind.append) this.append(entry);
    else if (entry.kind === EntryKind.truncate) this.truncate(entry.offset);
    else if (entry.kind === EntryKind.advanceStart) this.startOffset = Math.max(this.startOffset, entry.offset);
    else this.startOver(entry);
  }

  private append(entry: JournalEntry): void {
    const append = toAppend(entry);
    const expected = this.appends.at(-1)?.endOffset ?? this.freshAt ?? append.baseOffset;
    if (append.baseOffset !== expected || this.stranded.length > 0) {
      this.stranded.push(append);
      return;
    }
    this.cutAt = Math.min(this.cutAt, append.baseOffset);
    this.appends.push(append);
  }

  private truncate(offset: Offset): void {
    this.cutAt = Math.min(this.cutAt, offset);
    while (this.appends.length > 0) {
      const last = this.appends.pop() as ReplayedAppend;
      if (last.baseOffset >= offset) continue;
      const bytes = last.endOffset <= offset ? last.bytes : last.bytes.subarray(0, positionIn(last.bytes, offset));
      this.appends.push({ ...last, bytes, endOffset: Math.min(last.endOffset, offset) });
      return;
    }
  }

  private startOver(entry: JournalEntry): void {
    this.exists = entry.kind !== EntryKind.remove;
    if (entry.kind === EntryKind.create) this.topic = topicOf(entry);
    this.freshAt = entry.offset;
    this.cutAt = entry.offset;
    this.startOffset = entry.offset;
    this.appends = [];
    this.stranded = [];
  }
}

/** The key of a partition in maps. */
export function partitionKey(topicId: Uuid, partition: number): string {
  return `${topicId}-${partition}`;
}

/** Sums up the entries; `stranded` ones are kept with their partitions, but not applied. */
export function sumUpJournal(
  entries: readonly PlacedEntry[], stranded: readonly PlacedEntry[],
): Map<string, PartitionReplay> {
  const replays = new Map<string, PartitionReplay>();
  const replayOf = (entry: PlacedEntry): PartitionReplay => {
    const key = partitionKey(entry.topicId, entry.partition);
    const replay = replays.get(key) ?? new PartitionReplay(entry.topicId, entry.partition);
    replays.set(key, replay);
    return replay;
  };
  for (const entry of entries) replayOf(entry).apply(entry);
  for (const entry of stranded) {
    if (entry.kind === EntryKind.append) replayOf(entry).stranded.push(toAppend(entry));
  }
  return replays;
}

function toAppend(entry: JournalEntry): ReplayedAppend {
  const last = iterateBatches(entry.payload).at(-1);
  const endOffset = last === undefined ? entry.offset : last.header.lastOffset + 1;
  return { baseOffset: entry.offset, endOffset, bytes: entry.payload };
}
