/** Who asks a transaction coordinator, and the codes that older clients know. */
import { ErrorCode } from '@hapax/base';
import type { RequestContext as CoordinatorContext } from '@hapax/txn';
import type { Services } from '../services.ts';
import type { RequestContext } from './served-api.ts';

/** The context of a request, as the transaction coordinator takes it. */
export function transactionContext(services: Services, context: RequestContext): CoordinatorContext {
  return {
    ...services.transactions.instant(),
    clientId: context.clientId,
    // Kafka writes addresses with a slash in front; tools show them as they are.
    clientHost: `/${context.connection.remoteAddress.host}`,
  };
}

/** PRODUCER_FENCED came with KIP-588: versions before it are told INVALID_PRODUCER_EPOCH [E1]. */
export function fencedCode(error: ErrorCode, apiVersion: number, fencedFrom: number): ErrorCode {
  return error === ErrorCode.PRODUCER_FENCED && apiVersion < fencedFrom ? ErrorCode.INVALID_PRODUCER_EPOCH : error;
}
