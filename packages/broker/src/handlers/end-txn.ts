/** EndTxn: commits or aborts a transaction; answered once the outcome is certain, before markers are written [N1]. */
import { ErrorCode } from '@hapax/base';
import type { EndTxnAnswer } from '@hapax/txn';
import type { endTxn } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';
import { fencedCode, transactionContext } from '../kafka/transaction-context.ts';

const REFUSED = { producerId: -1, producerEpoch: -1 } as const;
const FENCED_FROM = 2;

export const handleEndTxn: Handler<typeof endTxn> = (services, request, context, answer) => {
  if (request.transactionalId === '') return answer({ errorCode: ErrorCode.INVALID_REQUEST, ...REFUSED });
  const error = services.transactions.forId(request.transactionalId, (coordinator) => {
    const token = (given: object): void => {
      const { errorCode, producerId, producerEpoch } = given as EndTxnAnswer;
      answer({ errorCode: fencedCode(errorCode, context.apiVersion, FENCED_FROM), producerId, producerEpoch });
    };
    coordinator.endTxn(token, request, { ...transactionContext(services, context), apiVersion: context.apiVersion });
    context.onGone(() => coordinator.cancel(token));
  });
  if (error !== ErrorCode.NONE) answer({ errorCode: error, ...REFUSED });
};
