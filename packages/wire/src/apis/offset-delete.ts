/** OffsetDelete: forgets stored positions of a group. */
import { defineApi } from '../api.ts';
import { array, int16, int32, string, struct } from '../field.ts';

/** Only topics that the group is not subscribed to. [KIP-496] */
export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexibleFrom: 'none',
  request: {
    groupId: string(),
    topics: array(struct({
      name: string({ mapKey: true }),
      partitions: array(struct({ partitionIndex: int32() })),
    })),
  },
  response: {
    errorCode: int16(),
    throttleTimeMs: int32({ ignorable: true }),
    topics: array(struct({
      name: string({ mapKey: true }),
      partitions: array(struct({
        partitionIndex: int32({ mapKey: true }),
        errorCode: int16(),
      })),
    })),
  },
});
