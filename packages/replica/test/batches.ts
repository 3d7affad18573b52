/** Batch headers for tests. */
import type { StoredBatch } from './memory-log.ts';

/** An append of a client outside of transactions. */
export const CLIENT = { kind: 'client', guard: undefined, isTransactionV2: false } as const;

/** A batch as a client sends it: offsets from 0, no leader epoch. One record unless `records` says more. */
export function makeBatch(options: {
  readonly value?: string;
  readonly records?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
  readonly isTransactional?: boolean;
  /** A marker of this kind. */
  readonly marker?: 'commit' | 'abort';
  readonly coordinatorEpoch?: number;
  readonly timestampMs?: number;
}): StoredBatch {
  const records = options.records ?? 1;
  const baseOffset = options.baseOffset ?? 0;
  const baseSequence = options.baseSequence ?? -1;
  const lastSequence = baseSequence < 0 ? -1 : (baseSequence + records - 1) % 2 ** 31;
  return {
    value: options.value ?? 'value',
    baseOffset,
    lastOffset: baseOffset + records - 1,
    sizeBytes: 100,
    partitionLeaderEpoch: options.leaderEpoch ?? -1,
    maxTimestamp: options.timestampMs ?? 0,
    producerId: options.producerId ?? -1,
    producerEpoch: options.producerEpoch ?? (options.producerId === undefined ? -1 : 0),
    baseSequence,
    lastSequence,
    isTransactional: options.isTransactional ?? options.marker !== undefined,
    isControl: options.marker !== undefined,
    marker: options.marker && { kind: options.marker, coordinatorEpoch: options.coordinatorEpoch ?? 0 },
  };
}
