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
  /** Closes what is left open. */
  close(): Promise<void>;
}

/** Makes a client of a cluster. */
export type ClientFactory = (bootstrap: string) => Promise<ClientUnderTest>;
