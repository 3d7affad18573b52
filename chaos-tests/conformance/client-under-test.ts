/** What a client must be able to do here, in words that fit every client: the checks are written once against it. */
import type { CompressionName } from '@hapax/base';
import type { Inbox } from '../cluster/inbox.ts';
import type { Sent } from '../cluster/record.ts';

export interface ProduceOptions {
  readonly compression?: CompressionName;
  readonly isIdempotent?: boolean;
  /** Sent with every record. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A reader at work. */
export interface Reading {
  /** Commits what was handed out, where there is a group, leaves it and stops. */
  stop(): Promise<void>;
}

export type Isolation = 'read_committed' | 'read_uncommitted';

/** A producer with a transactional id. Every call rejects with what the client says went wrong. */
export interface TransactionalProducer {
  begin(): Promise<void>;
  /** Sends records within the transaction; resolves when all of them are acknowledged. */
  send(topic: string, records: readonly Sent[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
  /** Closes the producer; what it left open is for its successor to end. */
  close(): Promise<void>;
}

/** A consume-transform-produce loop. */
export interface TransformOptions {
  readonly transactionalId: string;
  readonly group: string;
  readonly input: string;
  readonly output: string;
  /** Hears of every transaction that has ended, and of what ended the loop. */
  readonly onEnded: (outcome: 'commit' | 'abort') => void;
  readonly onFailure: (error: Error) => void;
}

/** What a client can do with transactions. */
export interface Transactions {
  /** A producer that is initialised: whoever had this transactional id before is fenced. */
  producer(transactionalId: string): Promise<TransactionalProducer>;
  /**
   * Reads the input as a member of the group. For each batch, a transaction: every record with the suffix
   * {@link COMMITTED} to the output, under the same key, and the consumed offsets, with the group's metadata where the
   * client has it; commit. Before the first batch and every third one after it, the same with the suffix
   * {@link ABORTED}, and abort.
   */
  transform(options: TransformOptions): Promise<Reading>;
  /**
   * Which aborted transactions the client's consumer can tell from committed ones. `apart`: only those that do not
   * overlap, one for each producer, with the marker within reach: a fault of the client, told in its notes.
   */
  readonly readableAborts: 'any' | 'apart';
}

export const COMMITTED = '>committed';
export const ABORTED = '>aborted';
/** A transform loop aborts before the first of every so many batches. */
export const ABORT_EVERY = 3;

/** A record as a reader of one partition sees it. */
export interface Seen {
  readonly offset: number;
  readonly value: string | null;
}

/** How a reader of a partition reads. */
export interface ReadOptions {
  readonly isolation: Isolation;
  /** `batch`: an answer has one batch, so that what was aborted must be told again and again. */
  readonly fetches: 'all' | 'batch';
}

/** Reads partition 0 of a topic from one offset after the other. */
export interface PartitionReader {
  /**
   * All that is visible from the offset on, up to the end that the isolation level allows. At least `count` records are
   * there: a client that does not learn of the end may take it that they come before an empty answer does.
   */
  readFrom(offset: number, count: number): Promise<readonly Seen[]>;
  close(): Promise<void>;
}

/** A client with its own defaults, as an application would use it. */
export interface ClientUnderTest {
  readonly name: string;
  /** With the version of the library that does the work. */
  readonly version: string;
  /** Where it needs something that an application would not expect to have to do: told below the matrix. */
  readonly notes: readonly string[];
  /** Makes a topic. Some clients can only let the cluster make it, with as many partitions as it is set to. */
  createTopic(topic: string, partitions: number): Promise<void>;
  /** Sends the records as they come and resolves when each of them is acknowledged by all in-sync replicas. */
  produce(topic: string, records: AsyncIterable<Sent>, options: ProduceOptions): Promise<void>;
  /** Reads a topic from its beginning. */
  read(topic: string, inbox: Inbox): Promise<Reading>;
  /** Reads a topic as a member of a group, from where the group is, at first from the beginning. */
  join(group: string, topic: string, inbox: Inbox): Promise<Reading>;
  /** Opens a reader of partition 0. */
  partitionReader(topic: string, options: ReadOptions): Promise<PartitionReader>;
  /** Undefined where the client has no transactions. */
  readonly transactions: Transactions | undefined;
  /** Closes what is left open. */
  close(): Promise<void>;
}

/** Makes a client of a cluster. */
export type ClientFactory = (bootstrap: string) => Promise<ClientUnderTest>;
