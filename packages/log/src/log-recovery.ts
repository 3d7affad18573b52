/** Makes one log of what is on disk and in the journal: the longest valid prefix, and a word on what is damaged. */
import { AppError, type Offset, type Uuid } from '@hapax/base';
import { type LeaderEpochs, ProducerStates } from '@hapax/replica';
import { iterateBatches, type BatchHeader } from '@hapax/wire/records';
import type { FilePool } from './file-pool.ts';
import { type LogParts, PartitionLog } from './log.ts';
import type { LogConfig } from './log-config.ts';
import { decodeLeaderEpochs } from './leader-epoch-checkpoint.ts';
import { restoreLeaderEpochs } from './leader-epoch-recovery.ts';
import {
  encodePartitionMetadata, LEADER_EPOCH_FILE, offsetFileName, PARTITION_METADATA_FILE, partitionDirectory,
} from './partition-directory.ts';
import { rebuildProducers } from './producer-replay.ts';
import { ProducerSnapshots, SNAPSHOT_SUFFIX } from './producer-snapshot.ts';
import { RecoveryFiles } from './recovery-files.ts';
import type { CorruptPlace } from './recovery-report.ts';
import { overwriteFile, readWholeFile } from './replace-file.ts';
import type { PartitionReplay, ReplayedAppend } from './replay.ts';
import { LOG_SUFFIX, Segment } from './segment.ts';
import { fileSize, loadByIndex, loadByScan, type LoadEnd } from './segment-loader.ts';
import type { TailCache } from './tail-cache.ts';
import { TxnIndex } from './txn-index.ts';

export interface LogToRecover {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly config: LogConfig;
  /** What the journal has on it, if anything. */
  readonly replay: PartitionReplay | undefined;
  /** The segments were synced up to here; 0 where that is not known. */
  readonly recoveryPoint: Offset;
  /** Whether the journal has all that is beyond the recovery point. */
  readonly isRestInJournal: boolean;
  /** As saved at the last checkpoint. */
  readonly startOffset: Offset | undefined;
  /** Whether segments below the recovery point are taken as their indexes describe them. */
  readonly trustsIndexes: boolean;
  /** Whether the last process stopped in good order: then every index file is whole. */
  readonly isClean: boolean;
  /** Whether a log that ends below its recovery point has lost what it promised to keep. */
  readonly promisesRecoveryPoint: boolean;
  /** Whether what is damaged may be cut off: where not, {@link LossFound} is thrown before anything is. */
  readonly mayCut: boolean;
}

/** Something that was durable would have to be cut off, and that it was there is not noted yet. */
export class LossFound extends AppError {
  constructor(message: string) {
    super('data-corrupt', message, { retriable: false, definite: true });
  }
}

export interface RecoveryContext {
  readonly files: FilePool;
  readonly tailCache: TailCache;
  wallMs(): number;
  readonly reading: LogParts['reading'];
}

export interface RecoveredLog {
  readonly log: PartitionLog;
  readonly corrupt: readonly CorruptPlace[];
  readonly tornBytes: number;
}

/**
 * Finds the longest valid prefix of one log and brings its files, epochs and producer states in step with it. Where
 * batches turn out to be damaged that were taken as their indexes describe them, every batch is looked at.
 */
export function recoverLog(context: RecoveryContext, found: LogToRecover): RecoveredLog {
  const recovery = new LogRecovery(context, found);
  try {
    return recovery.run();
  } catch (error) {
    const isDamage = error instanceof AppError && error.code === 'data-corrupt' && !(error instanceof LossFound);
    if (!isDamage || !found.trustsIndexes) throw error;
    return new LogRecovery(context, { ...found, trustsIndexes: false }, recovery.files).run();
  }
}

class LogRecovery {
  private readonly context: RecoveryContext;
  private readonly found: LogToRecover;
  private readonly directory: string;
  readonly files: RecoveryFiles;
  /** What is on disk counts below this offset; and below this one it is as the last checkpoint saw it. */
  private readonly cutAt: Offset;
  private readonly changedFrom: Offset;
  /** Segments that hold appends which stay in their places. */
  private readonly placedBases: ReadonlySet<Offset>;
  private readonly corrupt: CorruptPlace[] = [];
  private readonly scanned: BatchHeader[] = [];
  /** Where the first segment begins whose indexes were not taken as they are on disk. */
  private indexFrom: Offset | undefined;
  private segments: Segment[] = [];
  private tornBytes = 0;

  constructor(context: RecoveryContext, found: LogToRecover, files?: RecoveryFiles) {
    this.context = context;
    this.found = found;
    this.directory = partitionDirectory(found.topic, found.partition);
    this.files = files ?? new RecoveryFiles(context.files, this.directory);
    this.changedFrom = found.replay?.changedFrom ?? Number.POSITIVE_INFINITY;
    this.placedBases = new Set(found.replay?.placed.map((append) => append.place.segmentBase));
    this.cutAt = this.findCut();
  }

