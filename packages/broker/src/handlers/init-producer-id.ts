/** InitProducerId: a new producer id for an idempotent producer, from any broker [KIP-98, I18]. */
import { ErrorCode, NONE } from '@hapax/base';
import type { initProducerId } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';

const REFUSED = { producerId: -1, producerEpoch: -1 } as const;

export const handleInitProducerId: Handler<typeof initProducerId> = (services, request, _context, answer) => {
  const hasOnlyOne = (request.producerId === NONE) !== (request.producerEpoch === NONE);
  if (request.transactionalId === '' || hasOnlyOne) return answer({ errorCode: ErrorCode.INVALID_REQUEST, ...REFUSED });
  // Transactions have no coordinator yet: the same refusal as for an id that this cluster grants to nobody.
  if (request.transactionalId !== null) {
    return answer({ errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, ...REFUSED });
  }
  services.producerIds.next(({ error, producerId }) => {
    answer(
      error === ErrorCode.NONE ? { errorCode: error, producerId, producerEpoch: 0 } : { errorCode: error, ...REFUSED },
    );
  });
};
