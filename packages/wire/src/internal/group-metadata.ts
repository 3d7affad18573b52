/** The record of `__consumer_offsets` that holds a group of the classic protocol. */
import { array, bytes, int32, int64, string, struct } from '../field.ts';
import { defineRecord } from '../record-schema.ts';

/** A group with its members and their assignments. A record without value says that the group is gone. */
export const groupMetadataRecord = defineRecord({
  type: 2,
  name: 'group metadata',
  key: { group: string() },
  versions: [0, 4],
  flexibleFrom: 4,
  value: {
    protocolType: string(),
    generation: int32(),
    protocol: string({ nullable: '0+' }),
    leader: string({ nullable: '0+' }),
    currentStateTimestamp: int64({ versions: '2+', default: -1, ignorable: true }),
    members: array(struct({
      memberId: string(),
      groupInstanceId: string({ versions: '3+', nullable: '3+', default: null, ignorable: true }),
      clientId: string(),
      clientHost: string(),
      rebalanceTimeout: int32({ versions: '1+', default: -1, ignorable: true }),
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes(),
    })),
  },
});