  run(): RecoveredLog {
    const { replay } = this.found;
    this.prepareDirectory();
    if (replay?.freshAt !== undefined) this.removeOldFiles(replay);
    if (replay !== undefined) this.writePlaced(replay);
    this.loadSegments();
    const firstOffset = Math.min(this.cutAt, this.wantedStart());
    if (this.segments.length === 0) this.segments = [this.emptySegment(firstOffset)];
    if (replay !== undefined) this.touchChanged();
    const log = this.makeLog();
    this.checkPromise(log.endOffset);
    if (replay !== undefined) this.replayAppends(log, replay);
    // What the journal has may reach up to a log start that the segments alone do not reach.
    log.advanceStart(Math.min(this.wantedStart(), log.endOffset), 0);
    log.operations.apply(0);
    log.durableOffset = log.endOffset;
    for (const path of this.files.touched) log.operations.wrote(path);
    if (this.files.changesNames || this.files.touched.size > 0) log.operations.renamed();
    return { log, corrupt: this.corrupt, tornBytes: this.tornBytes };
  }

  private prepareDirectory(): void {
    const { disk } = this.context.files;
    disk.makeDirectory(this.directory);
    const path = `${this.directory}/${PARTITION_METADATA_FILE}`;
    const metadata = encodePartitionMetadata(this.found.topicId);
    // Where the journal has the creation, the file may be there without having been synced. It is not cut before it is
    // written again: appends in the segment alone are lost without it.
    if (fileSize(disk, path) > 0 && this.found.replay?.topic === undefined) return;
    if (fileSize(disk, path) === metadata.length) this.context.files.get(path, { create: false }).write(0, [metadata]);
    else overwriteFile(disk, path, metadata);
    this.files.touched.add(path);
  }

  /** Bytes may be in the files that the journal has never heard of. */
  private findCut(): Offset {
    const { replay, isRestInJournal, recoveryPoint } = this.found;
    if (this.changedFrom !== Number.POSITIVE_INFINITY) return replay?.cutAt ?? this.changedFrom;
    return isRestInJournal ? recoveryPoint : this.changedFrom;
  }

  /** What the process that died did to files need not be synced, even where there is nothing left to do here. */
  private touchChanged(): void {
    for (const segment of this.segments) {
      const isLast = segment === this.segments.at(-1);
      if (isLast || segment.endOffset >= this.changedFrom) this.files.touched.add(segment.path);
    }
  }

  /** Whether batches may be in the segments alone that come after damage of the journal: people may want them. */
  private get keepsVoid(): boolean {
    return this.found.replay?.stranded.some((append) => append.bytes === undefined) ?? false;
  }

  /** Writes what the journal has of appends that cannot move, and takes away segments that were there before them. */
  private writePlaced(replay: PartitionReplay): void {
    const { files } = this;
    const [first] = replay.placed;
    if (first === undefined) return;
    for (const base of files.basesOf(LOG_SUFFIX)) {
      if (base >= first.baseOffset && !this.placedBases.has(base)) files.removeSegment(base);
    }
    for (const { bytes, place, sizeBytes } of replay.placed) {
      const path = files.pathOf(place.segmentBase, LOG_SUFFIX);
      const file = files.pool.get(path, { create: true });
      file.write(place.position, [bytes ?? file.read(place.position, sizeBytes)]);
      files.touched.add(path);
    }
    for (const base of this.placedBases) files.removeIndexes(base);
    files.changesNames = true;
  }

  /** Without the segments that a log start has passed: they were to be removed, and some of them may be gone. */
  private basesToLoad(): Offset[] {
    const start = this.wantedStart();
    const bases = this.files.basesOf(LOG_SUFFIX);
    const passed = bases.filter((base, at) => base < start && (bases[at + 1] ?? this.cutAt) <= start);
    for (const base of passed) this.files.removeSegment(base);
    return bases.filter((base) => !passed.includes(base));
  }

  private loadSegments(): void {
    const bases = this.basesToLoad();
    const [first] = bases;
    if (first !== undefined && first > this.wantedStart() && this.found.promisesRecoveryPoint) {
      // A log start is durable before segments go for it: nobody has removed what is missing here.
      const path = this.files.pathOf(first, LOG_SUFFIX);
      this.reportCorrupt(this.wantedStart(), path, 0, `the segments begin here, the log at ${this.wantedStart()}`);
      return this.files.setAside(bases);
    }
    for (const [at, base] of bases.entries()) {
      const previous = this.segments.at(-1);
      // The journal has all of it, or has a truncation that undid it.
      if (base >= this.cutAt && this.changedFrom !== Number.POSITIVE_INFINITY) {
        this.dropSegment(base);
        continue;
      }
      const segment = new Segment(this.context.files, this.directory, base);
      if (previous !== undefined && previous.endOffset !== base) {
        this.reportCorrupt(previous.endOffset, segment.path, 0, `the segment before it ends at ${previous.endOffset}`);
        this.files.setAside(bases.slice(at));
        return;
      }
      this.segments.push(segment);
      const next = bases[at + 1];
      const end = this.loadSegment(segment, next);
      if (end.kind === 'whole') continue;
      if (this.endSegment(segment, end, next)) continue;
      this.files.setAside(bases.slice(at + 1));
      return;
    }
  }

