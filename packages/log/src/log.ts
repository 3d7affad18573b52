/** One partition's log: segments on disk, their newest batches in memory, leader epochs and producer state. */
import { assert, type Offset, type Uuid } from '@hapax/base';
import type { LeaderEpochs, ProducerStates } from '@hapax/replica';
import type { BatchHeader } from '@hapax/wire/records';
import type { FilePool } from './file-pool.ts';
import type { GuardedRead } from './guarded-reads.ts';
import type { SegmentPlace } from './journal-entry.ts';
import type { LogConfig } from './log-config.ts';
import { type CheckpointState, LogOperations } from './log-operations.ts';
import {
  encodePartitionMetadata, offsetFileName, PARTITION_METADATA_FILE, partitionDirectory,
} from './partition-directory.ts';
import { noteBatch, rebuildProducers } from './producer-replay.ts';
import { type ProducerSnapshots, SNAPSHOT_SUFFIX } from './producer-snapshot.ts';
import { overwriteFile } from './replace-file.ts';
import { segmentsToDelete } from './retention.ts';
import { INDEX_SUFFIXES, LOG_SUFFIX, Segment } from './segment.ts';
import { type BatchFound, findBatchByTimestamp, findBatchOfMaxTimestamp } from './timestamp-lookup.ts';
import { LogTail, type ReadLimits, type TailCache, type TailRead } from './tail-cache.ts';
import { type AbortedTransaction, collectAborted } from './txn-index.ts';

/** The files that a segment may have. */
export const SEGMENT_SUFFIXES = [LOG_SUFFIX, ...INDEX_SUFFIXES] as const;
/** Positions and relative offsets are 32 bits wide in Kafka's index files. */
const INT32_MAX = 0x7fff_ffff;

/** What a log is made of: by recovery, or of nothing. */
export interface LogParts {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly config: LogConfig;
  readonly files: FilePool;
  readonly tailCache: TailCache;
  /** At least one, ascending and contiguous. The last one is written to. */
  readonly segments: Segment[];
  readonly startOffset: Offset;
  readonly leaderEpochs: LeaderEpochs;
  readonly producers: ProducerStates;
  readonly snapshots: ProducerSnapshots;
  wallMs(): number;
  /** How batches that are on disk are read. */
  readonly reading: GuardedRead;
}

/** What a read found: whole batches, in chunks that are sent back to back and must not be written to. */
export type LogRead = TailRead;

/**
 * Memory is changed at once; files are changed by {@link apply}, which the store calls when its journal has the
 * entries. The numbers called `sequence` are the journal's.
 */
export class PartitionLog {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  /** Shared with the replica machine; kept in step by the log. */
  readonly leaderEpochs: LeaderEpochs;
  /** Shared with the replica machine; the log calls `update`. */
  readonly producers: ProducerStates;
  readonly operations: LogOperations;
  /** May be set when the topic's settings change. */
  config: LogConfig;
  /** Exclusive end of what survives a loss of power (or, with `flush=os`, of the process). Invariant: ≤ endOffset. */
  durableOffset: Offset;
  /** Set by the store: the directory is gone, and perhaps belongs to another log already. */
  isRemoved = false;
  private readonly files: FilePool;
  private readonly tail: LogTail;
  private readonly snapshots: ProducerSnapshots;
  private readonly wallMs: () => number;
  private readonly reading: GuardedRead;
  private segments: Segment[];
  private start: Offset;

  constructor(parts: LogParts) {
    this.topicId = parts.topicId;
    this.topic = parts.topic;
    this.partition = parts.partition;
    this.config = parts.config;
    this.files = parts.files;
    this.segments = parts.segments;
    this.start = parts.startOffset;
    this.leaderEpochs = parts.leaderEpochs;
    this.producers = parts.producers;
    this.snapshots = parts.snapshots;
    this.wallMs = parts.wallMs;
    this.reading = parts.reading;
    this.operations = new LogOperations(parts.files, this.directory, this.endOffset);
    this.tail = new LogTail(parts.tailCache);
    assert(this.segments.length > 0, `${this.directory} has no segment`);
    this.durableOffset = this.endOffset;
  }

  /** The directory's name, `<topic>-<partition>`. */
  get directory(): string {
    return partitionDirectory(this.topic, this.partition);
  }

  /** The first offset that may be read. */
  get startOffset(): Offset {
    return this.start;
  }

  /** The offset of the next record. */
  get endOffset(): Offset {
    return this.active.endOffset;
  }

