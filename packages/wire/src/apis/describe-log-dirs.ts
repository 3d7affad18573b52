/** DescribeLogDirs: the data directories of a broker and what lies in them. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int64, string, struct } from '../field.ts';

/** A null list of topics asks for all of them. */
export const describeLogDirs = defineApi({
  key: 35,
  name: 'DescribeLogDirs',
  versions: [1, 5],
  flexibleFrom: 2,
  request: {
    topics: array(struct({
      topic: string({ mapKey: true }),
      partitions: array(int32()),
    }), { nullable: '0+' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+', ignorable: true }),
    results: array(struct({
      errorCode: int16(),
      logDir: string(),
      topics: array(struct({
        name: string(),
        partitions: array(struct({
          partitionIndex: int32(),
          partitionSize: int64(),
          offsetLag: int64(),
          isFutureKey: bool(),
        })),
      })),
      totalBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      usableBytes: int64({ versions: '4+', default: -1, ignorable: true }),
      isCordoned: bool({ versions: '5+', ignorable: true }),
    })),
  },
});
