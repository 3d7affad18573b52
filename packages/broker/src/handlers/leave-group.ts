/** LeaveGroup: members leave a group at once; decided by the group's coordinator. */
import { ErrorCode } from '@hapax/base';
import type { leaveGroup, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleLeaveGroup: Handler<typeof leaveGroup> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof leaveGroup>);
    coordinator.leaveGroup(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({ errorCode: error });
  }
};
