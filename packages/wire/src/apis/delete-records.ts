/** DeleteRecords: moves the beginning of partitions forward. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, string, struct } from '../field.ts';

/** An offset of −1 is the high watermark. */
export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    topics: array(struct({
      name: string(),
      partitions: array(struct({ partitionIndex: int32(), offset: int64() })),
    })),
    timeoutMs: int32(),
  },
  response: {
    throttleTimeMs: int32(),
    topics: array(struct({
      name: string({ mapKey: true }),
      partitions: array(struct({
        partitionIndex: int32({ mapKey: true }),
        lowWatermark: int64(),
        errorCode: int16(),
      })),
    })),
  },
});
