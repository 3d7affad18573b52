/** A processor of flights, as a process of its own: reads slices, classifies them, and tells its parent each step. */
import { AppError, decodeText } from '@hapax/base';
import {
  connect, isFatal, isOutcomeUnknown, type ConsumedBatch, type Consumer, type HapaxClient, type Message,
} from '@hapax/client';
import { parseArgs } from 'node:util';
import { attemptHeaders } from './attempt.ts';
import { classify } from './delay-class.ts';
import { tellParent } from './forked-child.ts';
import { GUARANTEES, outputTopic, type Guarantee } from './guarantee.ts';

/** What a processor is told: how long it works between its two steps, from now on. */
export interface Pace {
  readonly workMs: number;
}

/** What a processor tells. */
export type ProcessorMessage =
  | { readonly type: 'assignment'; readonly partitions: number }
  /** Between the two steps of an attempt. */
  | { readonly type: 'halfway'; readonly attempt: string }
  /** The cluster has acknowledged both steps. */
  | { readonly type: 'done'; readonly attempt: string; readonly partition: number; readonly records: number }
  /** The attempt failed; `isCertain` where nothing of what was still to be done will ever happen. */
  | { readonly type: 'failed'; readonly attempt: string; readonly isCertain: boolean; readonly reason: string };

/** Shorter than usual, so that the group notices a death while somebody watches. */
const SESSION_TIMEOUT_MS = 2000;
const HEARTBEAT_INTERVAL_MS = 400;
const TRANSACTION_TIMEOUT_MS = 10_000;
const FENCED_EXIT_CODE = 3;

/** One slice of the input in the hands of one process. */
interface Slice {
  readonly attempt: string;
  readonly outputs: readonly Message[];
  readonly batch: ConsumedBatch;
}

/** The two steps, in the order and with the bond of one guarantee. Rejects when the attempt cannot be completed. */
type Way = (slice: Slice, halfway: () => Promise<void>) => Promise<void>;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string' },
      name: { type: 'string' },
      guarantee: { type: 'string' },
      group: { type: 'string' },
      topic: { type: 'string' },
      work: { type: 'string' },
    },
  });
  const { bootstrap = '', name = '', group = '', topic = '' } = values;
  const guarantee = GUARANTEES.find((one) => one === values.guarantee) ?? 'exactly-once';
  const client = await connect({ bootstrap, clientId: name });
  await new Processor({ client, name, guarantee, group, topic, workMs: Number(values.work) }).run();
}

interface ProcessorOptions {
  readonly client: HapaxClient;
  readonly name: string;
  readonly guarantee: Guarantee;
  readonly group: string;
  readonly topic: string;
  readonly workMs: number;
}

class Processor {
  readonly #options: ProcessorOptions;
  readonly #consumer: Consumer;
  readonly #way: Way;
  /** The attempt that goes on; partitions are not given away in the middle of it. */
  #running: Promise<void> = Promise.resolve();
  #workMs: number;
  #count = 0;
  #stopping = false;

  constructor(options: ProcessorOptions) {
    this.#options = options;
    this.#workMs = options.workMs;
    const { client, group } = options;
    const consumer = client.consumer({
      groupId: group,
      offsetReset: 'earliest',
      autoCommitIntervalMs: false,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      heartbeatIntervalMs: HEARTBEAT_INTERVAL_MS,
      onAssigned: () => void tell({ type: 'assignment', partitions: consumer.assignment().length }),
      onRevoking: () => this.#running,
    });
    this.#consumer = consumer;
    this.#way = wayOf(options, consumer);
  }

  async run(): Promise<void> {
    process.once('SIGTERM', () => void this.#stop());
    process.once('disconnect', () => process.exit(1));
    process.on('message', ({ workMs }: Pace) => (this.#workMs = workMs));
    this.#consumer.subscribe([this.#options.topic]);
    while (!this.#stopping) {
      for await (const batch of this.#consumer.batches()) {
        const attempt = this.#process(batch);
        this.#running = attempt.then(() => undefined);
        if (!(await attempt)) break;
        if (this.#stopping) break;
      }
      // What was read ahead may be somebody else's by now; the group knows how far everybody has come.
      if (!this.#stopping) this.#consumer.resetToCommitted();
    }
  }

  /** Lets the attempt end that goes on, and leaves. */
  async #stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    await this.#options.client.close();
    process.exit(0);
  }

  /** Answers whether to go on with what was read ahead. */
  async #process(batch: ConsumedBatch): Promise<boolean> {
    const attempt = `${this.#options.name}.${process.pid}.${++this.#count}`;
    const outputs = outputsOf(batch, this.#options.guarantee, attempt);
    const halfway = async (): Promise<void> => {
      await tell({ type: 'halfway', attempt });
      await new Promise((resolve) => setTimeout(resolve, this.#workMs));
    };
    try {
      await this.#way({ attempt, outputs, batch }, halfway);
      await tell({ type: 'done', attempt, partition: batch.partition, records: outputs.length });
      return true;
    } catch (error) {
      const isCertain = error instanceof AppError && error.definite && !isOutcomeUnknown(error);
      await tell({ type: 'failed', attempt, isCertain, reason: reasonOf(error) });
      // Another process has this name by now, or a new one must take it.
      if (isFatal(error)) process.exit(FENCED_EXIT_CODE);
      return false;
    }
  }
}


function wayOf({ client, name, guarantee }: ProcessorOptions, consumer: Consumer): Way {
  const offsetsOf = ({ attempt, batch: { topic, partition, nextOffset, leaderEpoch } }: Slice) => [
    { topic, partition, offset: nextOffset, leaderEpoch, metadata: attempt },
  ];
  if (guarantee === 'exactly-once') {
    const producer = client.producer({ transactionalId: name, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
    return (slice, halfway) =>
      producer.transaction(async (transaction) => {
        await transaction.sendAll(slice.outputs);
        await halfway();
        await transaction.sendOffsets(offsetsOf(slice), consumer.groupMetadata());
      });
  }
  const producer = client.producer();
  const send = (slice: Slice) => producer.sendAll(slice.outputs);
  const commit = (slice: Slice) => consumer.commit(offsetsOf(slice));
  const [first, second] = guarantee === 'at-least-once' ? [send, commit] : [commit, send];
  return async (slice, halfway) => {
    await first(slice);
    await halfway();
    await second(slice);
  };
}

function outputsOf({ records }: ConsumedBatch, guarantee: Guarantee, attempt: string): Message[] {
  const headers = attemptHeaders(attempt, records.length);
  return records.map(({ key, value }) => {
    const flight = classify(decodeText(value ?? new Uint8Array(0)));
    return { topic: outputTopic(guarantee, flight.delayClass), key, value: flight.value, headers };
  });
}

/** The protocol's name of what happened, where there is one: of the innermost cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof AppError)) return String(error);
  if (error.cause instanceof AppError) return reasonOf(error.cause);
  const { errorName } = error.details;
  return typeof errorName === 'string' ? errorName : error.code;
}

function tell(message: ProcessorMessage): Promise<void> {
  return tellParent(message);
}

if (import.meta.main) await main();
