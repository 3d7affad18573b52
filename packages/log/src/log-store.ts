/** The logs of one node: the only thing that its drivers talk to about record batches on disk. */
import { AppError, assert, type BrokerEpoch, type DiskDone, type Offset, type Uuid } from '@hapax/base';
import type { BatchHeader } from '@hapax/wire/records';
import { LeaderEpochs, ProducerStates } from '@hapax/replica';
import { CLEAN_SHUTDOWN_FILE, encodeCleanShutdown, UNTOLD_LOSS_FILE } from './checkpoint.ts';
import { DiskSpace } from './disk-space.ts';
import { FilePool } from './file-pool.ts';
import { distrustDamaged, guardedReads } from './guarded-reads.ts';
import { Journal } from './journal.ts';
import { JournalBypass } from './journal-bypass.ts';
import { EntryKind, topicPayload } from './journal-entry.ts';
import { JOURNAL_DIRECTORY } from './journal-file.ts';
import { PartitionLog } from './log.ts';
import type { LogConfig } from './log-config.ts';
import type { LogStoreOptions } from './log-store-options.ts';
import { DELETED_SUFFIX, partitionDirectory } from './partition-directory.ts';
import { ProducerSnapshots } from './producer-snapshot.ts';
import type { RecoveryReport } from './recovery-report.ts';
import { removeFile, replaceFile } from './replace-file.ts';
import { partitionKey } from './replay.ts';
import { attempt, runTasks, type Task } from './run-tasks.ts';
import { Segment } from './segment.ts';
import { checkpointLogs, saveHighWatermarks } from './store-checkpoint.ts';
import { type Opening, openLogs } from './store-opening.ts';
import { TailCache } from './tail-cache.ts';

/** Appended bytes are copied where they would keep alive a buffer this many times as large. */
const RETAIN_RATIO = 4;
/** Kafka's `producer.id.expiration.ms`: a producer that was silent for a day is forgotten. [I17] */
const PRODUCER_EXPIRATION_MS = 86_400_000;

/** All logs of a node with their journal. Calls change memory at once and the disk with the next rounds. */
export class LogStore {
  private readonly options: LogStoreOptions;
  private readonly files: FilePool;
  private readonly tailCache: TailCache;
  private readonly reading = guardedReads((error) => this.onReadFailed(error));
  private readonly space: DiskSpace;
  private readonly journal: Journal;
  private readonly byKey = new Map<string, PartitionLog>();
  private readonly directories = new Set<string>();
  /** Logs whose directory is there: not those that are to be made yet, but those that are to be removed still. */
  private readonly onDisk = new Set<PartitionLog>();
  /** Logs with operations that wait, in the order in which they began to wait. */
  private readonly waiting = new Set<PartitionLog>();
  private highWatermarks: ReadonlyMap<string, Offset> = new Map();
  private state: 'new' | 'open' | 'closing' | 'failed' = 'new';
  /** Counts changes where no journal does (`flush=os`). */
  private sequence = 0;
  private wantsCheckpoint = false;
  private isCheckpointing = false;
  private isSavingWatermarks = false;
  private lastCheckpointMs: number | undefined;
  /** What {@link close} goes on with when nothing is on its way to the disk any more. */
  private onIdle: ((error?: AppError) => void) | undefined;

  constructor(options: LogStoreOptions) {
    this.options = options;
    const { disk } = options;
    this.files = new FilePool(disk, { max: options.maxOpenFiles });
    this.tailCache = new TailCache({ maxBytes: options.tailCacheBytes });
    this.space = new DiskSpace(disk, { reserveBytes: options.reserveBytes });
    const { journalBypassBytes: minBytes, journalBypassRoundBytes: minRoundBytes } = options;
    this.journal = new Journal({
      disk,
      fileBytes: options.journalFileBytes,
      bypass: new JournalBypass({ files: this.files, minBytes, minRoundBytes, waiting: this.waiting }),
      onRound: (sequence) => this.applyUpTo(sequence),
      onLap: () => this.requestCheckpoint(),
      onFailed: (error) => this.fail(error),
    });
  }

