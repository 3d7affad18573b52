/** Metadata, produce, fetch and offsets of the fake cluster. */
import { ErrorCode } from '@hapax/base';
import {
  fetch,
  findCoordinator,
  initProducerId,
  listOffsets,
  metadata,
  offsetForLeaderEpoch,
  produce,
  type ResponseInput,
} from '@hapax/wire';
import { iterateBatches } from '@hapax/wire/records';
import type { FakeCluster } from './fake-cluster.ts';
import { on, type HandlerEntry } from './fake-handler.ts';
import type { FakeLog } from './fake-log.ts';

type FetchPartitions = NonNullable<NonNullable<ResponseInput<typeof fetch>['responses']>[number]['partitions']>;

export const dataHandlers: HandlerEntry[] = [
  on(metadata, (cluster, { body }, answer) => {
    const names = body.topics === null ? [...cluster.topics.keys()] : body.topics.map((topic) => topic.name ?? '');
    answer({
      brokers: cluster.nodes
        .filter((nodeId) => !cluster.network.down.has(`broker-${nodeId}:9092`))
        .map((nodeId) => ({ nodeId, ...cluster.endpoint(nodeId) })),
      clusterId: 'fake',
      controllerId: cluster.nodes[0]!,
      topics: names.map((name) => {
        const logs = cluster.topics.get(name);
        return {
          name,
          errorCode: logs === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE,
          partitions: (logs ?? []).map((log, partitionIndex) => ({
            partitionIndex,
            leaderId: log.leaderId,
            leaderEpoch: log.leaderEpoch,
            replicaNodes: cluster.nodes,
            isrNodes: cluster.nodes,
          })),
        };
      }),
    });
  }),
  on(initProducerId, (cluster, { body, nodeId }, answer) => {
    const { transactionalId, transactionTimeoutMs } = body;
    if (transactionalId !== null) {
      const misplaced = nodeId === cluster.transactions.coordinator ? 0 : ErrorCode.NOT_COORDINATOR;
      const refused = cluster.takeError('InitProducerId') || misplaced;
      if (refused !== 0) answer({ errorCode: refused, producerEpoch: -1 });
      else answer(cluster.transactions.init(transactionalId, transactionTimeoutMs, body));
      return;
    }
    answer({ errorCode: cluster.takeError('InitProducerId'), producerId: cluster.nextProducerId++, producerEpoch: 0 });
  }),
  on(produce, (cluster, { body, nodeId, version }, answer) => {
    answer({
      responses: body.topicData.map(({ name, partitionData }) => ({
        name,
        partitionResponses: partitionData.map(({ index, records }) => {
          const log = cluster.topics.get(name)?.[index];
          const forced = cluster.takeError('Produce');
          if (forced !== ErrorCode.NONE) return { index, errorCode: forced, baseOffset: -1 };
          if (log === undefined) return { index, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, baseOffset: -1 };
          if (log.leaderId !== nodeId) return { index, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 };
          const refused = admit(cluster, `${name}-${index}`, body.transactionalId, version, records);
          if (refused !== ErrorCode.NONE) return { index, errorCode: refused, baseOffset: -1 };
          const appended = log.append(records ?? new Uint8Array(0));
          // A leader that loses its followers, or its office, while it waits for them has appended already.
          const late =
            appended.errorCode === ErrorCode.NONE ? cluster.takeError('Produce, after the append') : ErrorCode.NONE;
          return { index, ...appended, ...(late === ErrorCode.NONE ? {} : { errorCode: late, baseOffset: -1 }) };
        }),
      })),
    });
  }),
  on(fetch, (cluster, { body, nodeId }, answer) => {
    const attempt = (isLast: boolean): boolean => {
      let found = false;
      const responses = body.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((wanted): FetchPartitions[number] => {
          const result = readPartition(cluster, topic, wanted, nodeId, body.isolationLevel);
          found ||= result.errorCode !== ErrorCode.NONE || (result.records?.length ?? 0) > 0;
          return result;
        }),
      }));
      if (found || isLast) answer({ responses });
      return found;
    };
    if (attempt(false)) return;
    let finished = false;
    const retry = (): void => {
      if (!finished) finished = attempt(false);
      if (!finished) watch();
    };
    const watch = (): void => {
      for (const { topic, partitions } of body.topics) {
        for (const { partition } of partitions) cluster.topics.get(topic)?.[partition]?.onAppend.push(retry);
      }
    };
    watch();
    cluster.time.after(body.maxWaitMs, () => {
      if (finished) return;
      finished = true;
      attempt(true);
    });
  }),
  on(listOffsets, (cluster, { body, nodeId, version }, answer) => {
    const endOf = (log: FakeLog): number =>
      version >= 2 && body.isolationLevel === 1 ? log.lastStableOffset : log.endOffset;
    answer({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const log = cluster.topics.get(name)?.[partitionIndex];
          if (log === undefined) return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION };
          if (log.leaderId !== nodeId) return { partitionIndex, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
          if (timestamp === -1)
            return { partitionIndex, errorCode: 0, offset: endOf(log), leaderEpoch: log.leaderEpoch };
          if (timestamp === -2) return { partitionIndex, errorCode: 0, offset: log.logStartOffset, leaderEpoch: 0 };
          const record = log.records(cluster.compression).find((one) => one.timestampMs >= timestamp);
          return { partitionIndex, errorCode: 0, offset: record?.offset ?? -1, timestamp: record?.timestampMs ?? -1 };
        }),
      })),
    });
  }),
  on(offsetForLeaderEpoch, (cluster, { body }, answer) => {
    answer({
      topics: body.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, leaderEpoch }) => ({
          partition,
          errorCode: 0,
          leaderEpoch,
          endOffset: cluster.log(topic, partition).endOffsetOf(leaderEpoch),
        })),
      })),
    });
  }),
  on(findCoordinator, (cluster, { body, version }, answer) => {
    const errorCode = cluster.takeError('FindCoordinator');
    const nodeId = version >= 1 && body.keyType === 1 ? cluster.transactions.coordinator : cluster.groups.coordinator;
    const place = { nodeId, ...cluster.endpoint(nodeId), errorCode };
    if (version >= 4) answer({ coordinators: body.coordinatorKeys.map((key) => ({ key, ...place })) });
    else answer(place);
  }),
];

