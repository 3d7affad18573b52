/** The requests of a transactional producer, each tried again until it is answered for good. */
import { ErrorCode } from '@hapax/base';
import { addOffsetsToTxn, addPartitionsToTxn, endTxn, initProducerId, txnOffsetCommit } from '@hapax/wire';
import { CONCURRENT_BACKOFF } from '../backoff.ts';
import { call } from '../call.ts';
import type { Cluster } from '../cluster.ts';
import { topicsToCommit, type OffsetToCommit } from '../group-offsets.ts';
import { byTopic, type TopicPartition } from '../leader-fan-out.ts';
import { success, type Done } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import type { ConsumerGroupMetadata, TransactionOptions } from './transaction-options.ts';
import { VERSION_2, type TransactionVersion } from './transaction-version.ts';

/** Where requests go, and until when. */
export interface RequestContext {
  readonly cluster: Cluster;
  readonly options: TransactionOptions;
  /** The connections of these requests: they must not wait behind records. */
  readonly lane: string;
  readonly isCancelled: () => boolean;
  /** Once true, no further attempt is made. */
  readonly isStopped: () => boolean;
}

/** Something was done; `wasLost` tells that an earlier attempt may arrive yet. */
export interface Lossy {
  readonly wasLost: boolean;
}

/** Codes that a coordinator gives also where its log took the change, but it did not hear of that in time. */
const COORDINATOR_INDEFINITE = [
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.CONCURRENT_TRANSACTIONS,
];

/**
 * Asks for id and epoch. With an `expected` identity the epoch is only raised if that is the newest, so that a zombie
 * cannot fence its successor. [KIP-360]
 */
export function askIdentity(
  context: RequestContext,
  expected: ProducerIdentity | undefined,
  done: Done<ProducerIdentity>,
): void {
  const { transactionalId, transactionTimeoutMs } = context.options;
  const { producerId = -1, producerEpoch = -1 } = expected ?? {};
  call(
    context.cluster,
    {
      ...shared(context, `InitProducerId of ${transactionalId}`),
      api: initProducerId,
      minVersion: expected === undefined ? 0 : 3,
      isStopped: () => false,
      build: (version) => ({
        transactionalId,
        transactionTimeoutMs,
        ...(version >= 3 ? { producerId, producerEpoch } : {}),
      }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) done(outcome);
      else {
        const { response } = outcome.value;
        done(success({ producerId: response.producerId, producerEpoch: response.producerEpoch }));
      }
    },
  );
}

/** Makes partitions part of the transaction, all or none. Version 1 only. */
export function addPartitions(
  context: RequestContext,
  identity: ProducerIdentity,
  partitions: readonly TopicPartition[],
  done: Done<Lossy>,
): void {
  const { transactionalId } = context.options;
  call(
    context.cluster,
    {
      ...shared(context, `AddPartitionsToTxn of ${transactionalId}`),
      api: addPartitionsToTxn,
      maxVersion: 3, // From version 4 on it is a request of brokers.
      build: () => ({
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: byTopic(partitions).map(({ topic, items }) => ({
          name: topic,
          partitions: items.map((item) => item.partition),
        })),
      }),
      errorOf: ({ resultsByTopicV3AndBelow: results }) =>
        worstError(
          results.flatMap((topic) => topic.resultsByPartition.map((one) => ({ errorCode: one.partitionErrorCode }))),
        ),
    },
    (outcome) => done(outcome.ok ? success({ wasLost: outcome.value.wasLost }) : outcome),
  );
}

