/** DescribeQuorum: the state of the Raft group that keeps the metadata. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, string, struct, uint16, uuid } from '../field.ts';

/** Voters, observers, and how far each of them is. [KIP-595] */
export const describeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({ partitionIndex: int32() })),
    })),
  },
  response: {
    errorCode: int16(),
    errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
    topics: array(struct({
      topicName: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: string({ versions: '2+', nullable: '2+', ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(struct({
          replicaId: int32(),
          replicaDirectoryId: uuid({ versions: '2+' }),
          logEndOffset: int64(),
          lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
          lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
        })),
        observers: array(struct({
          replicaId: int32(),
          replicaDirectoryId: uuid({ versions: '2+' }),
          logEndOffset: int64(),
          lastFetchTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
          lastCaughtUpTimestamp: int64({ versions: '1+', default: -1, ignorable: true }),
        })),
      })),
    })),
    nodes: array(struct({
      nodeId: int32({ mapKey: true }),
      listeners: array(struct({
        name: string({ mapKey: true }),
        host: string(),
        port: uint16(),
      })),
    }), { versions: '2+' }),
  },
});
