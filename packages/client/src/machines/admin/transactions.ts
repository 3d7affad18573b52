/** Transactions: listed, described, and ended where nobody else does. [KIP-664] */
import { describeTransactions, initProducerId, listTransactions, writeTxnMarkers } from '@hapax/wire';
import { CONCURRENT_BACKOFF } from '../backoff.ts';
import { call } from '../call.ts';
import { askLeaders, type TopicPartition } from '../leader-fan-out.ts';
import { success, failure, type Done } from '../outcome.ts';
import type { ProducerIdentity } from '../producer/partition-queue.ts';
import { askAllBrokers } from './all-brokers.ts';
import type { AdminContext } from './admin-context.ts';

/** Which transactions to list; what is left out does not restrict. */
export interface TransactionFilter {
  /** `Empty`, `Ongoing`, `PrepareCommit`, `PrepareAbort`, `CompleteCommit`, `CompleteAbort`, `PrepareEpochFence`. */
  readonly states?: readonly string[];
  readonly producerIds?: readonly number[];
  /** Only those that have been open for at least so long. Needs brokers with Kafka 3.8 or newer. */
  readonly minDurationMs?: number;
  /** A regular expression (RE2) for transactional ids. Needs brokers with Kafka 4.1 or newer. */
  readonly transactionalIdPattern?: string;
}

/** A transaction in a list. */
export interface TransactionListing {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly state: string;
}

/** Lists the transactions of all coordinators. */
export function readTransactions(
  context: AdminContext,
  filter: TransactionFilter,
  done: Done<readonly TransactionListing[]>,
): void {
  const { states = [], producerIds = [], minDurationMs = -1, transactionalIdPattern = null } = filter;
  askAllBrokers(
    context,
    {
      api: listTransactions,
      minVersion: transactionalIdPattern !== null ? 2 : minDurationMs >= 0 ? 1 : 0,
      what: 'ListTransactions',
      build: (version) => ({
        stateFilters: states,
        producerIdFilters: producerIds,
        ...(version >= 1 ? { durationFilter: minDurationMs } : {}),
        ...(version >= 2 ? { transactionalIdPattern } : {}),
      }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      // One that moves while it is asked for may be told of twice.
      const byId = new Map<string, TransactionListing>();
      for (const response of outcome.value) {
        for (const { transactionalId, producerId, transactionState } of response.transactionStates)
          byId.set(transactionalId, { transactionalId, producerId, state: transactionState });
      }
      done(success([...byId.values()]));
    },
  );
}

/** A transaction in detail. */
export interface TransactionDescription extends TransactionListing {
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** Milliseconds since 1970; −1 where none is open. */
  readonly startMs: number;
  readonly partitions: readonly TopicPartition[];
  /** The broker that answered: its coordinator. */
  readonly coordinatorId: number;
}

/** Describes one transaction. Fails with `TRANSACTIONAL_ID_NOT_FOUND`. */
export function readTransaction(
  context: AdminContext,
  transactionalId: string,
  done: Done<TransactionDescription>,
): void {
  const target = { kind: 'coordinator', keyType: 1, key: transactionalId } as const;
  call(
    context.cluster,
    {
      api: describeTransactions,
      target,
      lane: context.lane,
      what: `DescribeTransactions of ${transactionalId}`,
      deadlineMs: context.timeoutMs,
      build: () => ({ transactionalIds: [transactionalId] }),
      errorOf: (response) => response.transactionStates[0]?.errorCode ?? -1,
    },
    (outcome) => {
      const state = outcome.ok ? outcome.value.response.transactionStates[0] : undefined;
      if (!outcome.ok || state === undefined) {
        if (!outcome.ok) done(outcome);
        return;
      }
      const { producerId, producerEpoch, transactionState, transactionTimeoutMs, transactionStartTimeMs } = state;
      done(
        success({
          transactionalId,
          producerId,
          producerEpoch,
          state: transactionState,
          timeoutMs: transactionTimeoutMs,
          startMs: transactionStartTimeMs,
          partitions: state.topics.flatMap(({ topic, partitions }) =>
            partitions.map((partition) => ({ topic, partition })),
          ),
          coordinatorId: context.cluster.coordinatorOf(target) ?? -1,
        }),
      );
    },
  );
}

/** A transaction that hangs in a partition, as `describeProducers` tells of it. */
export interface HangingTransaction extends TopicPartition, ProducerIdentity {
  /** Of the last coordinator that wrote there; −1 if none has. */
  readonly coordinatorEpoch: number;
}

/**
 * Writes an abort marker into a partition, past the coordinator: only for a transaction of which no coordinator knows.
 * Fails with `INVALID_PRODUCER_EPOCH` or `TRANSACTION_COORDINATOR_FENCED` where the partition has seen a newer one.
 */
export function abortHanging(context: AdminContext, hanging: HangingTransaction, done: Done<null>): void {
  const { producerId, producerEpoch, coordinatorEpoch } = hanging;
  askLeaders(
    context.cluster,
    {
      lane: context.lane,
      what: `WriteTxnMarkers for producer ${producerId}`,
      deadlineMs: context.timeoutMs,
      items: [hanging],
      plan: () => ({
        api: writeTxnMarkers,
        build: () => ({
          markers: [
            {
              producerId,
              producerEpoch,
              coordinatorEpoch: Math.max(0, coordinatorEpoch),
              transactionResult: false,
              topics: [{ name: hanging.topic, partitionIndexes: [hanging.partition] }],
            },
          ],
        }),
      }),
      find: (response, { topic, partition }) => {
        const found = response.markers
          .find((marker) => marker.producerId === producerId)
          ?.topics.find((one) => one.name === topic)
          ?.partitions.find((one) => one.partitionIndex === partition);
        return found === undefined ? undefined : { errorCode: found.errorCode, value: null };
      },
    },
    ([outcome]) => done(outcome?.error === undefined ? success(null) : failure(outcome.error)),
  );
}

/**
 * Raises the epoch of a transactional id: its producer is fenced, and what it left open is aborted by the coordinator.
 * The safe way to end a transaction of which a coordinator knows.
 */
export function fenceProducer(context: AdminContext, transactionalId: string, done: Done<ProducerIdentity>): void {
  call(
    context.cluster,
    {
      api: initProducerId,
      target: { kind: 'coordinator', keyType: 1, key: transactionalId },
      lane: context.lane,
      what: `InitProducerId of ${transactionalId}`,
      deadlineMs: context.timeoutMs,
      backoff: CONCURRENT_BACKOFF,
      build: () => ({ transactionalId, transactionTimeoutMs: Math.min(context.timeoutMs, 60_000) }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) done(outcome);
      else {
        const { producerId, producerEpoch } = outcome.value.response;
        done(success({ producerId, producerEpoch }));
      }
    },
  );
}
