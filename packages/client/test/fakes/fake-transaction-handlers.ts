/** The requests about transactions that the fake cluster answers. */
import { ErrorCode } from '@hapax/base';
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  describeProducers,
  describeTransactions,
  endTxn,
  listTransactions,
  txnOffsetCommit,
  writeTxnMarkers,
} from '@hapax/wire';
import { on, type HandlerEntry } from './fake-handler.ts';

export const transactionHandlers: HandlerEntry[] = [
  on(addPartitionsToTxn, (cluster, { body, nodeId, version }, answer) => {
    if (version > 3) throw new Error(`AddPartitionsToTxn ${version} is for brokers`);
    const asking = {
      transactionalId: body.v3AndBelowTransactionalId,
      producerId: body.v3AndBelowProducerId,
      producerEpoch: body.v3AndBelowProducerEpoch,
    };
    const topics = body.v3AndBelowTopics;
    const isMissing = (topic: string, partition: number) => cluster.topics.get(topic)?.[partition] === undefined;
    const anyMissing = topics.some(({ name, partitions }) => partitions.some((one) => isMissing(name, one)));
    const misplaced = nodeId === cluster.transactions.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const keys = topics.flatMap(({ name, partitions }) => partitions.map((one) => `${name}-${one}`));
    const refused = cluster.takeError('AddPartitionsToTxn') || misplaced;
    const errorCode = refused || (anyMissing ? 0 : cluster.transactions.add(asking, keys));
    answer({
      resultsByTopicV3AndBelow: topics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({
          partitionIndex,
          partitionErrorCode:
            errorCode !== 0 || !anyMissing
              ? errorCode
              : isMissing(name, partitionIndex)
                ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                : ErrorCode.OPERATION_NOT_ATTEMPTED,
        })),
      })),
    });
  }),
  on(addOffsetsToTxn, (cluster, { body, nodeId }, answer) => {
    const misplaced = nodeId === cluster.transactions.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const refused = cluster.takeError('AddOffsetsToTxn') || misplaced;
    answer({ errorCode: refused || cluster.transactions.add(body, [], body.groupId) });
  }),
  on(txnOffsetCommit, (cluster, { body, nodeId, version }, answer) => {
    const misplaced = nodeId === cluster.groups.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const { groupId } = body;
    let errorCode = cluster.takeError('TxnOffsetCommit') || misplaced || cluster.groups.checkMember(body);
    if (errorCode === 0) {
      errorCode =
        version >= 5
          ? cluster.transactions.add(body, [], groupId)
          : cluster.transactions.verify(body, undefined, groupId);
      if (errorCode === ErrorCode.PRODUCER_FENCED) errorCode = ErrorCode.INVALID_PRODUCER_EPOCH;
      if (errorCode === ErrorCode.NOT_ENOUGH_REPLICAS) errorCode = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      if (errorCode === ErrorCode.TRANSACTION_ABORTABLE && version < 4) errorCode = ErrorCode.INVALID_TXN_STATE;
    }
    if (errorCode === 0 && !cluster.groups.isCurrentEpoch(groupId, body.producerId, body.producerEpoch))
      errorCode = ErrorCode.INVALID_PRODUCER_EPOCH;
    answer({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset, committedLeaderEpoch, committedMetadata }) => {
          const metadata = committedMetadata ?? '';
          const offset = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, metadata };
          if (errorCode === 0) cluster.groups.hold(groupId, body.producerId, `${name}-${partitionIndex}`, offset);
          return { partitionIndex, errorCode };
        }),
      })),
    });
  }),
  on(endTxn, (cluster, { body, nodeId, version, sentMs }, answer) => {
    const misplaced = nodeId === cluster.transactions.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
    const refused = cluster.takeError('EndTxn') || misplaced;
    if (refused !== 0) answer({ errorCode: refused });
    else if (version >= 5) answer(cluster.transactions.endV2(body, body.committed));
    else {
      const errorCode = cluster.transactions.endV1(body, body.committed, sentMs);
      const isOld = errorCode === ErrorCode.PRODUCER_FENCED && version < 2;
      answer({ errorCode: isOld ? ErrorCode.INVALID_PRODUCER_EPOCH : errorCode });
    }
  }),
  on(listTransactions, (cluster, { body, nodeId }, answer) => {
    const mine = nodeId === cluster.transactions.coordinator ? [...cluster.transactions.byId.values()] : [];
    answer({
      errorCode: 0,
      transactionStates: mine
        .filter((one) => body.stateFilters.length === 0 || body.stateFilters.includes(one.state))
        .map((one) => ({ transactionalId: one.id, producerId: one.producerId, transactionState: one.state })),
    });
  }),
  on(describeTransactions, (cluster, { body }, answer) => {
    answer({
      transactionStates: body.transactionalIds.map((transactionalId) => {
        const known = cluster.transactions.byId.get(transactionalId);
        if (known === undefined) return { errorCode: ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, transactionalId };
        return {
          errorCode: 0,
          transactionalId,
          transactionState: known.state,
          transactionTimeoutMs: known.timeoutMs,
          transactionStartTimeMs: known.startMs,
          producerId: known.producerId,
          producerEpoch: known.epoch,
          topics: [...known.partitions].map((key) => ({
            topic: key.slice(0, key.lastIndexOf('-')),
            partitions: [Number(key.slice(key.lastIndexOf('-') + 1))],
          })),
        };
      }),
    });
  }),
  on(describeProducers, (cluster, { body }, answer) => {
    answer({
      topics: body.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          errorCode: 0,
          activeProducers: [...cluster.log(name, partitionIndex).producers].map(([producerId, state]) => ({
            producerId,
            producerEpoch: state.epoch,
            coordinatorEpoch: 0,
            currentTxnStartOffset: cluster.log(name, partitionIndex).open.get(producerId) ?? -1,
          })),
        })),
      })),
    });
  }),
  on(writeTxnMarkers, (cluster, { body }, answer) => {
    answer({
      markers: body.markers.map(({ producerId, producerEpoch, transactionResult, topics }) => ({
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => {
            const log = cluster.log(name, partitionIndex);
            const isOld = producerEpoch < (log.producers.get(producerId)?.epoch ?? -1);
            if (!isOld) log.endTransaction(producerId, producerEpoch, transactionResult, cluster.time.wallMs());
            return { partitionIndex, errorCode: isOld ? ErrorCode.INVALID_PRODUCER_EPOCH : 0 };
          }),
        })),
      })),
    });
  }),
];