  /** Bytes of all segments, what waits to be written included. */
  get sizeBytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  }

  get segmentCount(): number {
    return this.segments.length;
  }

  /** Ascending by base offset. */
  allSegments(): readonly Segment[] {
    return this.segments;
  }

  /** The directory and its metadata are to be made. Called once, for a new log. */
  begin(sequence: number): void {
    const make = (): void => {
      this.files.disk.makeDirectory(this.directory);
      const path = `${this.directory}/${PARTITION_METADATA_FILE}`;
      overwriteFile(this.files.disk, path, encodePartitionMetadata(this.topicId));
      this.operations.wrote(path);
      this.operations.renamed();
      this.operations.unsynced.madeDirectory();
    };
    this.operations.add(sequence, make);
    this.createSegmentFile(this.active, sequence);
  }

  /**
   * Appends stamped batches, back to back; `headers` are theirs. The bytes are kept (in memory until they are in the
   * file) and must not change. Returns their place.
   */
  append(batches: Uint8Array, headers: readonly BatchHeader[], sequence: number): SegmentPlace {
    const first = headers[0];
    const last = headers[headers.length - 1];
    assert(first !== undefined && last !== undefined, 'an append without batches');
    const end = this.endOffset;
    assert(first.baseOffset === end, () => `${this.directory}: base offset ${first.baseOffset} is not the end ${end}`);
    this.maybeRoll(first, last, batches.length, sequence);
    const segment = this.active;
    const wallMs = this.wallMs();
    let sizeBytes = 0;
    for (const header of headers) {
      assert(header.baseOffset === segment.endOffset, () => `${this.directory}: a gap at ${header.baseOffset}`);
      sizeBytes += header.sizeBytes;
      segment.account(header, this.config);
      if (header.partitionLeaderEpoch >= 0) this.leaderEpochs.assign(header.partitionLeaderEpoch, header.baseOffset);
      noteBatch(this.producers, segment, header, wallMs);
    }
    const { length } = batches;
    assert(sizeBytes === length, () => `${this.directory}: headers of ${sizeBytes} bytes, not ${length}`);
    const write = segment.hold(batches);
    this.operations.addWrite(sequence, write);
    this.tail.append(batches, first.baseOffset, last.lastOffset);
    return { segmentBase: segment.baseOffset, position: write.position };
  }

  /**
   * Reads whole batches from the one that holds `fromOffset` on (which may begin before it); undefined where nothing
   * may be read there. A read may stop before its limits, at the end of a segment. Throws `data-corrupt`.
   */
  read(fromOffset: Offset, limits: ReadLimits): LogRead | undefined {
    if (fromOffset < this.start || fromOffset >= Math.min(limits.endOffset, this.endOffset)) return undefined;
    if (fromOffset >= this.tail.startOffset) return this.tail.read(fromOffset, limits);
    const slice = this.reading(() => this.segmentOf(fromOffset).read(fromOffset, limits));
    if (slice === undefined) return undefined;
    const { bytes, firstOffset, nextOffset } = slice;
    return { chunks: [bytes], sizeBytes: bytes.length, firstOffset, nextOffset };
  }

  /**
   * The aborted transactions that have records in `[fromOffset, endOffset)`: what a reader of committed data must know
   * of these records. Some may have begun before, and some of their records may be deleted. [L6]
   */
  abortedTransactions(fromOffset: Offset, endOffset: Offset): readonly AbortedTransaction[] {
    if (fromOffset >= endOffset) return [];
    const first = this.segments.indexOf(this.segmentOf(fromOffset));
    return collectAborted(this.segments.slice(first), fromOffset, endOffset);
  }

  /** Where the log ends after a truncation to `offset`: there, or where the batch begins that spans it. */
  truncationEnd(offset: Offset): Offset {
    if (offset < this.start || offset >= this.endOffset) return Math.min(offset, this.endOffset);
    const segment = this.segmentOf(offset);
    return this.reading(() => segment.endBefore(segment.positionOf(offset)));
  }

  /**
   * Cuts off everything from `offset` on, which must be a {@link truncationEnd} within the log; epochs and producer
   * state go back too. [KIP-101]
   */
  truncateTo(offset: Offset, sequence: number): void {
    assert(offset >= this.start, () => `${this.directory}: a truncation to ${offset} before the start ${this.start}`);
    // Epochs without records go too, also where no record does. [bug 92]
    if (offset >= this.endOffset) {
      this.leaderEpochs.truncateFromEnd(offset);
      return;
    }
    const before = this.checkpointNow();
    const kept = this.segmentOf(offset);
    const dropped = this.segments.slice(this.segments.indexOf(kept) + 1);
    this.segments = this.segments.slice(0, this.segments.indexOf(kept) + 1);
    const position = this.reading(() => kept.positionOf(offset));
    const newEnd = this.reading(() => kept.endBefore(position));
    assert(newEnd === offset, () => `${this.directory}: a truncation to ${offset}, inside a batch from ${newEnd} on`);
    for (const segment of dropped) segment.truncateToPosition(0, segment.baseOffset);
    const cutsFile = this.reading(() => kept.truncateToPosition(position, newEnd));
    this.operations.addCut(sequence, before, () => this.cutFiles(kept, position, cutsFile, dropped), newEnd);
    this.afterTruncation(newEnd, sequence);
  }

  /** Drops everything; the next offset is `offset`. */
  truncateFullyAndStartAt(offset: Offset, sequence: number): void {
    const before = this.checkpointNow();
    const dropped = this.segments;
    for (const segment of dropped) segment.truncateToPosition(0, segment.baseOffset);
    // Offsets before and after have nothing to do with each other.
    this.operations.limitWrittenEnds(-1);
    this.operations.addCut(sequence, before, () => this.operations.removeSegments(dropped, SEGMENT_SUFFIXES), offset);
    this.segments = [new Segment(this.files, this.directory, offset)];
    this.createSegmentFile(this.active, sequence);
    this.start = offset;
    this.leaderEpochs.clear();
    this.producers.clear();
    this.tail.truncateTo(0);
    this.durableOffset = Math.min(this.durableOffset, offset);
    this.dropSnapshots(-1, sequence);
  }

  /** Moves the log start offset; segments wholly below it are removed. Returns false where it is not a move forward. */
  advanceStart(offset: Offset, sequence: number): boolean {
    if (offset <= this.start) return false;
    assert(offset <= this.endOffset, () => `${this.directory}: start ${offset} is beyond the end ${this.endOffset}`);
    const before = this.checkpointNow();
    this.start = offset;
    this.leaderEpochs.truncateFromStart(offset);
    const gone = this.segments.filter((segment) => segment !== this.active && segment.endOffset <= offset);
    this.segments = this.segments.slice(gone.length);
    this.operations.addCut(sequence, before, () => this.operations.removeSegments(gone, SEGMENT_SUFFIXES));
    return true;
  }

  /** Where retention would move the log start to, or undefined. Nothing at or above the high watermark goes. */
  retentionOffset(nowWallMs: number, highWatermark: Offset): Offset | undefined {
    const count = segmentsToDelete(this.segments, this.config, { nowWallMs, highWatermark, startOffset: this.start });
    return count === 0 ? undefined : (this.segments[count - 1] as Segment).endOffset;
  }

  /** Closes the active segment, if it has anything, and begins a new one. */
  roll(sequence: number): void {
    const sealed = this.active;
    if (sealed.sizeBytes === 0) return;
    sealed.noteTimestamp();
    this.snapshotProducers(sequence);
    this.segments.push(new Segment(this.files, this.directory, sealed.endOffset));
    this.operations.add(sequence, () => this.writeIndexes(sealed));
    this.createSegmentFile(this.active, sequence);
  }

  /** Does to the files what belongs to journal entries up to `sequence`. Returns whether more became durable. */
  apply(sequence: number): boolean {
    const writtenEnd = this.operations.apply(sequence);
    const before = this.durableOffset;
    if (this.operations.pending === 0) this.durableOffset = this.endOffset;
    else this.durableOffset = Math.max(before, Math.min(writtenEnd, this.endOffset));
    return this.durableOffset > before;
  }

  /** What a checkpoint must save: never what a cut did that the journal does not have yet. */
  checkpointState(): CheckpointState {
    return this.operations.beforeCut ?? this.checkpointNow();
  }

  /** Writes what a start after a clean stop reads instead of the segments: indexes and a producer snapshot. */
  writeForCleanStop(): void {
    assert(this.operations.pending === 0, `${this.directory} still has writes to do`);
    this.active.noteTimestamp();
    this.writeIndexes(this.active);
    this.snapshotProducers(0);
    this.operations.apply(0);
  }

  /** The batch that holds the first record of this age or newer, among those that end before `endOffset`. */
  findBatchByTimestamp(timestampMs: number, endOffset: Offset): BatchFound | undefined {
    const { segments, start: startOffset } = this;
    return this.reading(() => findBatchByTimestamp(segments, timestampMs, { startOffset, endOffset }));
  }

  /** The batch with the greatest timestamp, if it ends before `endOffset`. */
  findBatchOfMaxTimestamp(endOffset: Offset): BatchFound | undefined {
    return this.reading(() => findBatchOfMaxTimestamp(this.segments, { startOffset: this.start, endOffset }));
  }

  private checkpointNow(): CheckpointState {
    return { leaderEpochs: [...this.leaderEpochs.entries()], startOffset: this.start };
  }

  private get active(): Segment {
    return this.segments[this.segments.length - 1] as Segment;
  }

  /** The last segment that does not begin after an offset. */
  private segmentOf(offset: Offset): Segment {
    let low = 0;
    let high = this.segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.segments[middle] as Segment).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    return this.segments[Math.max(0, low - 1)] as Segment;
  }

  private maybeRoll(first: BatchHeader, last: BatchHeader, sizeBytes: number, sequence: number): void {
    const { active, config } = this;
    if (active.sizeBytes === 0) return;
    const ageMs = last.maxTimestamp - (active.firstTimestampMs ?? last.maxTimestamp);
    const isFull = active.sizeBytes + sizeBytes > Math.min(config.segmentBytes, INT32_MAX) ||
      ageMs > config.segmentMs ||
      active.offsetIndex.sizeBytes >= config.segmentIndexBytes ||
      active.timeIndex.sizeBytes >= config.segmentIndexBytes ||
      active.txnIndex.sizeBytes >= config.segmentIndexBytes ||
      last.lastOffset - active.baseOffset > INT32_MAX;
    if (isFull) this.roll(sequence);
    assert(first.baseOffset === this.endOffset, 'a roll does not move the end');
  }

  private createSegmentFile(segment: Segment, sequence: number): void {
    const create = (): void => {
      const file = this.files.get(segment.path, { create: true });
      // A file of this name may be left over from before a truncation.
      if (file.size() > 0) file.truncate(0);
      this.operations.wrote(segment.path);
      this.operations.renamed();
    };
    this.operations.add(sequence, create);
  }

  private cutFiles(kept: Segment, position: number, cutsFile: boolean, dropped: readonly Segment[]): void {
    this.operations.removeSegments(dropped, SEGMENT_SUFFIXES);
    // The kept segment is written to again, so its index files are out of date.
    for (const suffix of INDEX_SUFFIXES) this.operations.removeFile(kept.pathOf(suffix));
    if (!cutsFile) return;
    this.files.get(kept.path, { create: true }).truncate(position);
    this.operations.wrote(kept.path);
  }

  private afterTruncation(newEnd: Offset, sequence: number): void {
    this.leaderEpochs.truncateFromEnd(newEnd);
    this.operations.limitWrittenEnds(newEnd);
    this.tail.truncateTo(newEnd);
    this.durableOffset = Math.min(this.durableOffset, newEnd);
    this.dropSnapshots(newEnd, sequence);
    const { directory, snapshots, segments } = this;
    const replay = { disk: this.files.disk, directory, snapshots, segments, wallMs: this.wallMs() };
    this.reading(() => rebuildProducers(this.producers, replay));
  }

  private snapshotProducers(sequence: number): void {
    const offset = this.endOffset;
    const bytes = this.producers.encode();
    for (const old of this.snapshots.add(offset, bytes)) {
      this.operations.add(sequence, () => this.operations.removeFile(this.snapshotPath(old)));
    }
    const write = (): void => {
      if (!this.snapshots.takeUnwritten(offset, bytes)) return;
      overwriteFile(this.files.disk, this.snapshotPath(offset), bytes);
      this.operations.wrote(this.snapshotPath(offset));
      this.operations.renamed();
    };
    this.operations.add(sequence, write);
  }

  private dropSnapshots(beyond: Offset, sequence: number): void {
    for (const offset of this.snapshots.truncateFromEnd(beyond)) {
      this.operations.add(sequence, () => this.operations.removeFile(this.snapshotPath(offset)));
    }
  }

  private snapshotPath(offset: Offset): string {
    return `${this.directory}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`;
  }

  private writeIndexes(segment: Segment): void {
    for (const [path, bytes] of segment.indexFiles()) {
      overwriteFile(this.files.disk, path, bytes);
      this.operations.wrote(path);
    }
    this.operations.renamed();
  }
}
