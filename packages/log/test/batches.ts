/** Record batches for tests, and a store over a disk in memory. */
import { type AppError, encodeText, type Offset, silentLogger, type Uuid } from '@hapax/base';
import { MemoryDisk } from '@hapax/testkit';
import { BatchBuilder, type BatchHeader, encodeEndTxnMarker, iterateBatches } from '@hapax/wire/records';
import { DEFAULT_LOG_CONFIG, type LogConfig, LogStore, type LogStoreOptions, type PartitionLog } from '../src/index.ts';
import type { RecoveryReport } from '../src/index.ts';

export const TOPIC_A: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ';
export const TOPIC_B: Uuid = 'AAAAAAAAAAAAAAAAAAAAAg';

export interface BatchSpec {
  readonly baseOffset: Offset;
  readonly records?: number;
  readonly leaderEpoch?: number;
  readonly timestampMs?: number;
  readonly valueBytes?: number;
  readonly producerId?: number;
  readonly baseSequence?: number;
  readonly transactional?: boolean;
}

/** A marker that ends what producer `producerId` has open. */
export function makeMarker(spec: {
  readonly baseOffset: Offset; readonly leaderEpoch?: number; readonly producerId: number;
  readonly outcome: 'commit' | 'abort';
}): Uint8Array {
  const { baseOffset, leaderEpoch: partitionLeaderEpoch = 0, producerId, outcome } = spec;
  const coordinator = { producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 1_000 };
  return encodeEndTxnMarker({ outcome, producerId, baseOffset, partitionLeaderEpoch, ...coordinator });
}

/** One batch; its values name its offsets, so that batches of different places differ. */
export function makeBatch(spec: BatchSpec): Uint8Array {
  const builder = new BatchBuilder();
  const count = spec.records ?? 1;
  for (let at = 0; at < count; at++) {
    const text = `value ${spec.baseOffset + at} of epoch ${spec.leaderEpoch ?? 0} `;
    const value = encodeText(text.padEnd(spec.valueBytes ?? 0, '.'));
    builder.append({ timestampMs: (spec.timestampMs ?? 1_000) + at, key: null, value });
  }
  const producer = spec.producerId === undefined ? {}
    : {
        producerId: spec.producerId, producerEpoch: 0, baseSequence: spec.baseSequence ?? 0,
        transactional: spec.transactional ?? false,
      };
  return builder.build({ baseOffset: spec.baseOffset, partitionLeaderEpoch: spec.leaderEpoch ?? 0, ...producer });
}

export function headersOf(bytes: Uint8Array): BatchHeader[] {
  return iterateBatches(bytes).map((batch) => batch.header);
}

/** Everything between two offsets, read the way a consumer reads. */
export function readAll(log: PartitionLog, endOffset: Offset = log.endOffset, maxBytes = 100_000): BatchHeader[] {
  const headers: BatchHeader[] = [];
  let offset = log.startOffset;
  while (offset < endOffset) {
    const read = log.read(offset, { maxBytes, endOffset, minOneBatch: true });
    if (read === undefined) break;
    for (const chunk of read.chunks) headers.push(...headersOf(chunk));
    offset = read.nextOffset;
  }
  return headers;
}

export function offsetsOf(log: PartitionLog): number[] {
  return readAll(log).flatMap((header) =>
    Array.from({ length: header.lastOffset - header.baseOffset + 1 }, (_, at) => header.baseOffset + at));
}

export const SMALL_CONFIG: LogConfig = {
  ...DEFAULT_LOG_CONFIG, segmentBytes: 1_000, indexIntervalBytes: 200, retentionMs: -1,
};

/** A store over a disk in memory, with what it reported. */
export class StoreUnderTest {
  readonly disk: MemoryDisk;
  readonly options: Partial<LogStoreOptions>;
  store: LogStore;
  failures: AppError[] = [];
  durable = new Map<string, Offset>();
  report: RecoveryReport | undefined;
  openError: AppError | undefined;

  constructor(disk: MemoryDisk = new MemoryDisk(), options: Partial<LogStoreOptions> = {}) {
    this.disk = disk;
    this.options = options;
    this.store = this.makeStore();
  }

  /** Opens a new store over the same disk. */
  open(): this {
    this.store = this.makeStore();
    this.report = undefined;
    this.store.open((error, report) => {
      this.openError = error;
      this.report = report;
    });
    this.settle();
    if (this.openError !== undefined) throw this.openError;
    if (this.report === undefined) throw new Error('the store did not open');
    return this;
  }

  /** Begins to open a new store, which is left to a crash. */
  startOpening(): void {
    this.makeStore().open(() => {});
  }

  create(topicId: Uuid = TOPIC_A, topic = 'a', partition = 0, config = SMALL_CONFIG): PartitionLog {
    return this.store.create(topicId, topic, partition, config);
  }

  log(topicId: Uuid = TOPIC_A, partition = 0): PartitionLog {
    const log = this.store.find(topicId, partition);
    if (log === undefined) throw new Error(`no log ${topicId}-${partition}`);
    return log;
  }

  append(log: PartitionLog, spec: Omit<BatchSpec, 'baseOffset'> = {}): void {
    const bytes = makeBatch({ ...spec, baseOffset: log.endOffset });
    this.store.append(log, bytes, headersOf(bytes));
  }

  /** Ends the transaction of a producer. */
  end(log: PartitionLog, producerId: number, outcome: 'commit' | 'abort'): void {
    const bytes = makeMarker({ baseOffset: log.endOffset, producerId, outcome });
    this.store.append(log, bytes, headersOf(bytes));
  }

  /** Flushes and lets all syncs complete. */
  settle(): void {
    this.store.flush();
    while (this.disk.completeSyncs() > 0) this.store.flush();
  }

  close(brokerEpoch = 7): void {
    let isDone = false;
    this.store.close(brokerEpoch, (log) => log.endOffset, (error) => {
      if (error !== undefined) throw error;
      isDone = true;
    });
    while (this.disk.completeSyncs() > 0);
    if (!isDone) throw new Error('the store did not close');
  }

  private makeStore(): LogStore {
    return new LogStore({
      disk: this.disk,
      logger: silentLogger,
      flush: 'fsync',
      journalFileBytes: 16_384,
      journalBypassBytes: Number.MAX_SAFE_INTEGER,
      journalBypassRoundBytes: 0,
      tailCacheBytes: 2_000,
      maxOpenFiles: 4,
      reserveBytes: 0,
      checkpointIntervalMs: 5_000,
      verify: 'all',
      config: SMALL_CONFIG,
      wallMs: () => 1_000_000,
      onDurable: (log, offset) => this.durable.set(log.directory, offset),
      onDiskFailed: (error) => this.failures.push(error),
      ...this.options,
    });
  }
}
