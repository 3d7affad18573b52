/** One partition in memory, with the producer state of an idempotent broker. [KIP-98] */
import { ErrorCode, type Compression } from '@hapax/base';
import {
  addToSequence,
  encodeEndTxnMarker,
  iterateBatches,
  readRecords,
  stampBatch,
  type BatchHeader,
  type LogRecord,
} from '@hapax/wire/records';

interface Stored {
  readonly header: BatchHeader;
  readonly bytes: Uint8Array;
}

interface ProducerState {
  epoch: number;
  /** The last five batches, oldest first. */
  batches: { readonly first: number; readonly last: number; readonly offset: number }[];
}

/** A log that one leader writes; all replicas of the fake cluster share it. */
export class FakeLog {
  readonly batches: Stored[] = [];
  readonly producers = new Map<number, ProducerState>();
  /** First offsets of open transactions, by producer id. */
  readonly open = new Map<number, number>();
  readonly aborted: { readonly producerId: number; readonly firstOffset: number; readonly lastOffset: number }[] = [];
  /** First offsets of leader epochs, by epoch. */
  readonly epochStarts = new Map<number, number>();
  leaderId: number;
  leaderEpoch = 0;
  logStartOffset = 0;
  endOffset = 0;
  maxBatchBytes = 1_048_576;
  onAppend: (() => void)[] = [];

  constructor(leaderId: number) {
    this.leaderId = leaderId;
  }

  /** Everything before it is of transactions that are over. [L1] */
  get lastStableOffset(): number {
    return Math.min(this.endOffset, ...this.open.values());
  }

  /** Writes a marker, whether or not a transaction is open. [M10] */
  endTransaction(producerId: number, producerEpoch: number, committed: boolean, timestampMs: number): void {
    const outcome = committed ? 'commit' : 'abort';
    const marker = encodeEndTxnMarker({ outcome, producerId, producerEpoch, coordinatorEpoch: 0, timestampMs });
    const firstOffset = this.open.get(producerId);
    this.open.delete(producerId);
    const lastOffset = this.endOffset;
    if (firstOffset !== undefined && !committed) this.aborted.push({ producerId, firstOffset, lastOffset });
    if (producerEpoch > (this.producers.get(producerId)?.epoch ?? -1))
      this.producers.set(producerId, { epoch: producerEpoch, batches: [] });
    this.store(marker);
  }

  moveTo(leaderId: number): void {
    this.leaderId = leaderId;
    this.leaderEpoch += 1;
  }

  /** Appends what a client sent, as a leader does. */
  append(records: Uint8Array): { errorCode: number; baseOffset: number } {
    const [view] = iterateBatches(records);
    if (view === undefined) return { errorCode: ErrorCode.CORRUPT_MESSAGE, baseOffset: -1 };
    if (view.bytes.length > this.maxBatchBytes) return { errorCode: ErrorCode.MESSAGE_TOO_LARGE, baseOffset: -1 };
    const { header } = view;
    if (header.producerId >= 0) {
      const duplicate = this.#findDuplicate(header);
      if (duplicate !== undefined) return { errorCode: ErrorCode.NONE, baseOffset: duplicate };
      const errorCode = this.#checkSequence(header);
      if (errorCode !== ErrorCode.NONE) return { errorCode, baseOffset: -1 };
    }
    return { errorCode: ErrorCode.NONE, baseOffset: this.store(view.bytes) };
  }

  /** Appends a batch without checks, e.g. a marker. */
  store(batchBytes: Uint8Array): number {
    const bytes = Uint8Array.from(batchBytes);
    const baseOffset = this.endOffset;
    stampBatch(bytes, 0, { baseOffset, partitionLeaderEpoch: this.leaderEpoch });
    if (!this.epochStarts.has(this.leaderEpoch)) this.epochStarts.set(this.leaderEpoch, baseOffset);
    const [stored] = iterateBatches(bytes);
    if (stored === undefined) throw new Error('a batch without bytes');
    this.batches.push(stored);
    this.endOffset = stored.header.lastOffset + 1;
    if (stored.header.producerId >= 0 && !stored.header.isControl) {
      this.#remember(stored.header);
      const { producerId, isTransactional } = stored.header;
      if (isTransactional && !this.open.has(producerId)) this.open.set(producerId, baseOffset);
    }
    for (const wake of this.onAppend.splice(0)) wake();
    return baseOffset;
  }

  /** Whole batches from an offset on, at least one if there is any. */
  read(offset: number, maxBytes: number, upTo = this.endOffset): Uint8Array {
    const chosen: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const { header, bytes } of this.batches) {
      if (header.lastOffset >= upTo) break;
      if (header.lastOffset < offset || (chosen.length > 0 && sizeBytes + bytes.length > maxBytes)) continue;
      chosen.push(bytes);
      sizeBytes += bytes.length;
    }
    const all = new Uint8Array(sizeBytes);
    let at = 0;
    for (const bytes of chosen) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return all;
  }

  /** Every record that is in the log. */
  records(compression: Compression): LogRecord[] {
    return this.batches
      .filter(({ header }) => !header.isControl)
      .flatMap(({ bytes }) => readRecords(bytes, compression, 10_000_000));
  }

  /** Where an epoch's records end: for consumers that look for truncation. */
  endOffsetOf(epoch: number): number {
    const next = [...this.epochStarts].filter(([known]) => known > epoch).sort(([a], [b]) => a - b)[0];
    return next === undefined ? this.endOffset : next[1];
  }

  /** Loses the end of the log, as an unclean election does. */
  truncate(toOffset: number): void {
    while ((this.batches.at(-1)?.header.baseOffset ?? -1) >= toOffset) this.batches.pop();
    this.endOffset = (this.batches.at(-1)?.header.lastOffset ?? -1) + 1;
  }

  #findDuplicate(header: BatchHeader): number | undefined {
    const state = this.producers.get(header.producerId);
    if (state === undefined || state.epoch !== header.producerEpoch) return undefined;
    return state.batches.find((one) => one.first === header.baseSequence && one.last === header.lastSequence)?.offset;
  }

  #checkSequence(header: BatchHeader): number {
    const state = this.producers.get(header.producerId);
    if (state === undefined) return ErrorCode.NONE;
    if (header.producerEpoch < state.epoch) return ErrorCode.INVALID_PRODUCER_EPOCH;
    const expected = header.producerEpoch > state.epoch ? 0 : addToSequence(state.batches.at(-1)?.last ?? -1, 1);
    return header.baseSequence === expected ? ErrorCode.NONE : ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  #remember(header: BatchHeader): void {
    let state = this.producers.get(header.producerId);
    if (state === undefined || state.epoch !== header.producerEpoch) {
      state = { epoch: header.producerEpoch, batches: [] };
      this.producers.set(header.producerId, state);
    }
    state.batches.push({ first: header.baseSequence, last: header.lastSequence, offset: header.baseOffset });
    if (state.batches.length > 5) state.batches.shift();
  }
}