  /** Finds and recovers the logs. `done` is called once; after an error the store is of no use. */
  open(done: (error?: AppError, report?: RecoveryReport) => void): void {
    assert(this.state === 'new', `a store is opened once, and it is ${this.state}`);
    const { disk, logger, config, verify, wallMs } = this.options;
    let opening: Opening | undefined;
    const recover: Task = (next) => {
      const { files, tailCache, reading } = this;
      openLogs({ disk, logger, config, verify, wallMs, files, tailCache, reading }, (error, found) => {
        opening = found;
        for (const log of found?.logs ?? []) {
          this.admit(log);
          this.onDisk.add(log);
        }
        this.highWatermarks = found?.highWatermarks ?? new Map();
        next(error);
      });
    };
    const sync: Task = (next) => checkpointLogs(this.files, [...this.onDisk], next);
    // Only now that everything is in synced segments may the journal be begun anew.
    const begin: Task = (next) => {
      if (this.options.flush === 'fsync') return this.journal.reset((opening as Opening).scan, next);
      disk.remove(JOURNAL_DIRECTORY);
      disk.syncDirectory('', next);
    };
    runTasks([recover, sync, begin], { concurrency: 1 }, (error) => {
      if (error !== undefined) {
        this.state = 'failed';
        return done(error);
      }
      this.state = 'open';
      done(undefined, opening?.report);
    });
  }

  /** The cluster knows by now of all that a start has found to be lost: the next one need not tell it again. */
  forgetLoss(done: DiskDone): void {
    if (!this.options.disk.exists(UNTOLD_LOSS_FILE)) return done(undefined);
    attempt((next) => removeFile(this.options.disk, UNTOLD_LOSS_FILE, next), done);
  }

  logs(): readonly PartitionLog[] {
    return [...this.byKey.values()];
  }

  find(topicId: Uuid, partition: number): PartitionLog | undefined {
    return this.byKey.get(partitionKey(topicId, partition));
  }

  /** The high watermark as it was saved last, within the log's bounds. For the replica machine at start. */
  savedHighWatermark(log: PartitionLog): Offset {
    const saved = this.highWatermarks.get(log.directory) ?? log.startOffset;
    return Math.min(Math.max(saved, log.startOffset), log.endOffset);
  }

  /** Makes an empty log. Durable with the next round. Throws `usage` where the name is taken by another topic. */
  create(topicId: Uuid, topic: string, partition: number, config: LogConfig): PartitionLog {
    this.requireOpen();
    const directory = partitionDirectory(topic, partition);
    if (this.directories.has(directory)) {
      const message = `${directory} exists; remove the log of the topic that had this name first`;
      throw new AppError('usage', message, { retriable: false, definite: true });
    }
    const payload = topicPayload(topic);
    const sequence = this.journaled({ kind: EntryKind.create, topicId, partition, offset: 0, payload });
    const log = new PartitionLog({
      topicId, topic, partition, config, files: this.files, tailCache: this.tailCache,
      segments: [new Segment(this.files, directory, 0)], startOffset: 0, leaderEpochs: new LeaderEpochs(),
      producers: new ProducerStates(), snapshots: new ProducerSnapshots(), wallMs: this.options.wallMs,
      reading: this.reading,
    });
    log.begin(sequence);
    log.operations.add(sequence, () => this.onDisk.add(log));
    this.admit(log);
    this.waiting.add(log);
    return log;
  }

  /** Removes a log and its files. Nothing may be done to it afterwards. */
  remove(log: PartitionLog): void {
    const sequence = this.journaledFor(log, EntryKind.remove, 0);
    const gone = `${log.directory}.${log.topicId}${DELETED_SUFFIX}`;
    const remove = (): void => {
      const { disk } = this.options;
      this.onDisk.delete(log);
      log.isRemoved = true;
      this.files.forgetDirectory(log.directory);
      disk.rename(log.directory, gone);
      disk.remove(gone);
    };
    log.operations.add(sequence, remove);
    this.byKey.delete(partitionKey(log.topicId, log.partition));
    this.directories.delete(log.directory);
  }

  /**
   * Appends stamped batches. They can be read at once and are durable after a later `onDurable`. Throws `disk-full`
   * and `overloaded`, and then nothing was changed.
   */
  append(log: PartitionLog, batches: Uint8Array, headers: readonly BatchHeader[]): void {
    this.requireOpen();
    if (this.options.flush === 'fsync') this.requireJournalRoom(batches.length);
    this.space.take(batches.length);
    const { topicId, partition } = log;
    const kept = batches.buffer.byteLength > batches.length * RETAIN_RATIO ? new Uint8Array(batches) : batches;
    const offset = log.endOffset;
    const place = log.append(kept, headers, this.lastSequence + 1);
    this.journaled({ kind: EntryKind.append, topicId, partition, offset, payload: kept, place });
    this.waiting.add(log);
  }

