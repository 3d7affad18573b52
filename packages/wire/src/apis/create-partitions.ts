/** CreatePartitions: adds partitions to topics. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, string, struct } from '../field.ts';

/** The count is the new total. */
export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: array(struct({
      name: string({ mapKey: true }),
      count: int32(),
      assignments: array(struct({ brokerIds: array(int32()) }), { nullable: '0+' }),
    })),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    results: array(struct({
      name: string(),
      errorCode: int16(),
      errorMessage: string({ nullable: '0+', default: null }),
    })),
  },
});
