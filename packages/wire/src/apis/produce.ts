/** Produce: appends record batches to partitions. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, records, string, struct, uuid } from '../field.ts';

/** From version 12 on, a transactional batch adds its partition to the transaction by itself. [KIP-890] */
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: string({ nullable: '3+', default: null }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array(struct({
      name: string({ versions: '3-12', ignorable: true, mapKey: true }),
      topicId: uuid({ versions: '13+', ignorable: true, mapKey: true }),
      partitionData: array(struct({ index: int32(), records: records({ nullable: '0+' }) })),
    })),
  },
  response: {
    responses: array(struct({
      name: string({ versions: '3-12', ignorable: true, mapKey: true }),
      topicId: uuid({ versions: '13+', ignorable: true, mapKey: true }),
      partitionResponses: array(struct({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ default: -1, ignorable: true }),
        logStartOffset: int64({ versions: '5+', default: -1, ignorable: true }),
        recordErrors: array(struct({
          batchIndex: int32(),
          batchIndexErrorMessage: string({ nullable: '8+', default: null }),
        }), { versions: '8+', ignorable: true }),
        errorMessage: string({ versions: '8+', nullable: '8+', default: null, ignorable: true }),
        currentLeader: struct({
          leaderId: int32({ default: -1 }),
          leaderEpoch: int32({ default: -1 }),
        }, { versions: '10+', tag: 0 }),
      })),
    })),
    throttleTimeMs: int32({ ignorable: true }),
    nodeEndpoints: array(struct({
      nodeId: int32({ mapKey: true }),
      host: string(),
      port: int32(),
      rack: string({ nullable: '10+', default: null }),
    }), { versions: '10+', tag: 0 }),
  },
});
