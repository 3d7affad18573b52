/** AddPartitionsToTxn: makes partitions part of a transaction, or asks whether they are; all of them or none [A3]. */
import { ErrorCode } from '@hapax/base';
import { isInternalTopic } from '@hapax/metadata';
import type { AddPartitionsAnswer, AddPartitionsRequest } from '@hapax/txn';
import type { addPartitionsToTxn } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import { fencedCode, transactionContext } from '../kafka/transaction-context.ts';
import type { Services } from '../services.ts';

type TopicResults = AddPartitionsAnswer['topicResults'];

/** From here on, several transactions at once, for brokers and for clients that know of the implicit addition. */
const BATCHED_FROM = 4;
const FENCED_FROM = 2;

export const handleAddPartitionsToTxn: Handler<typeof addPartitionsToTxn> = (services, request, context, answer) => {
  const asked = context.apiVersion >= BATCHED_FROM ? request.transactions.map(fromBatch) : [fromSingle(request)];
  const cancels: (() => void)[] = [];
  context.onGone(() => {
    for (const cancel of cancels) cancel();
  });
  const addOne = (one: AddPartitionsRequest, finish: (results: TopicResults) => void): void => {
    const cancel = add(services, context, one, finish);
    if (cancel !== undefined) cancels.push(cancel);
  };
  gather(asked, addOne, (all) => {
    const results = all.map((topicResults, at) => ({
      transactionalId: asked[at]?.transactionalId ?? '',
      topicResults: topicResults.map((topic) => downgraded(topic, context.apiVersion)),
    }));
    if (context.apiVersion >= BATCHED_FROM) return answer({ errorCode: ErrorCode.NONE, resultsByTransaction: results });
    answer({ resultsByTopicV3AndBelow: results[0]?.topicResults ?? [] });
  });
};

/** Asks the coordinator; gives how to let go of the question. */
function add(
  services: Services,
  context: RequestContext,
  asked: AddPartitionsRequest,
  finish: (results: TopicResults) => void,
): (() => void) | undefined {
  const refuse = (error: ErrorCode): undefined => {
    finish(resultsOf(asked, () => error));
    return undefined;
  };
  if (asked.transactionalId === '') return refuse(ErrorCode.INVALID_REQUEST);
  const unfit = unfitPartitions(services, asked);
  if (unfit !== undefined) {
    finish(unfit);
    return undefined;
  }
  let cancel: (() => void) | undefined;
  const error = services.transactions.forId(asked.transactionalId, (coordinator) => {
    const token = (given: object): void => finish((given as AddPartitionsAnswer).topicResults);
    coordinator.addPartitions(token, asked, transactionContext(services, context));
    cancel = () => coordinator.cancel(token);
  });
  return error === ErrorCode.NONE ? cancel : refuse(error);
}

/** Where one partition does not exist, or is the broker's own, none is added: the others were not attempted [A3]. */
function unfitPartitions(services: Services, asked: AddPartitionsRequest): TopicResults | undefined {
  let isUnfit = false;
  const results = resultsOf(asked, (name, partition) => {
    const count = services.metadata.image.topicByName(name)?.partitions.length ?? 0;
    const error = isInternalTopic(name)
      ? ErrorCode.TOPIC_AUTHORIZATION_FAILED
      : partition >= 0 && partition < count
        ? ErrorCode.OPERATION_NOT_ATTEMPTED
        : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (error !== ErrorCode.OPERATION_NOT_ATTEMPTED) isUnfit = true;
    return error;
  });
  return isUnfit ? results : undefined;
}

function resultsOf(asked: AddPartitionsRequest, errorOf: (name: string, partition: number) => ErrorCode): TopicResults {
  return asked.topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }));
}

function downgraded({ name, resultsByPartition }: TopicResults[number], apiVersion: number): TopicResults[number] {
  return {
    name,
    resultsByPartition: resultsByPartition.map(({ partitionIndex, partitionErrorCode }) => ({
      partitionIndex,
      partitionErrorCode: fencedCode(partitionErrorCode, apiVersion, FENCED_FROM),
    })),
  };
}

type Request = Parameters<typeof handleAddPartitionsToTxn>[1];

function fromBatch(one: Request['transactions'][number]): AddPartitionsRequest {
  const { transactionalId, producerId, producerEpoch, verifyOnly, topics } = one;
  return { transactionalId, producerId, producerEpoch, verifyOnly, transactionVersion: 2, topics };
}

function fromSingle(request: Request): AddPartitionsRequest {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    transactionVersion: 0,
    topics: request.v3AndBelowTopics,
  };
}
