/** The value of the control record that ends a transaction in a partition. */
import { int32 } from '../field.ts';
import { defineVersioned } from '../versioned.ts';

/** Which coordinator, by the leader epoch of its partition, ended the transaction. */
export const endTxnMarkerValue = defineVersioned({
  name: 'end transaction marker',
  versions: [0, 0],
  flexibleFrom: 'none',
  newerVersions: 'read-as-newest',
  fields: { coordinatorEpoch: int32() },
});
