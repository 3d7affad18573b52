/** InitProducerId: gives a producer its id and epoch, and ends what its predecessor left open. */
import { defineApi } from '../api.ts';
import { int16, int32, int64, string } from '../field.ts';

/** From version 3 on, a producer may ask to keep its id with the next epoch. [KIP-360] */
export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleFrom: 2,
  request: {
    transactionalId: string({ nullable: '0+' }),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
  },
  response: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
});
