/** DescribeCluster: the brokers and the controller. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int8, string, struct } from '../field.ts';

/** Endpoint type 1 asks for brokers, 2 for controllers. [KIP-700, KIP-919] */
export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeClusterAuthorizedOperations: bool(),
    endpointType: int8({ versions: '1+', default: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    endpointType: int8({ versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array(struct({
      brokerId: int32({ mapKey: true }),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
      isFenced: bool({ versions: '2+' }),
    })),
    clusterAuthorizedOperations: int32({ default: -2147483648 }),
  },
});
