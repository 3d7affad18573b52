/** ListPartitionReassignments: the moves of partitions that are under way. */
import { defineApi } from '../api.ts';
import { array, int16, int32, string, struct } from '../field.ts';

/** A null list of topics asks for all of them. [KIP-455] */
export const listPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32({ default: 60000 }),
    topics: array(struct({ name: string(), partitionIndexes: array(int32()) }), { nullable: '0+', default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    topics: array(struct({
      name: string(),
      partitions: array(struct({
        partitionIndex: int32(),
        replicas: array(int32()),
        addingReplicas: array(int32()),
        removingReplicas: array(int32()),
      })),
    })),
  },
});
