/** AddPartitionsToTxn: makes partitions part of a transaction. */
import { defineApi } from '../api.ts';
import { array, bool, int16, int32, int64, string, struct } from '../field.ts';

/** Up to version 3 from clients, one transaction each; from version 4 on from brokers, in batches. [KIP-890] */
export const addPartitionsToTxn = defineApi({
  key: 24,
  name: 'AddPartitionsToTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactions: array(struct({
      transactionalId: string({ mapKey: true }),
      producerId: int64(),
      producerEpoch: int16(),
      verifyOnly: bool(),
      topics: array(struct({
        name: string({ mapKey: true }),
        partitions: array(int32()),
      })),
    }), { versions: '4+' }),
    v3AndBelowTransactionalId: string({ versions: '0-3' }),
    v3AndBelowProducerId: int64({ versions: '0-3' }),
    v3AndBelowProducerEpoch: int16({ versions: '0-3' }),
    v3AndBelowTopics: array(struct({
      name: string({ mapKey: true }),
      partitions: array(int32()),
    }), { versions: '0-3' }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '4+', ignorable: true }),
    resultsByTransaction: array(struct({
      transactionalId: string({ mapKey: true }),
      topicResults: array(struct({
        name: string({ mapKey: true }),
        resultsByPartition: array(struct({
          partitionIndex: int32({ mapKey: true }),
          partitionErrorCode: int16(),
        })),
      })),
    }), { versions: '4+' }),
    resultsByTopicV3AndBelow: array(struct({
      name: string({ mapKey: true }),
      resultsByPartition: array(struct({
        partitionIndex: int32({ mapKey: true }),
        partitionErrorCode: int16(),
      })),
    }), { versions: '0-3' }),
  },
});