/** Makes the offsets of a group part of the transaction. Version 1 only. */
export function addOffsets(
  context: RequestContext,
  identity: ProducerIdentity,
  groupId: string,
  done: Done<Lossy>,
): void {
  const { transactionalId } = context.options;
  call(
    context.cluster,
    {
      ...shared(context, `AddOffsetsToTxn of ${transactionalId} for ${groupId}`),
      api: addOffsetsToTxn,
      build: () => ({ transactionalId, ...identity, groupId }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => done(outcome.ok ? success({ wasLost: outcome.value.wasLost }) : outcome),
  );
}

/** Writes offsets within the transaction, at the coordinator of their group. */
export function commitOffsetsInTransaction(
  context: RequestContext,
  identity: ProducerIdentity,
  version: TransactionVersion,
  group: ConsumerGroupMetadata,
  offsets: readonly OffsetToCommit[],
  done: Done<Lossy>,
): void {
  const { transactionalId } = context.options;
  // Without its member a zombie could not be told: what a broker cannot be told must not be left out. [KIP-447]
  const oldest = group.memberId !== '' || group.generation >= 0 ? 3 : 0;
  call(
    context.cluster,
    {
      ...shared(context, `TxnOffsetCommit of ${transactionalId} for ${group.groupId}`),
      api: txnOffsetCommit,
      target: { kind: 'coordinator', keyType: 0, key: group.groupId },
      minVersion: version === 2 ? VERSION_2.txnOffsetCommit : oldest,
      maxVersion: version === 2 ? VERSION_2.txnOffsetCommit : VERSION_2.txnOffsetCommit - 1,
      build: (wireVersion) => ({
        transactionalId,
        groupId: group.groupId,
        ...identity,
        ...(wireVersion >= 3
          ? { generationId: group.generation, memberId: group.memberId, groupInstanceId: group.groupInstanceId }
          : {}),
        topics: topicsToCommit(offsets),
      }),
      errorOf: (response) => worstError(response.topics.flatMap((topic) => topic.partitions)),
    },
    (outcome) => done(outcome.ok ? success({ wasLost: outcome.value.wasLost }) : outcome),
  );
}

/** Commits or aborts. Gives the identity of the next transaction, where the version does. */
export function endTransaction(
  context: RequestContext,
  identity: ProducerIdentity,
  version: TransactionVersion,
  committed: boolean,
  done: Done<Lossy & { readonly next: ProducerIdentity | undefined }>,
): void {
  const { transactionalId } = context.options;
  call(
    context.cluster,
    {
      ...shared(context, `EndTxn (${committed ? 'commit' : 'abort'}) of ${transactionalId}`),
      api: endTxn,
      minVersion: version === 2 ? VERSION_2.endTxn : 0,
      maxVersion: version === 2 ? VERSION_2.endTxn : VERSION_2.endTxn - 1,
      isStopped: () => false,
      indefiniteCodes: COORDINATOR_INDEFINITE,
      build: () => ({ transactionalId, ...identity, committed }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const { producerId, producerEpoch } = outcome.value.response;
      const next = version === 2 && producerId >= 0 ? { producerId, producerEpoch } : undefined;
      done(success({ wasLost: outcome.value.wasLost, next }));
    },
  );
}

function shared(
  context: RequestContext,
  what: string,
): {
  readonly target: { readonly kind: 'coordinator'; readonly keyType: 1; readonly key: string };
  readonly lane: string;
  readonly what: string;
  readonly deadlineMs: number;
  readonly backoff: typeof CONCURRENT_BACKOFF;
  readonly isCancelled: () => boolean;
  readonly isStopped: () => boolean;
} {
  const { lane, options, isCancelled, isStopped } = context;
  return {
    target: { kind: 'coordinator', keyType: 1, key: options.transactionalId },
    lane,
    what,
    deadlineMs: options.operationTimeoutMs,
    backoff: CONCURRENT_BACKOFF,
    isCancelled,
    isStopped,
  };
}

/** The error that says why: items beside a bad one are told only that nothing was attempted. */
function worstError(items: readonly { readonly errorCode: number }[]): number {
  const failed = items.filter((item) => item.errorCode !== ErrorCode.NONE);
  const cause = failed.find((item) => item.errorCode !== ErrorCode.OPERATION_NOT_ATTEMPTED);
  return (cause ?? failed[0])?.errorCode ?? ErrorCode.NONE;
}
