/** OffsetCommit: a group stores how far it has come; decided by the group's coordinator. */
import { ErrorCode } from '@hapax/base';
import type { offsetCommit, ResponseInput } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleOffsetCommit: Handler<typeof offsetCommit> = (services, request, context, answer) => {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (response: object): void => answer(response as ResponseInput<typeof offsetCommit>);
    coordinator.offsetCommit(token, request, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) {
    answer({
      topics: request.topics.map((topic) => ({
        name: topic.name,
        topicId: topic.topicId,
        partitions: topic.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error })),
      })),
    });
  }
};
