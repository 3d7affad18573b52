/** How a failure of a coordinator's log looks to the coordinator's clients. [G11, T8, V7] */
import { ErrorCode } from '@hapax/base';

/**
 * The code that makes a client do the right thing: wait and retry (15), ask for the new coordinator (16), or give up
 * (−1: the record will never fit). A transaction's coordinator that cannot be reached looks like one that loads (14).
 * Others stay as they are: INVALID_TXN_STATE, INVALID_PRODUCER_EPOCH and the like speak of the transaction.
 */
export function coordinatorError(error: ErrorCode): ErrorCode {
  switch (error) {
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    case ErrorCode.NETWORK_EXCEPTION:
      return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
    case ErrorCode.INVALID_FETCH_SIZE:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    default:
      return error;
  }
}
