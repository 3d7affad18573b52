/** DescribeTransactions: one transactional id as it stands. [X3, KIP-664] */
import { ErrorCode } from '@hapax/base';
import type { DescribeTransactionAnswer } from '../requests.ts';
import type { Transaction } from '../transaction.ts';

/** The entry of a transactional id; TRANSACTIONAL_ID_NOT_FOUND where there is none. */
export function describeTransaction(
  transactionalId: string,
  transaction: Transaction | undefined,
): DescribeTransactionAnswer {
  if (transaction === undefined) return describeError(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND, transactionalId);
  const { state, timeoutMs, startMs, producerId, producerEpoch, topics } = transaction;
  return {
    errorCode: ErrorCode.NONE,
    transactionalId,
    transactionState: state,
    transactionTimeoutMs: timeoutMs,
    transactionStartTimeMs: startMs,
    producerId,
    producerEpoch,
    topics: topics.map(({ topic, partitions }) => ({ topic, partitions: [...partitions] })),
  };
}

/** The entry of an error. */
export function describeError(errorCode: ErrorCode, transactionalId: string): DescribeTransactionAnswer {
  return {
    errorCode, transactionalId, transactionState: '', transactionTimeoutMs: -1, transactionStartTimeMs: -1,
    producerId: -1, producerEpoch: -1, topics: [],
  };
}
