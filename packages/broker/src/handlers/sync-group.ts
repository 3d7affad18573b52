/** SyncGroup: a group's leader hands out the assignment, the others fetch theirs; decided by the coordinator. */
import { ErrorCode } from '@hapax/base';
import type { syncGroup, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleSyncGroup: Handler<typeof syncGroup> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof syncGroup>);
    coordinator.syncGroup(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({ errorCode: error, assignment: NO_BYTES });
  }
};

const NO_BYTES = new Uint8Array(0);