  private loadSegment(segment: Segment, nextBase: Offset | undefined): LoadEnd {
    const { found } = this;
    const { disk } = this.context.files;
    if (this.mayTrustIndexes(nextBase) && loadByIndex(disk, segment, nextBase ?? found.recoveryPoint)) {
      if (nextBase === undefined && !found.isClean) this.distrustTxnIndex(segment);
      return { kind: 'whole' };
    }
    this.indexFrom ??= segment.baseOffset;
    // They may be of an earlier stop, and lack aborted transactions since: a later start must not take them for whole.
    this.files.removeIndexes(segment.baseOffset);
    // Nobody says that what is read here was synced; and the leader epochs that it shows are in no file yet.
    this.files.touched.add(segment.path);
    return loadByScan(disk, segment, found.config, {
      cutAt: nextBase !== undefined && this.placedBases.has(nextBase) ? nextBase : this.cutAt,
      minLeaderEpoch: this.scanned.at(-1)?.partitionLeaderEpoch ?? -1,
      onBatch: (header) => this.scanned.push(header),
    });
  }

  /**
   * A segment is sealed, and its index files are written, with the first append to the next one: only beyond that are
   * they known to be synced.
   */
  private mayTrustIndexes(nextBase: Offset | undefined): boolean {
    const { trustsIndexes, recoveryPoint, isClean } = this.found;
    if (!trustsIndexes) return false;
    if (nextBase === undefined) return this.changedFrom === Number.POSITIVE_INFINITY;
    return nextBase <= this.changedFrom && (nextBase < recoveryPoint || (isClean && nextBase === recoveryPoint));
  }

  /**
   * The index files of the last segment are of the last clean stop. What the offset and time indexes lack is looked for
   * in the segment; an aborted transaction that the txn index lacks would be shown.
   */
  private distrustTxnIndex(segment: Segment): void {
    this.indexFrom ??= segment.baseOffset;
    segment.txnIndex = new TxnIndex();
  }

  /** Ends a segment where its valid part ends. Answers whether what follows may be looked at still. */
  private endSegment(segment: Segment, end: LoadEnd, nextBase: Offset | undefined): boolean {
    const { disk } = this.context.files;
    const restBytes = fileSize(disk, segment.path) - segment.sizeBytes;
    const hasNext = nextBase !== undefined && nextBase < this.cutAt;
    const isCorrupt = end.kind === 'bad' && (end.hasMore || hasNext || segment.endOffset < this.promisedEnd());
    if (isCorrupt) {
      const reason = hasNext || end.hasMore ? 'bytes that are no batch, and batches after them'
        : `bytes that are no batch below ${this.promisedEnd()}, up to which the log was durable`;
      this.reportCorrupt(segment.endOffset, segment.path, segment.sizeBytes, reason);
      this.files.keepPrefix(segment);
      return false;
    }
    // Only where nothing says how far the log was durable: without a journal, or with a damaged one.
    if (end.kind === 'bad') this.tornBytes += restBytes;
    if (this.keepsVoid) this.files.keepPrefix(segment);
    else this.files.cut(segment);
    return true;
  }

  /** Below this offset the segments must be whole. */
  private promisedEnd(): Offset {
    const { replay, recoveryPoint, promisesRecoveryPoint } = this.found;
    if (replay?.isFresh === true) return 0;
    if (this.changedFrom !== Number.POSITIVE_INFINITY) return this.cutAt;
    return promisesRecoveryPoint ? recoveryPoint : 0;
  }

  private checkPromise(endOffset: Offset): void {
    if (endOffset >= this.promisedEnd() || this.corrupt.length > 0) return;
    const last = this.segments.at(-1) as Segment;
    const reason = `the log ends at ${endOffset}, but was durable up to ${this.promisedEnd()}`;
    this.reportCorrupt(endOffset, last.path, last.sizeBytes, reason);
  }

