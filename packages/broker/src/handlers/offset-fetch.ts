/** OffsetFetch: the stored positions of one group, or (from version 8) of several. */
import { ErrorCode } from '@hapax/base';
import type { OffsetFetchGroupAnswer, OffsetFetchGroupRequest } from '@hapax/group';
import type { offsetFetch } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

const BATCHED_FROM = 8;

export const handleOffsetFetch: Handler<typeof offsetFetch> = (services, request, context, answer) => {
  const fetchOne = (asked: OffsetFetchGroupRequest, finish: (group: OffsetFetchGroupAnswer) => void): void =>
    fetchGroup(services, context, asked, finish);
  if (context.apiVersion >= BATCHED_FROM) {
    return gather(request.groups, fetchOne, (groups) => answer({ groups }));
  }
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null;
  fetchOne({ groupId: request.groupId, topics }, (group) => {
    const ofTopics = (group.topics ?? []).map(({ name = '', partitions }) => ({ name, partitions: partitions ?? [] }));
    answer({ errorCode: group.errorCode, topics: ofTopics });
  });
};

function fetchGroup(
  services: Services,
  context: RequestContext,
  asked: OffsetFetchGroupRequest,
  finish: (group: OffsetFetchGroupAnswer) => void,
): void {
  const error = services.groups.forGroup(asked.groupId, (coordinator, nowMs) => {
    const token = (group: object): void => finish(group as OffsetFetchGroupAnswer);
    coordinator.offsetFetchGroup(token, asked, groupContext(services, context), nowMs);
  });
  if (error !== ErrorCode.NONE) finish({ groupId: asked.groupId, topics: [], errorCode: error });
}