/** What a leader asks the coordinator before it appends a transactional batch. [V1], [V4], [V5] */
function admit(
  cluster: FakeCluster,
  partition: string,
  transactionalId: string | null,
  version: number,
  records: Uint8Array | null,
): number {
  const header = iterateBatches(records ?? new Uint8Array(0))[0]?.header;
  if (header === undefined || !header.isTransactional) return ErrorCode.NONE;
  if (transactionalId === null) return ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  const asking = { transactionalId, producerId: header.producerId, producerEpoch: header.producerEpoch };
  const errorCode =
    version >= 12 ? cluster.transactions.add(asking, [partition]) : cluster.transactions.verify(asking, partition);
  if (errorCode === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH;
  return errorCode === ErrorCode.TRANSACTION_ABORTABLE && version < 11 ? ErrorCode.INVALID_TXN_STATE : errorCode;
}

function readPartition(
  cluster: FakeCluster,
  topic: string,
  wanted: { partition: number; fetchOffset: number; partitionMaxBytes: number; currentLeaderEpoch: number },
  nodeId: number,
  isolationLevel: number,
): FetchPartitions[number] {
  const log = cluster.topics.get(topic)?.[wanted.partition];
  const partitionIndex = wanted.partition;
  if (log === undefined)
    return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, highWatermark: -1, records: null };
  const state = {
    partitionIndex,
    highWatermark: log.endOffset,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    records: null,
  };
  const forced = cluster.takeError('Fetch');
  if (forced !== ErrorCode.NONE) return { ...state, errorCode: forced };
  if (log.leaderId !== nodeId) return { ...state, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
  if (wanted.currentLeaderEpoch >= 0 && wanted.currentLeaderEpoch !== log.leaderEpoch) {
    const isOld = wanted.currentLeaderEpoch < log.leaderEpoch;
    return { ...state, errorCode: isOld ? ErrorCode.FENCED_LEADER_EPOCH : ErrorCode.UNKNOWN_LEADER_EPOCH };
  }
  if (wanted.fetchOffset < log.logStartOffset || wanted.fetchOffset > log.endOffset) {
    return { ...state, errorCode: ErrorCode.OFFSET_OUT_OF_RANGE };
  }
  const isCommitted = isolationLevel === 1;
  const upTo = isCommitted ? log.lastStableOffset : log.endOffset;
  const records = log.read(wanted.fetchOffset, wanted.partitionMaxBytes, upTo);
  const upperBound = (iterateBatches(records).at(-1)?.header.lastOffset ?? -1) + 1;
  const abortedTransactions = isCommitted
    ? log.aborted.filter((one) => one.lastOffset >= wanted.fetchOffset && one.firstOffset < upperBound)
    : null;
  const isEmpty = iterateBatches(records).length === 0;
  return { ...state, abortedTransactions, errorCode: ErrorCode.NONE, records: isEmpty ? null : records };
}
