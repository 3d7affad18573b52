/** OffsetForLeaderEpoch: where an epoch of a leader ended. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, string, struct } from '../field.ts';

/** Finds where two logs part. [KIP-101, KIP-320] */
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    replicaId: int32({ versions: '3+', default: -2, ignorable: true }),
    topics: array(struct({
      topic: string({ mapKey: true }),
      partitions: array(struct({
        partition: int32(),
        currentLeaderEpoch: int32({ default: -1, ignorable: true }),
        leaderEpoch: int32(),
      })),
    })),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(struct({
      topic: string({ mapKey: true }),
      partitions: array(struct({
        errorCode: int16(),
        partition: int32(),
        leaderEpoch: int32({ default: -1, ignorable: true }),
        endOffset: int64({ default: -1 }),
      })),
    })),
  },
});