  /** Cuts a log so that it ends at `offset`, or where the batch begins that spans it. Returns the new end. */
  truncate(log: PartitionLog, offset: Offset): Offset {
    const end = log.truncationEnd(offset);
    // Nothing is left that may be read; also where the log start is inside the batch that goes.
    if (end < log.startOffset) {
      this.truncateFullyAndStartAt(log, end);
      return end;
    }
    log.truncateTo(end, this.journaledFor(log, EntryKind.truncate, end));
    return end;
  }

  /** Drops all batches of a log; the next one gets `offset`. */
  truncateFullyAndStartAt(log: PartitionLog, offset: Offset): void {
    log.truncateFullyAndStartAt(offset, this.journaledFor(log, EntryKind.startOver, offset));
  }

  /** Moves the log start offset forward (DeleteRecords, retention); does nothing where it is there already. */
  advanceStart(log: PartitionLog, offset: Offset): void {
    if (offset <= log.startOffset) return;
    log.advanceStart(offset, this.journaledFor(log, EntryKind.advanceStart, offset));
  }

  /** Begins to make durable what was done since the last call. For the end of a turn. */
  flush(): void {
    if (this.state !== 'open' && this.state !== 'closing') return;
    if (this.options.flush === 'fsync') this.journal.flush();
    else this.applyUpTo(this.sequence);
    this.maybeIdle();
  }

  /** Retention, and checkpoints that are due. For every few seconds. */
  tick(nowWallMs: number, highWatermarkOf: (log: PartitionLog) => Offset): void {
    if (this.state !== 'open') return;
    for (const log of this.byKey.values()) {
      this.applyRetention(log, nowWallMs, highWatermarkOf(log));
      log.producers.expire(nowWallMs, PRODUCER_EXPIRATION_MS);
    }
    this.flush();
    const sinceMs = nowWallMs - (this.lastCheckpointMs ?? nowWallMs - this.options.checkpointIntervalMs);
    // A wall clock that was set back must not put checkpoints off.
    if (sinceMs >= 0 && sinceMs < this.options.checkpointIntervalMs) return;
    this.lastCheckpointMs = nowWallMs;
    this.saveWatermarks(highWatermarkOf);
    if (this.options.flush === 'os') this.requestCheckpoint();
  }

  /** Syncs everything and leaves a mark that the stop was clean, with the broker epoch. [KIP-966] */
  close(
    brokerEpoch: BrokerEpoch, highWatermarkOf: (log: PartitionLog) => Offset, done: (error?: AppError) => void,
  ): void {
    this.requireOpen();
    const { disk } = this.options;
    this.state = 'closing';
    const mark: Task = (next) => replaceFile(disk, CLEAN_SHUTDOWN_FILE, encodeCleanShutdown(brokerEpoch), next);
    const watermarks: Task = (next) => saveHighWatermarks(disk, this.watermarksNow(highWatermarkOf), next);
    const settle: Task = (next) => {
      for (const log of this.logs()) log.writeForCleanStop();
      checkpointLogs(this.files, [...this.onDisk], next);
    };
    const empty: Task = (next) => {
      if (this.options.flush === 'fsync') this.journal.reset(this.journal.end, next);
      else next();
    };
    const end = (error?: AppError): void => {
      this.files.closeAll();
      this.journal.close();
      done(error);
    };
    this.onIdle = (failure) => {
      if (failure === undefined) runTasks([settle, empty, watermarks, mark], { concurrency: 1 }, end);
      else end(failure);
    };
    this.flush();
  }

  private admit(log: PartitionLog): void {
    this.byKey.set(partitionKey(log.topicId, log.partition), log);
    this.directories.add(log.directory);
  }

  private requireOpen(): void {
    if (this.state === 'open') return;
    throw new AppError('not-ready', `the log store is ${this.state}`, { retriable: false, definite: true });
  }

