/** DescribeTransactions: transactional ids as their coordinators have them [KIP-664, X3]. */
import { ErrorCode } from '@hapax/base';
import type { DescribeTransactionAnswer } from '@hapax/txn';
import type { describeTransactions } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import type { Handler } from '../kafka/served-api.ts';
import { transactionContext } from '../kafka/transaction-context.ts';

export const handleDescribeTransactions: Handler<typeof describeTransactions> = (
  services, request, context, answer,
) => {
  const describeOne = (transactionalId: string, finish: (state: DescribeTransactionAnswer) => void): void => {
    const refuse = (errorCode: ErrorCode): void => finish({ ...NOTHING, errorCode, transactionalId });
    if (transactionalId === '') return refuse(ErrorCode.INVALID_REQUEST);
    const error = services.transactions.forId(transactionalId, (coordinator) => {
      const token = (state: object): void => finish(state as DescribeTransactionAnswer);
      coordinator.describeTransaction(token, transactionalId, transactionContext(services, context));
    });
    if (error !== ErrorCode.NONE) refuse(error);
  };
  gather(request.transactionalIds, describeOne, (transactionStates) => answer({ transactionStates }));
};

const NOTHING = {
  transactionState: '',
  transactionTimeoutMs: -1,
  transactionStartTimeMs: -1,
  producerId: -1,
  producerEpoch: -1,
  topics: [],
} as const;
