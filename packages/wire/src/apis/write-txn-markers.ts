/** WriteTxnMarkers: writes the outcome of transactions into partitions. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int64, int8, string, struct } from '../field.ts';

/** From a transaction coordinator to the leaders of partitions, or from an administrator. */
export const writeTxnMarkers = defineApi({
  key: 27,
  name: 'WriteTxnMarkers',
  versions: [1, 2],
  flexibleFrom: 1,
  request: {
    markers: array(struct({
      producerId: int64(),
      producerEpoch: int16(),
      transactionResult: bool(),
      topics: array(struct({ name: string(), partitionIndexes: array(int32()) })),
      coordinatorEpoch: int32(),
      transactionVersion: int8({ versions: '2+', ignorable: true }),
    })),
  },
  response: {
    markers: array(struct({
      producerId: int64(),
      topics: array(struct({
        name: string(),
        partitions: array(struct({ partitionIndex: int32(), errorCode: int16() })),
      })),
    })),
  },
});
