/** CreatePartitions: topics grow; answered when the new partitions have leaders, as far as this node knows [D5]. */
import { ErrorCode } from '@hapax/base';
import type { createPartitions } from '@hapax/wire';
import { askController, awaitShown, changeDeadline } from '../kafka/ask-controller.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

export const handleCreatePartitions: Handler<typeof createPartitions> = (services, request, context, answer) => {
  const { validateOnly } = request;
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  const topics = request.topics.map(({ name, count, assignments }) => {
    return { name, count, assignments: assignments?.map(({ brokerIds }) => brokerIds) ?? null };
  });
  const asked = { type: 'create-partitions', topics, validateOnly } as const;
  askController(services, { request: asked, count: topics.length, deadlineMs }, (outcome) => {
    const results = outcome.ok
      ? outcome.answer.topics
      : topics.map(({ name }) => ({ name, error: outcome.error, message: outcome.message }));
    const grown = validateOnly ? [] : topics.filter((_, at) => results[at]?.error === ErrorCode.NONE);
    const haveGrown = (): boolean => grown.every(({ name, count }) => hasPartitions(services, name, count));
    awaitShown(services, haveGrown, () => {
      answer({
        results: results.map(({ name, error, message }) => ({ name, errorCode: error, errorMessage: message })),
      });
    });
  });
};

function hasPartitions(services: Services, name: string, count: number): boolean {
  const partitions = services.metadata.image.topicByName(name)?.partitions ?? [];
  return partitions.length >= count && partitions.every(({ leader }) => leader !== -1);
}