  private requireJournalRoom(sizeBytes: number): void {
    const max = Math.min(this.journal.payloadBytesMax, this.options.journalFileBytes - this.journal.waitingBytes);
    if (sizeBytes <= max) return;
    const isEver = sizeBytes <= this.journal.payloadBytesMax;
    const message = `an append of ${sizeBytes} bytes finds room for ${max} in the journal; ` +
      (isEver ? 'retry when the disk has caught up' : 'raise journalFileBytes');
    throw new AppError('overloaded', message, { retriable: isEver, definite: true });
  }

  private get lastSequence(): number {
    return this.options.flush === 'fsync' ? this.journal.lastSequence : this.sequence;
  }

  private journaled(entry: Parameters<Journal['append']>[0]): number {
    if (this.options.flush === 'fsync') return this.journal.append(entry);
    this.sequence += 1;
    return this.sequence;
  }

  private journaledFor(log: PartitionLog, kind: EntryKind, offset: Offset): number {
    this.requireOpen();
    const { topicId, partition } = log;
    this.waiting.add(log);
    return this.journaled({ kind, topicId, partition, offset, payload: new Uint8Array(0) });
  }

  private applyUpTo(sequence: number): void {
    if (this.state === 'failed') return;
    const moved: PartitionLog[] = [];
    try {
      for (const log of this.waiting) {
        if (log.apply(sequence)) moved.push(log);
        if (log.operations.pending === 0) this.waiting.delete(log);
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return this.fail(error);
    }
    for (const log of moved) this.options.onDurable(log, log.durableOffset);
    this.maybeCheckpoint();
    this.maybeIdle();
  }

  private applyRetention(log: PartitionLog, nowWallMs: number, highWatermark: Offset): void {
    const offset = log.retentionOffset(nowWallMs, highWatermark);
    if (offset === undefined) return;
    const sequence = this.journaledFor(log, EntryKind.advanceStart, offset);
    if (offset === log.endOffset) log.roll(sequence);
    log.advanceStart(offset, sequence);
  }

  private requestCheckpoint(): void {
    this.wantsCheckpoint = true;
    this.maybeCheckpoint();
  }

  private maybeCheckpoint(): void {
    const isBusy = this.isCheckpointing || this.state !== 'open' && this.state !== 'closing';
    if (!this.wantsCheckpoint || isBusy) return;
    this.wantsCheckpoint = false;
    this.isCheckpointing = true;
    attempt((next) => checkpointLogs(this.files, [...this.onDisk], next), (error) => {
      this.isCheckpointing = false;
      if (error !== undefined) return this.fail(error);
      if (this.state === 'failed') return;
      if (this.options.flush === 'fsync') this.journal.reclaim();
      this.maybeCheckpoint();
      this.maybeIdle();
    });
  }

  private saveWatermarks(highWatermarkOf: (log: PartitionLog) => Offset): void {
    if (this.isSavingWatermarks) return;
    this.isSavingWatermarks = true;
    const watermarks = this.watermarksNow(highWatermarkOf);
    attempt((next) => saveHighWatermarks(this.options.disk, watermarks, next), (error) => {
      this.isSavingWatermarks = false;
      if (error !== undefined) return this.fail(error);
      this.maybeIdle();
    });
  }

  private watermarksNow(highWatermarkOf: (log: PartitionLog) => Offset): ReadonlyMap<string, Offset> {
    return new Map(this.logs().map((log) => [log.directory, highWatermarkOf(log)]));
  }

  private maybeIdle(): void {
    if (this.onIdle === undefined || this.state !== 'closing' || this.waiting.size > 0) return;
    if (this.isCheckpointing || this.wantsCheckpoint || this.isSavingWatermarks || this.journal.isBusy) return;
    this.takeOnIdle()?.();
  }

  private fail(error: AppError): void {
    if (this.state === 'failed') return;
    this.state = 'failed';
    this.journal.halt();
    this.options.logger.error({ error: error.message }, 'the disk failed; the node must stop');
    this.options.onDiskFailed(error);
    this.takeOnIdle()?.(error);
  }

  private onReadFailed(error: AppError): void {
    if (this.state !== 'open' && this.state !== 'closing') return;
    distrustDamaged(this.options.disk, error);
    this.fail(error);
  }

  private takeOnIdle(): LogStore['onIdle'] {
    const { onIdle } = this;
    this.onIdle = undefined;
    return onIdle;
  }
}