  private makeLog(): PartitionLog {
    const { found, context, segments } = this;
    const endOffset = (segments.at(-1) as Segment).endOffset;
    const wanted = Math.max(this.wantedStart(), (segments[0] as Segment).baseOffset);
    const startOffset = Math.min(wanted, endOffset);
    const leaderEpochs = this.restoreEpochs(endOffset);
    leaderEpochs.truncateFromStart(startOffset);
    const snapshots = this.restoreSnapshots(endOffset);
    const producers = new ProducerStates();
    const { disk } = context.files;
    const wallMs = context.wallMs();
    const { directory, indexFrom } = this;
    rebuildProducers(producers, { disk, directory, snapshots, segments, indexFrom, wallMs });
    const parts: LogParts = {
      topicId: found.topicId, topic: found.topic, partition: found.partition, config: found.config,
      files: context.files, tailCache: context.tailCache, segments, startOffset, leaderEpochs, producers,
      snapshots, wallMs: context.wallMs, reading: context.reading,
    };
    return new PartitionLog(parts);
  }

  private wantedStart(): Offset {
    const { replay, startOffset } = this.found;
    const saved = replay?.freshAt === undefined ? startOffset : undefined;
    return Math.max(saved ?? 0, replay?.startOffset ?? 0);
  }

  private restoreEpochs(endOffset: Offset): LeaderEpochs {
    const bytes = readWholeFile(this.context.files.disk, `${this.directory}/${LEADER_EPOCH_FILE}`);
    const saved = bytes === undefined ? undefined : decodeLeaderEpochs(bytes);
    const { segments, scanned, changedFrom } = this;
    const savedUpTo = Math.min(endOffset, changedFrom);
    return restoreLeaderEpochs({ saved, savedUpTo, segments, scanned, startOffset: this.wantedStart() });
  }

  private restoreSnapshots(endOffset: Offset): ProducerSnapshots {
    const offsets = this.files.basesOf(SNAPSHOT_SUFFIX);
    const limit = Math.min(endOffset, this.changedFrom);
    for (const offset of offsets) if (offset > limit) this.removeSnapshot(offset);
    return new ProducerSnapshots(offsets.filter((offset) => offset <= limit));
  }

  private replayAppends(log: PartitionLog, replay: PartitionReplay): void {
    const [first] = replay.appends;
    const follows = first === undefined || first.baseOffset === log.endOffset;
    const stranded = follows ? replay.stranded : [...replay.appends, ...replay.stranded];
    if (follows) {
      for (const append of replay.appends) {
        // A copy, so that the newest batches do not keep the whole journal in memory.
        const bytes = new Uint8Array(append.bytes as Uint8Array);
        log.append(bytes, iterateBatches(bytes).map((batch) => batch.header), 0);
      }
      log.operations.apply(0);
    }
    if (stranded.length > 0) this.saveStranded(log.endOffset, stranded);
  }

  /** Batches that the journal has, but that do not follow what is left of the log: kept for people to look at. */
  private saveStranded(endOffset: Offset, stranded: readonly ReplayedAppend[]): void {
    const { disk } = this.context.files;
    const first = stranded[0] as ReplayedAppend;
    const path = this.files.freeName(this.files.pathOf(first.baseOffset, '.journal'));
    const file = disk.open(path, { create: true });
    file.write(0, stranded.map((append) => append.bytes ?? new Uint8Array(0)));
    file.close();
    this.files.touched.add(path);
    if (this.corrupt.length > 0) return;
    this.reportCorrupt(endOffset, path, 0, `the journal goes on at offset ${first.baseOffset}`);
  }

  private reportCorrupt(offset: Offset, path: string, position: number, reason: string): void {
    const { topicId, topic, partition, mayCut } = this.found;
    if (!mayCut) throw new LossFound(`${path}, ${position}: ${reason}`);
    this.corrupt.push({ topicId, topic, partition, offset, path, position, reason });
  }

  private emptySegment(baseOffset: Offset): Segment {
    const segment = new Segment(this.context.files, this.directory, baseOffset);
    this.files.removeIndexes(baseOffset);
    this.context.files.get(segment.path, { create: true }).truncate(0);
    this.files.touched.add(segment.path);
    return segment;
  }

  /** The log was begun anew. Segments may be of the new one, where appends are in them alone. */
  private removeOldFiles(replay: PartitionReplay): void {
    const { isFresh, freshAt = 0 } = replay;
    for (const base of this.files.basesOf(LOG_SUFFIX)) {
      if (isFresh || base < freshAt) this.dropSegment(base);
    }
    for (const offset of this.files.basesOf(SNAPSHOT_SUFFIX)) this.removeSnapshot(offset);
    this.files.remove(LEADER_EPOCH_FILE);
  }

  private dropSegment(base: Offset): void {
    if (this.keepsVoid) this.files.setAside([base]);
    else this.files.removeSegment(base);
  }

  private removeSnapshot(offset: Offset): void {
    this.files.remove(offsetFileName(offset, SNAPSHOT_SUFFIX));
  }
}
