/** A reader of @platformatic/kafka that opens its stream again when a broker's death has ended it. */
import { Consumer, stringDeserializers, type Message, type MessagesStream } from '@platformatic/kafka';
import type { Reading } from './client-under-test.ts';
import type { Inbox } from '../cluster/inbox.ts';

/** Options of every client that is made. */
export interface PlatformaticOptions {
  readonly clientId: string;
  readonly bootstrapBrokers: string[];
  readonly retries: number;
  readonly retryDelay: number;
}

interface What {
  readonly options: PlatformaticOptions;
  readonly group: string;
  readonly topic: string;
  readonly inbox: Inbox;
}

type Texts = Consumer<string, string, string, string>;
type TextStream = MessagesStream<string, string, string, string>;

const REOPENINGS_MAX = 20;

export class PlatformaticReading implements Reading {
  private readonly what: What;
  private readonly commits = new Set<Promise<void>>();
  private consumer: Texts | undefined;
  private stream: TextStream | undefined;
  private reopening: Promise<void> = Promise.resolve();
  private reopenings = 0;
  private isStopped = false;

  constructor(what: What) {
    this.what = what;
  }

  async open(): Promise<void> {
    const { options, group, topic } = this.what;
    this.consumer = new Consumer({
      ...options, groupId: group, deserializers: stringDeserializers,
      sessionTimeout: 10_000, heartbeatInterval: 500, rebalanceTimeout: 20_000,
    });
    this.stream = await this.consumer.consume({
      topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: false, maxWaitTime: 200,
    });
    this.stream.on('error', (error) => this.onError(error));
    this.stream.on('data', (message) => this.onMessage(message));
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.reopening;
    await Promise.all(this.commits);
    await this.stream?.close();
    await this.consumer?.close();
    this.stream = this.consumer = undefined;
  }

  private onMessage(message: Message<string, string, string, string>): void {
    const { partition, offset, key, value, headers } = message;
    const commit: Promise<void> = Promise.resolve(message.commit())
      // What is not committed is read again: a group reads at least once.
      .then(() => undefined, () => undefined)
      .finally(() => this.commits.delete(commit));
    this.commits.add(commit);
    this.what.inbox.receive({
      partition, offset: Number(offset), key: key ?? null, value: value ?? null, headers: Object.fromEntries(headers),
    });
  }

  private onError(error: Error): void {
    if (this.isStopped) return;
    if (++this.reopenings > REOPENINGS_MAX) this.what.inbox.fail(error);
    else this.reopening = this.reopen().catch((failure: Error) => this.what.inbox.fail(failure));
  }

  private async reopen(): Promise<void> {
    // Commits of a stream that was destroyed never settle, and a close goes on trying to reach the dead broker: neither
    // is waited for. The group lets the old member go when its session ends.
    this.commits.clear();
    void this.consumer?.close(true).catch(() => undefined);
    this.stream = this.consumer = undefined;
    if (!this.isStopped) await this.open();
  }
}
