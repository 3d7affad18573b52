/** Verdicts in the form that each API answers with. */
import { ErrorCode, unreachable } from '@hapax/base';
import type { TransactionRequest } from './decide.ts';
import type { AddPartitionsAnswer, AddPartitionsRequest, AnyTransactionAnswer } from './requests.ts';
import type { Verdict } from './step.ts';
import { includesPartition } from './transaction.ts';

/** The answer of a request. */
export function answerOf(request: TransactionRequest, verdict: Verdict): AnyTransactionAnswer {
  const { errorCode, message, producerId, producerEpoch } = verdict;
  switch (request.kind) {
    case 'init-producer-id':
    case 'end-txn':
      return { errorCode, message, producerId, producerEpoch };
    case 'add-partitions':
      return request.answersAs === 'add-offsets' ? { errorCode, message } : partitionsAnswer(request.body, verdict);
    default:
      return unreachable(request);
  }
}

function partitionsAnswer(request: AddPartitionsRequest, verdict: Verdict): AddPartitionsAnswer {
  const { errorCode, message, missing } = verdict;
  const codeOf = (topic: string, partition: number): ErrorCode =>
    includesPartition(missing, topic, partition) ? ErrorCode.TRANSACTION_ABORTABLE : errorCode;
  const topicResults = request.topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex, partitionErrorCode: codeOf(name, partitionIndex),
    })),
  }));
  return { errorCode, message, topicResults };
}
