/** InitProducerId: a producer id, and for transactions the epoch that shuts the predecessor out [KIP-98]. */
import { ErrorCode, NONE } from '@hapax/base';
import type { InitProducerIdAnswer } from '@hapax/txn';
import type { initProducerId } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';
import { fencedCode, transactionContext } from '../kafka/transaction-context.ts';

const REFUSED = { producerId: -1, producerEpoch: -1 } as const;
const FENCED_FROM = 4;

export const handleInitProducerId: Handler<typeof initProducerId> = (services, request, context, answer) => {
  const { transactionalId } = request;
  const hasOnlyOne = (request.producerId === NONE) !== (request.producerEpoch === NONE);
  if (transactionalId === '' || hasOnlyOne) return answer({ errorCode: ErrorCode.INVALID_REQUEST, ...REFUSED });
  // Without a transactional id any broker gives one, with epoch 0 [I18].
  if (transactionalId === null) {
    return services.producerIds.next(({ error, producerId }) => {
      const isGiven = error === ErrorCode.NONE;
      answer(isGiven ? { errorCode: error, producerId, producerEpoch: 0 } : { errorCode: error, ...REFUSED });
    });
  }
  const error = services.transactions.forId(transactionalId, (coordinator) => {
    const token = (given: object): void => {
      const { errorCode, producerId, producerEpoch } = given as InitProducerIdAnswer;
      answer({ errorCode: fencedCode(errorCode, context.apiVersion, FENCED_FROM), producerId, producerEpoch });
    };
    coordinator.initProducerId(token, { ...request, transactionalId }, transactionContext(services, context));
    context.onGone(() => coordinator.cancel(token));
  });
  if (error !== ErrorCode.NONE) answer({ errorCode: error, ...REFUSED });
};
