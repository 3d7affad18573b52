/** Metadata: the brokers, and where the leaders of partitions are. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, string, struct, uuid } from '../field.ts';

/** A null list of topics asks for all of them, from version 1 on; in version 0 an empty list does. */
export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    topics: array(struct({
      topicId: uuid({ versions: '10+', ignorable: true }),
      name: string({ nullable: '10+' }),
    }), { nullable: '1+' }),
    allowAutoTopicCreation: bool({ versions: '4+', default: true }),
    includeClusterAuthorizedOperations: bool({ versions: '8-10' }),
    includeTopicAuthorizedOperations: bool({ versions: '8+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    brokers: array(struct({
      nodeId: int32({ mapKey: true }),
      host: string(),
      port: int32(),
      rack: string({ versions: '1+', nullable: '1+', default: null, ignorable: true }),
    })),
    clusterId: string({ versions: '2+', nullable: '2+', default: null, ignorable: true }),
    controllerId: int32({ versions: '1+', default: -1, ignorable: true }),
    topics: array(struct({
      errorCode: int16(),
      name: string({ nullable: '12+', mapKey: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      isInternal: bool({ versions: '1+', ignorable: true }),
      partitions: array(struct({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ versions: '7+', default: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        offlineReplicas: array(int32(), { versions: '5+', ignorable: true }),
      })),
      topicAuthorizedOperations: int32({ versions: '8+', default: -2147483648 }),
    })),
    clusterAuthorizedOperations: int32({ versions: '8-10', default: -2147483648 }),
    errorCode: int16({ versions: '13+', ignorable: true }),
  },
});
