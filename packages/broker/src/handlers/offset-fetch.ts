/** OffsetFetch: the stored positions of one group, or (from version 8) of several. */
import { ErrorCode } from '@hapax/base';
import type { OffsetFetchGroupAnswer, OffsetFetchGroupRequest } from '@hapax/group';
import type { offsetFetch, RequestOf, ResponseInput } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

const BATCHED_FROM = 8;
/** Before, there was no room for an error of the whole request: each partition carries it. */
const TOP_LEVEL_ERRORS_FROM = 2;

type AskedTopic = NonNullable<RequestOf<typeof offsetFetch>['topics']>[number];
type Topic = NonNullable<ResponseInput<typeof offsetFetch>['topics']>[number];

export const handleOffsetFetch: Handler<typeof offsetFetch> = (services, request, context, answer) => {
  const { requireStable } = request;
  const fetchOne = (asked: OffsetFetchGroupRequest, finish: (group: OffsetFetchGroupAnswer) => void): void =>
    fetchGroup(services, context, asked, finish);
  if (context.apiVersion >= BATCHED_FROM) {
    const asked = request.groups.map(({ groupId, topics }) => ({ groupId, topics, requireStable }));
    return gather(asked, fetchOne, (groups) => answer({ groups }));
  }
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null;
  fetchOne({ groupId: request.groupId, topics, requireStable }, (group) => {
    if (context.apiVersion < TOP_LEVEL_ERRORS_FROM && group.errorCode !== ErrorCode.NONE) {
      return answer({
        topics: (request.topics ?? []).map((topic) => refuse(topic, group.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR)),
      });
    }
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

function refuse({ name, partitionIndexes }: AskedTopic, errorCode: number): Topic {
  const partitions = partitionIndexes.map((partitionIndex) => {
    return { partitionIndex, committedOffset: -1, metadata: '', errorCode };
  });
  return { name, partitions };
}
