/** LeaveGroup: members leave a group. */
import { defineApi } from '../api.ts';
import { array, int16, int32, string, struct } from '../field.ts';

/** One member up to version 2, several from version 3 on. [KIP-345] */
export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: array(struct({
      memberId: string(),
      groupInstanceId: string({ nullable: '3+', default: null }),
      reason: string({ versions: '5+', nullable: '5+', default: null, ignorable: true }),
    }), { versions: '3+' }),
  },
  response: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    members: array(struct({
      memberId: string(),
      groupInstanceId: string({ nullable: '3+' }),
      errorCode: int16(),
    }), { versions: '3+' }),
  },
});
