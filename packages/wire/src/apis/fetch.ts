/** Fetch: reads record batches from partitions, for consumers. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, int8, records, string, struct, uuid } from '../field.ts';

/** "Not known to the sender": the largest int64, as it is read. */
const MAX_INT64 = 2 ** 63;

/** Topics have names up to version 12 and ids from 13 on. [KIP-516] */
export const fetch = defineApi({
  key: 1,
  name: 'Fetch',
  versions: [4, 18],
  flexibleFrom: 12,
  request: {
    clusterId: string({ versions: '12+', nullable: '12+', tag: 0, default: null, ignorable: true }),
    replicaId: int32({ versions: '4-14', default: -1 }),
    replicaState: struct({
      replicaId: int32({ default: -1 }),
      replicaEpoch: int64({ default: -1 }),
    }, { versions: '15+', tag: 1 }),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ default: 0x7fffffff, ignorable: true }),
    isolationLevel: int8({ ignorable: true }),
    sessionId: int32({ versions: '7+', ignorable: true }),
    sessionEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
    topics: array(struct({
      topic: string({ versions: '4-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(struct({
        partition: int32(),
        currentLeaderEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ versions: '12+', default: -1 }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: uuid({ versions: '17+', tag: 0, ignorable: true }),
        highWatermark: int64({ versions: '18+', tag: 1, default: MAX_INT64, ignorable: true }),
      })),
    })),
    forgottenTopicsData: array(struct({
      topic: string({ versions: '7-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(int32()),
    }), { versions: '7+' }),
    rackId: string({ versions: '11+', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16({ versions: '7+', ignorable: true }),
    sessionId: int32({ versions: '7+' }),
    responses: array(struct({
      topic: string({ versions: '4-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ default: -1, ignorable: true }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        divergingEpoch: struct({
          epoch: int32({ default: -1 }),
          endOffset: int64({ default: -1 }),
        }, { versions: '12+', tag: 0 }),
        currentLeader: struct({
          leaderId: int32({ default: -1 }),
          leaderEpoch: int32({ default: -1 }),
        }, { versions: '12+', tag: 1 }),
        snapshotId: struct({
          endOffset: int64({ default: -1 }),
          epoch: int32({ default: -1 }),
        }, { versions: '12+', tag: 2 }),
        abortedTransactions: array(struct({
          producerId: int64(),
          firstOffset: int64(),
        }), { nullable: '4+', ignorable: true }),
        preferredReadReplica: int32({ versions: '11+', default: -1 }),
        records: records({ nullable: '0+' }),
      })),
    })),
    nodeEndpoints: array(struct({
      nodeId: int32({ mapKey: true }),
      host: string(),
      port: int32(),
      rack: string({ nullable: '16+', default: null }),
    }), { versions: '16+', tag: 0 }),
  },
});
