/** ListTransactions: the transactions of one coordinator. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, string, struct } from '../field.ts';

/** Filters by state and producer id, from version 1 on by duration, from version 2 on by pattern. [KIP-664] */
export const listTransactions = defineApi({
  key: 66,
  name: 'ListTransactions',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    stateFilters: array(string()),
    producerIdFilters: array(int64()),
    durationFilter: int64({ versions: '1+', default: -1 }),
    transactionalIdPattern: string({ versions: '2+', nullable: '2+', default: null }),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    unknownStateFilters: array(string()),
    transactionStates: array(struct({
      transactionalId: string(),
      producerId: int64(),
      transactionState: string(),
    })),
  },
});
