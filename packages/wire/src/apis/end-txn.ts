/** EndTxn: commits or aborts a transaction. */
import { defineApi } from '../api.ts';
import { bool, int16, int32, int64, string } from '../field.ts';

/** From version 5 on, the answer gives the producer its next epoch. [KIP-890] */
export const endTxn = defineApi({
  key: 26,
  name: 'EndTxn',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    committed: bool(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ versions: '5+', default: -1, ignorable: true }),
    producerEpoch: int16({ versions: '5+', default: -1, ignorable: true }),
  },
});
