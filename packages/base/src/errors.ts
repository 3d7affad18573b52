/** Failures of the world: thrown or passed on as values of one type, with one table of codes. */

/** Every failure code, with the sentence "when …". */
const FAILURES = {
  'disk-full': 'when the file system has no space left; nothing was written',
  'disk-failed': 'when the disk reported an error; what was written before may be lost',
  'disk-missing': 'when a file that must exist does not',
  'disk-locked': 'when another process has the data directory open',
  'data-foreign': 'when a data directory belongs to another cluster or node',
  'data-corrupt': 'when stored bytes do not pass their checksum or make no sense',
  'store-failed': 'when the key-value store reported an error',
  'frame-malformed': 'when bytes from the network cannot be parsed',
  'unsupported-version': 'when an API or version is not known here',
  'batch-malformed': 'when a record batch is cut short or contradicts itself',
  'compression-failed': 'when compressed data cannot be expanded, or expands beyond its bound',
  'config-invalid': 'when a setting is unknown, ill-typed or out of range',
  'connection-lost': 'when a connection closed before the answer came',
  'timed-out': 'when the answer did not come within its deadline',
  'not-leader': 'when this node does not lead what was asked for',
  'not-ready': 'when the node is still starting, or is stopping',
  'overloaded': 'when a bounded queue is full',
  'protocol-error': 'when a Kafka broker answered with an error code',
  'producer-fenced': 'when another producer of the same transactional id took over, or a transaction ran out of time',
  'transaction-aborted': 'when a transaction must be or was aborted; nothing of it will be seen',
  'outcome-unknown': 'when it could not be learned whether a transaction was committed; committing again asks anew',
  'closed': 'when the client, node or consumer was closed by its owner',
  'usage': 'when a caller broke the contract of a public function',
} as const;

/** A code of {@link FAILURES}. */
export type FailureCode = keyof typeof FAILURES;

/** What a failure means to the one who must handle it. */
export interface FailureDetails {
  /** Whether the same call may succeed later. */
  readonly retriable: boolean;
  /** Whether it certainly did not take effect. A retry of an indefinite failure may make it happen twice. */
  readonly definite: boolean;
  readonly cause?: unknown;
  /** Further facts, for logs and for callers: the values, the limits. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** A failure of the world. The message says what happened, the value, the limit, and what to do. */
export class AppError extends Error {
  override readonly name: string = 'AppError';
  readonly code: FailureCode;
  readonly retriable: boolean;
  readonly definite: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: FailureCode, message: string, details: FailureDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retriable = details.retriable;
    this.definite = details.definite;
    this.details = details.details ?? {};
  }
}
