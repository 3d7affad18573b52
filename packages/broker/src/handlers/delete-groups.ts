/** DeleteGroups: removes groups without members, and their positions. */
import { ErrorCode } from '@hapax/base';
import type { DeleteGroupAnswer } from '@hapax/group';
import type { deleteGroups } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleDeleteGroups: Handler<typeof deleteGroups> = (services, request, context, answer) => {
  const deleteOne = (groupId: string, finish: (result: DeleteGroupAnswer) => void): void => {
    const error = services.groups.forGroup(groupId, (coordinator, nowMs) => {
      const token = (result: object): void => finish(result as DeleteGroupAnswer);
      coordinator.deleteGroup(token, groupId, groupContext(services, context), nowMs);
    });
    if (error !== ErrorCode.NONE) finish({ groupId, errorCode: error });
  };
  gather(request.groupsNames, deleteOne, (results) => answer({ results }));
};
