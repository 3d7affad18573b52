/** ElectLeaders: makes preferred replicas leaders, or elects any replica. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int8, string, struct } from '../field.ts';

/** A null list asks for all partitions. [KIP-460] */
export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    electionType: int8({ versions: '1+' }),
    topicPartitions: array(struct({
      topic: string({ mapKey: true }),
      partitions: array(int32()),
    }), { nullable: '0+' }),
    timeoutMs: int32({ default: 60000 }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '1+' }),
    replicaElectionResults: array(struct({
      topic: string(),
      partitionResult: array(struct({
        partitionId: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '0+' }),
      })),
    })),
  },
});
