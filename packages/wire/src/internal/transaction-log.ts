/** The record of `__transaction_state`: all that a coordinator knows of a transactional id. */
import { array, int16, int32, int64, int8, string, struct } from '../field.ts';
import { defineRecord } from '../record-schema.ts';

/** The state of a transactional id. A record without value says that it expired. [KIP-98, KIP-890] */
export const transactionLogRecord = defineRecord({
  type: 0,
  name: 'transaction log',
  key: { transactionalId: string() },
  versions: [0, 1],
  flexibleFrom: 1,
  value: {
    producerId: int64(),
    previousProducerId: int64({ versions: '1+', tag: 0, default: -1 }),
    nextProducerId: int64({ versions: '1+', tag: 1, default: -1 }),
    producerEpoch: int16(),
    nextProducerEpoch: int16({ versions: '1+', tag: 3, default: -1 }),
    transactionTimeoutMs: int32(),
    transactionStatus: int8(),
    transactionPartitions: array(struct({ topic: string(), partitionIds: array(int32()) }), { nullable: '0+' }),
    transactionLastUpdateTimestampMs: int64(),
    transactionStartTimestampMs: int64(),
    clientTransactionVersion: int16({ versions: '1+', tag: 2 }),
  },
});
