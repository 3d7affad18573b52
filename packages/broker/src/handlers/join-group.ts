/** JoinGroup: a member joins a group, or comes back to it for a rebalance; decided by the group's coordinator. */
import { ErrorCode } from '@hapax/base';
import type { joinGroup, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleJoinGroup: Handler<typeof joinGroup> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof joinGroup>);
    coordinator.joinGroup(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({
      errorCode: error,
      generationId: -1,
      protocolName: context.apiVersion >= 7 ? null : '',
      leader: '',
      memberId: request.memberId,
      members: [],
    });
  }
};
