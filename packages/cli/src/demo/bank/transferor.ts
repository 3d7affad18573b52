/** A client of the bank, as a process of its own: moves money between accounts of different partitions. */
import { connect, isFatal, type HapaxClient, type Message } from '@hapax/client';
import { parseArgs } from 'node:util';
import { tellParent } from '../forked-child.ts';
import { encodeEntry, partitionOf } from './entry-record.ts';

/** What a transferor tells. */
export type TransferorMessage =
  /** Between the two halves of a transfer. */
  | { readonly type: 'halfway'; readonly transfer: string }
  /** The cluster has acknowledged both. */
  | { readonly type: 'done'; readonly transfer: string }
  /** One that failed, and why. */
  | { readonly type: 'failed'; readonly transfer: string; readonly reason: string };

/** With transactions: both halves in one. Naive: one after the other. */
export type BankWay = 'transactional' | 'naive';

const TRANSACTION_TIMEOUT_MS = 10_000;
/** What there is to do between the two halves: there the kills strike. */
const WORK_MS = 10;
const AMOUNT_MAX = 100;
/** Waits before it goes on after a failure. */
const BACKOFF_MS = 100;

/** Writes the two halves of a transfer. Rejects when it is not known to be done. */
type Transfer = (debit: Message, credit: Message, halfway: () => Promise<void>) => Promise<void>;

interface TransferorOptions {
  readonly bootstrap: string;
  readonly name: string;
  readonly topic: string;
  readonly way: BankWay;
  readonly accounts: number;
  readonly partitions: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      bootstrap: { type: 'string' },
      name: { type: 'string' },
      topic: { type: 'string' },
      way: { type: 'string' },
      accounts: { type: 'string' },
      partitions: { type: 'string' },
    },
  });
  const { bootstrap = '', name = '', topic = '' } = values;
  const way = values.way === 'naive' ? 'naive' : 'transactional';
  await work({ bootstrap, name, topic, way, accounts: Number(values.accounts), partitions: Number(values.partitions) });
}

async function work(options: TransferorOptions): Promise<void> {
  const { name, way } = options;
  const client = await connect({ bootstrap: options.bootstrap, clientId: name });
  let stopping = false;
  process.once('SIGTERM', () => (stopping = true));
  process.once('disconnect', () => process.exit(1));
  const transfer = transferBy(way, client, name);
  for (let count = 1; !stopping; count++) {
    const id = `${name}.${process.pid}.${count}`;
    const [debit, credit] = halvesOf(id, options);
    const halfway = async (): Promise<void> => {
      await tell({ type: 'halfway', transfer: id });
      await pause(WORK_MS);
    };
    try {
      await transfer(debit, credit, halfway);
      await tell({ type: 'done', transfer: id });
    } catch (error) {
      await tell({ type: 'failed', transfer: id, reason: String(error) });
      if (isFatal(error)) break;
      await pause(BACKOFF_MS);
    }
  }
  await client.close();
  process.exit(0);
}

function transferBy(way: BankWay, client: HapaxClient, name: string): Transfer {
  if (way === 'transactional') {
    const producer = client.producer({ transactionalId: name, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS });
    return (debit, credit, halfway) =>
      producer.transaction(async (transaction) => {
        await transaction.send(debit);
        await halfway();
        await transaction.send(credit);
      });
  }
  const producer = client.producer();
  return async (debit, credit, halfway) => {
    await producer.send(debit);
    await halfway();
    await producer.send(credit);
  };
}

/** Two accounts at random, of different partitions. */
function halvesOf(transfer: string, { topic, accounts, partitions }: TransferorOptions): [Message, Message] {
  const from = Math.floor(Math.random() * accounts);
  let to = from;
  while (partitionOf(to, partitions) === partitionOf(from, partitions)) to = Math.floor(Math.random() * accounts);
  const amount = 1 + Math.floor(Math.random() * AMOUNT_MAX);
  const message = (account: number, change: number): Message => ({
    topic,
    partition: partitionOf(account, partitions),
    ...encodeEntry({ transfer, account, amount: change }),
  });
  return [message(from, -amount), message(to, amount)];
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

function tell(message: TransferorMessage): Promise<void> {
  return tellParent(message);
}

if (import.meta.main) await main();
