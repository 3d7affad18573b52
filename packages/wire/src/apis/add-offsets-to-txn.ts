/** AddOffsetsToTxn: makes the offsets of a group part of a transaction. */
import { defineApi } from '../api.ts';
import { int16, int32, int64, string } from '../field.ts';

/** Followed by TxnOffsetCommit at the coordinator of the group. */
export const addOffsetsToTxn = defineApi({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
});
