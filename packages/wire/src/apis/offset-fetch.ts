/** OffsetFetch: the stored positions of consumer groups. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int64, string, struct, uuid } from '../field.ts';

/** One group up to version 7, several from version 8 on. */
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    groupId: string({ versions: '1-7' }),
    topics: array(struct({ name: string(), partitionIndexes: array(int32()) }), { versions: '1-7', nullable: '2-7' }),
    groups: array(struct({
      groupId: string(),
      memberId: string({ versions: '9+', nullable: '9+', default: null, ignorable: true }),
      memberEpoch: int32({ versions: '9+', default: -1, ignorable: true }),
      topics: array(struct({
        name: string({ versions: '8-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitionIndexes: array(int32()),
      }), { nullable: '8+' }),
    }), { versions: '8+' }),
    requireStable: bool({ versions: '7+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        committedOffset: int64(),
        committedLeaderEpoch: int32({ versions: '5+', default: -1, ignorable: true }),
        metadata: string({ nullable: '0-7' }),
        errorCode: int16(),
      })),
    }), { versions: '1-7' }),
    errorCode: int16({ versions: '2-7', ignorable: true }),
    groups: array(struct({
      groupId: string(),
      topics: array(struct({
        name: string({ versions: '8-9', ignorable: true }),
        topicId: uuid({ versions: '10+', ignorable: true }),
        partitions: array(struct({
          partitionIndex: int32(),
          committedOffset: int64(),
          committedLeaderEpoch: int32({ default: -1, ignorable: true }),
          metadata: string({ nullable: '8+' }),
          errorCode: int16(),
        })),
      })),
      errorCode: int16(),
    }), { versions: '8+' }),
  },
});
