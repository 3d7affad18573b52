/** What clients are told when a coordinator did not confirm that a partition belongs to their transaction. */
import { ErrorCode, errorName } from '@hapax/base';
import { coordinatorError } from '@hapax/state-machine';
import type { AppendRefusal } from '../drivers/partition.ts';

/** From these versions on the request itself adds its partitions to the transaction [KIP-890]. */
export const PRODUCE_ADDS_FROM = 12;
export const TXN_OFFSET_COMMIT_ADDS_FROM = 5;

/** Versions that know TRANSACTION_ABORTABLE [E2]. */
const PRODUCE_ABORTABLE_FROM = 11;
const TXN_OFFSET_COMMIT_ABORTABLE_FROM = 4;

/** The refusal of a Produce whose partition was not confirmed, for the version of the request [V4, V5, E2, E3]. */
export function produceRefusal(error: ErrorCode, apiVersion: number): AppendRefusal {
  switch (error) {
    case ErrorCode.NETWORK_EXCEPTION:
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return retryLater(`the transaction coordinator could not be asked: ${errorName(error)}`);
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      if (apiVersion < PRODUCE_ADDS_FROM) return retryLater('the previous transaction is still being ended');
      return { error, message: 'the previous transaction is still being ended; try again' };
    case ErrorCode.CLUSTER_AUTHORIZATION_FAILED:
      return { error: ErrorCode.INVALID_TXN_STATE, message: 'the coordinator refused this broker' };
    case ErrorCode.TRANSACTION_ABORTABLE: {
      const message = 'the partition was not added to the transaction; abort it';
      return { error: apiVersion < PRODUCE_ABORTABLE_FROM ? ErrorCode.INVALID_TXN_STATE : error, message };
    }
    case ErrorCode.PRODUCER_FENCED:
      return { error: ErrorCode.INVALID_PRODUCER_EPOCH, message: FENCED };
    default:
      return { error, message: `the transaction coordinator refused: ${errorName(error)}` };
  }
}

/** The code of a TxnOffsetCommit whose offsets partition was not confirmed [V7, E2, E3]. */
export function txnOffsetCommitRefusal(error: ErrorCode, apiVersion: number): ErrorCode {
  switch (error) {
    case ErrorCode.CLUSTER_AUTHORIZATION_FAILED:
      return ErrorCode.INVALID_TXN_STATE;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return apiVersion < TXN_OFFSET_COMMIT_ABORTABLE_FROM ? ErrorCode.INVALID_TXN_STATE : error;
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    default:
      return coordinatorError(error);
  }
}

const FENCED = 'a newer producer with the same transactional id has taken over';

/** A client tries again without looking for another leader first. */
function retryLater(message: string): AppendRefusal {
  return { error: ErrorCode.NOT_ENOUGH_REPLICAS, message };
}
