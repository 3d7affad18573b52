/** Heartbeat: a member says that it lives and hears of rebalances; decided by the group's coordinator. */
import { ErrorCode } from '@hapax/base';
import type { heartbeat, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleHeartbeat: Handler<typeof heartbeat> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof heartbeat>);
    coordinator.heartbeat(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({ errorCode: error });
  }
};
