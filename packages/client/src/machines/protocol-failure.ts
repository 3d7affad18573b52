/** Error codes of answers as failures: what may be tried again, and what certainly did not happen. */
import { AppError, ErrorCode, errorName } from '@hapax/base';

/** Answers after which the same request may succeed, at this broker or another. */
const RETRIABLE = new Set<number>([
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.BROKER_NOT_AVAILABLE,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_CONTROLLER,
  ErrorCode.CONCURRENT_TRANSACTIONS,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
  ErrorCode.INVALID_FETCH_SESSION_EPOCH,
  ErrorCode.LISTENER_NOT_FOUND,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.OFFSET_NOT_AVAILABLE,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.UNSTABLE_OFFSET_COMMIT,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.INCONSISTENT_TOPIC_ID,
]);

/** Answers that may come after the request took effect: the broker gave up waiting, or does not know itself. */
const INDEFINITE = new Set<number>([
  ErrorCode.UNKNOWN_SERVER_ERROR,
  ErrorCode.REQUEST_TIMED_OUT,
  ErrorCode.NETWORK_EXCEPTION,
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.KAFKA_STORAGE_ERROR,
  ErrorCode.BROKER_NOT_AVAILABLE,
]);

/**
 * Answers to a produce request that a leader also gives to what it appended, when it loses the partition while it waits
 * for followers.
 */
const PRODUCE_INDEFINITE = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.FENCED_LEADER_EPOCH,
  ErrorCode.REPLICA_NOT_AVAILABLE,
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.UNKNOWN_TOPIC_ID,
]);

/** Whether the same request may succeed later. */
export function isRetriable(errorCode: number): boolean {
  return RETRIABLE.has(errorCode);
}

/** Whether an answer says that the request certainly had no effect. */
export function isDefinite(errorCode: number): boolean {
  return !INDEFINITE.has(errorCode);
}

/** Whether the answer to a produce request says that its batch was certainly not appended by that request. */
export function isDefiniteForProduce(errorCode: number): boolean {
  return !INDEFINITE.has(errorCode) && !PRODUCE_INDEFINITE.has(errorCode);
}

/** What was asked, for the message and details of a failure. */
export interface FailedRequest {
  /** The request and its object: `Produce to orders-3`. */
  readonly what: string;
  /** What the broker wrote beside its code. */
  readonly message?: string | null | undefined;
  /** Set where the code alone does not tell. */
  readonly definite?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** The failure of an answer with an error code. `details` carry `errorCode` and the protocol's `errorName`. */
export function protocolFailure(errorCode: number, request: FailedRequest): AppError {
  const name = errorName(errorCode);
  const said = request.message ? `: ${request.message}` : '';
  const retriable = isRetriable(errorCode);
  const advice = ADVICE.get(errorCode) ?? (retriable ? 'it may work later' : 'a retry will not help');
  return new AppError('protocol-error', `${request.what} was answered ${name} (${errorCode})${said}; ${advice}`, {
    retriable,
    definite: request.definite ?? isDefinite(errorCode),
    details: { ...request.details, errorCode, errorName: name },
  });
}

const ADVICE = new Map<number, string>([
  [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'create the topic, or check its name'],
  [ErrorCode.MESSAGE_TOO_LARGE, 'send smaller records, or raise max.message.bytes of the topic'],
  [ErrorCode.NOT_ENOUGH_REPLICAS, 'fewer replicas are in sync than min.insync.replicas: bring brokers back'],
  [ErrorCode.OFFSET_OUT_OF_RANGE, 'the records were deleted or truncated: choose a position, or set offsetReset'],
  [ErrorCode.FENCED_INSTANCE_ID, 'another member uses the same groupInstanceId: give each its own'],
  [ErrorCode.TOPIC_ALREADY_EXISTS, 'choose another name, or use the topic that is there'],
  [ErrorCode.INVALID_REPLICATION_FACTOR, 'the factor must not exceed the number of brokers'],
  [ErrorCode.NON_EMPTY_GROUP, 'stop the members of the group first'],
  [ErrorCode.INCONSISTENT_GROUP_PROTOCOL, 'all members of a group must share an assignor'],
  [ErrorCode.UNKNOWN_MEMBER_ID, 'the member was removed from its group; it must join again'],
  [ErrorCode.ILLEGAL_GENERATION, 'the group moved on without this member; it must join again'],
  [ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, 'the broker lost or never had the batches before this one'],
  [ErrorCode.INVALID_SESSION_TIMEOUT, 'choose a session timeout within the bounds of the broker'],
]);
