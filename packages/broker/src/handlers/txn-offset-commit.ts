/** TxnOffsetCommit: a group's positions as part of a transaction; its coordinator is asked first [O1, V1, KIP-447]. */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import type { TxnOffsetCommitAnswer } from '@hapax/group';
import { CONSUMER_OFFSETS_TOPIC } from '@hapax/metadata';
import type { RequestOf, ResponseInput, txnOffsetCommit } from '@hapax/wire';
import { groupContext } from '../kafka/group-context.ts';
import type { Answer, Handler, RequestContext } from '../kafka/served-api.ts';
import { TXN_OFFSET_COMMIT_ADDS_FROM, txnOffsetCommitRefusal } from '../kafka/verification-codes.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof txnOffsetCommit>;
type Response = ResponseInput<typeof txnOffsetCommit>;

/** Below this version a client knows only that its coordinator is not available [E6]. */
const LOADING_FROM = 2;

export const handleTxnOffsetCommit: Handler<typeof txnOffsetCommit> = (services, request, context, answer) => {
  const { groupId, producerId, producerEpoch, transactionalId } = request;
  const refuse = (error: ErrorCode): void => answer(refusal(request, downgraded(error, context.apiVersion)));
  if (groupId === '') return refuse(ErrorCode.INVALID_GROUP_ID);
  const count = services.metadata.image.topicByName(CONSUMER_OFFSETS_TOPIC)?.partitions.length ?? 0;
  const index = count === 0 ? 0 : coordinatorPartition(groupId, count);
  const partition = services.partitions.findByName(CONSUMER_OFFSETS_TOPIC, index);
  if (partition?.leads() !== true) return refuse(ErrorCode.NOT_COORDINATOR);
  const verification = partition.verificationFor({ producerId, producerEpoch });
  if (verification.kind === 'refuse') return refuse(txnOffsetCommitRefusal(verification.error, context.apiVersion));
  if (verification.kind === 'not-needed') return commit(services, request, context, verification, answer);
  const question = {
    transactionalId,
    producerId,
    producerEpoch,
    mode: context.apiVersion >= TXN_OFFSET_COMMIT_ADDS_FROM ? 'add' : 'verify',
    partitions: [{ topic: CONSUMER_OFFSETS_TOPIC, index }],
    connectionId: context.connectionId,
  } as const;
  const asked = services.verification.ask(question, ([error = ErrorCode.UNKNOWN_SERVER_ERROR]) => {
    if (error !== ErrorCode.NONE) return refuse(txnOffsetCommitRefusal(error, context.apiVersion));
    commit(services, request, context, verification, answer);
  });
  context.onGone(() => asked.cancel());
};

function commit(
  services: Services, request: Request, context: RequestContext, verification: unknown, answer: Answer<Response>,
): void {
  const error = services.groups.forGroup(request.groupId, (coordinator, nowMs) => {
    const token = (given: object): void => answer(downgradedAnswer(given as TxnOffsetCommitAnswer, context.apiVersion));
    coordinator.txnOffsetCommit(token, request, { ...groupContext(services, context), verification }, nowMs);
  });
  if (error !== ErrorCode.NONE) answer(refusal(request, downgraded(error, context.apiVersion)));
}

function refusal({ topics }: Request, errorCode: ErrorCode): Response {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

function downgraded(error: ErrorCode, apiVersion: number): ErrorCode {
  const isUnknown = error === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < LOADING_FROM;
  return isUnknown ? ErrorCode.COORDINATOR_NOT_AVAILABLE : error;
}

function downgradedAnswer(response: TxnOffsetCommitAnswer, apiVersion: number): Response {
  if (apiVersion >= LOADING_FROM) return response;
  return {
    topics: (response.topics ?? []).map(({ name, partitions }) => ({
      name,
      partitions: (partitions ?? []).map(({ partitionIndex, errorCode }) => {
        return { partitionIndex, errorCode: downgraded(errorCode as ErrorCode, apiVersion) };
      }),
    })),
  };
}
