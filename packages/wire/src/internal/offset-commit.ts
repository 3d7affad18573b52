/** Records of `__consumer_offsets` that hold the position of a group in a partition. */
import { int32, int64, string, uuid } from '../field.ts';
import { defineRecord } from '../record-schema.ts';

const key = { group: string(), topic: string(), partition: int32() } as const;

/** The position of a group in a partition. A record without value forgets it. */
export const offsetCommitRecord = defineRecord({
  type: 1,
  name: 'offset commit',
  key,
  versions: [0, 4],
  flexibleFrom: 4,
  value: {
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1, ignorable: true }),
    metadata: string(),
    commitTimestamp: int64(),
    expireTimestamp: int64({ versions: '1', default: -1, ignorable: true }),
    topicId: uuid({ versions: '4+', tag: 0, ignorable: true }),
  },
});

/** The same as the oldest brokers wrote it: read, never written. */
export const legacyOffsetCommitRecord = defineRecord({
  type: 0,
  name: 'legacy offset commit',
  key,
  versions: [0, 0],
  flexibleFrom: 'none',
  value: { offset: int64(), metadata: string(), commitTimestamp: int64() },
});
