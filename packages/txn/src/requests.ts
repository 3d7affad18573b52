/** Requests and answers of the transaction coordinator. */
import type { ErrorCode, ProducerEpoch, ProducerId } from '@hapax/base';
import type {
  addOffsetsToTxn, describeTransactions, endTxn, initProducerId, listTransactions, RequestOf, ResponseInput,
} from '@hapax/wire';

/** The time of a call. */
export interface Instant {
  /** On the clock that never goes back; for deadlines. */
  readonly nowMs: number;
  /** Milliseconds since 1970; for records. */
  readonly wallMs: number;
}

/** Who asks, and when. */
export interface RequestContext extends Instant {
  readonly clientId: string;
  /** The client's address as people should see it. */
  readonly clientHost: string;
}

/** Its transactional id is not null: producers without one are served by any broker. [I18] */
export type InitProducerIdRequest = RequestOf<typeof initProducerId>;
export type AddOffsetsRequest = RequestOf<typeof addOffsetsToTxn>;
export type EndTxnRequest = RequestOf<typeof endTxn>;
export type ListTransactionsRequest = RequestOf<typeof listTransactions>;

/** One transaction of an AddPartitionsToTxn of any version, or of a broker that adds or verifies for a client. */
export interface AddPartitionsRequest {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Ask whether the partitions are part of the transaction; change nothing. [A5] */
  readonly verifyOnly: boolean;
  /** 2 where a broker adds for a client of TV2 (version 4 and later), else 0. [A4] */
  readonly transactionVersion: 0 | 2;
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[];
}

/** What all answers have. Codes are those of the newest version: the broker sends older ones to older clients. [E1] */
export interface TransactionAnswer {
  readonly errorCode: ErrorCode;
  /** What was wrong, for people; empty where nothing was. */
  readonly message: string;
}

/** −1 and −1 with every error. */
export interface InitProducerIdAnswer extends TransactionAnswer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** What the producer uses next; −1 and −1 with every error. Versions before 5 do not tell it. [W7] */
export interface EndTxnAnswer extends TransactionAnswer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** The code of the whole, and of each partition that was asked for: these may differ only when verifying. */
export interface AddPartitionsAnswer extends TransactionAnswer {
  readonly topicResults: readonly {
    readonly name: string;
    readonly resultsByPartition: readonly { readonly partitionIndex: number; readonly partitionErrorCode: ErrorCode }[];
  }[];
}

export type AddOffsetsAnswer = TransactionAnswer;
/** One entry of a DescribeTransactions response. */
export type DescribeTransactionAnswer =
  NonNullable<ResponseInput<typeof describeTransactions>['transactionStates']>[number];
export type ListTransactionsAnswer = ResponseInput<typeof listTransactions>;

/** What {@link TransactionCoordinator.takeAnswers} gives for a request: which of these, its method says. */
export type AnyTransactionAnswer =
  | InitProducerIdAnswer | AddPartitionsAnswer | AddOffsetsAnswer | EndTxnAnswer | DescribeTransactionAnswer;

/** An answer and the request that it is for. */
export interface TokenAnswer<T> {
  readonly token: T;
  readonly answer: AnyTransactionAnswer;
}
