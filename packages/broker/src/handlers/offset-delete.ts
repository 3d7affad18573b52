/** OffsetDelete: stored positions are removed; decided by the group's coordinator. */
import { ErrorCode } from '@hapax/base';
import type { offsetDelete, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleOffsetDelete: Handler<typeof offsetDelete> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof offsetDelete>);
    coordinator.offsetDelete(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({ errorCode: error });
  }
};
