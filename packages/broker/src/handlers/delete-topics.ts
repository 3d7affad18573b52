/** DeleteTopics: by name or by id; answered when this node no longer knows the topics [D5, KIP-516]. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import type { TopicReference } from '@hapax/metadata';
import type { deleteTopics, RequestOf } from '@hapax/wire';
import { askController, awaitShown, changeDeadline } from '../kafka/ask-controller.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';

const BY_ID_FROM = 6;

export const handleDeleteTopics: Handler<typeof deleteTopics> = (services, request, context, answer) => {
  const topics = referencesOf(request, context);
  const deadlineMs = changeDeadline(context, request.timeoutMs);
  askController(
    services,
    { request: { type: 'delete-topics', topics }, count: topics.length, deadlineMs },
    (outcome) => {
      const results = outcome.ok
        ? outcome.answer.topics
        : topics.map((topic) => ({ ...topic, error: outcome.error, message: outcome.message }));
      const deleted = results.filter(({ error }) => error === ErrorCode.NONE);
      const areGone = (): boolean =>
        deleted.every(({ topicId }) => services.metadata.image.topicById(topicId ?? '') === undefined);
      awaitShown(services, areGone, () => {
        answer({
          responses: results.map(({ name, topicId, error, message }) => {
            return { name, topicId: topicId ?? ZERO_UUID, errorCode: error, errorMessage: message };
          }),
        });
      });
    },
  );
};

function referencesOf(request: RequestOf<typeof deleteTopics>, { apiVersion }: RequestContext): TopicReference[] {
  if (apiVersion < BY_ID_FROM) return request.topicNames.map((name) => ({ name, topicId: null }));
  return request.topics.map(({ name, topicId }) => ({ name, topicId: topicId === ZERO_UUID ? null : topicId }));
}
