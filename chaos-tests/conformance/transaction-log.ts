/**
 * A partition with transactions in it, offset by offset as a model knows it: committed, aborted and open ones between
 * each other and between records of none. The model is arithmetic: a record takes an offset, and so does a marker.
 */
import type { Isolation, Seen, TransactionalProducer, Transactions } from './client-under-test.ts';
import type { TestBed } from '../cluster/test-bed.ts';
import { streamOf } from './records.ts';
import type { Sent } from '../cluster/record.ts';

/** What is done to the partition, in order: `name +n` sends records, `name commit` and `name abort` end. */
export type Script = readonly string[];

/**
 * Aborted transactions that overlap, two of one producer, one whose marker lies behind an open transaction, and
 * committed ones behind that. `-` is a producer without transactions.
 */
export const ANY_ABORTS: Script = [
  '- +3', 'a +2', 'b +1', '- +1', 'a +2', 'a commit', 'b +2', 'c +3', 'b abort', '- +2', 'c +1', 'a +2', 'c abort',
  'b +1', 'a abort', 'b +2', 'b abort', 'e +2', 'a +1', 'a commit', '- +1', 'd +2', 'e abort', '- +2', 'a +2',
  'a commit', 'c +1', 'b +2', 'c abort', 'd +1', '- +1',
];

/** What is then still open ends: the end of what may be seen moves to the end of the log. */
export const ANY_ABORTS_END: Script = ['d commit', '- +1', 'b abort'];

/** Aborted transactions that do not overlap, one for each producer, none with its marker behind an open transaction. */
export const APART_ABORTS: Script = [
  '- +3', 'a +2', 'b +1', '- +1', 'a +2', 'a commit', 'b +2', 'b abort', '- +2', 'c +3', 'a +2', 'c +1', '- +1',
  'c abort', 'a +1', 'a commit', 'd +2', '- +2', 'a +2', 'a commit', 'd +1', '- +1',
];

export const APART_ABORTS_END: Script = ['d commit', '- +1'];

interface Entry {
  /** Null for a marker. */
  readonly value: string | null;
  readonly transaction: TransactionOfLog | undefined;
}

interface TransactionOfLog {
  readonly firstOffset: number;
  state: 'open' | 'commit' | 'abort';
}

/** How plain records get into the topic. */
export type ProducePlain = (records: AsyncIterable<Sent>) => Promise<void>;

/** Writes a script into partition 0 of a topic and tells what every reader has to see. */
export class TransactionLog {
  private readonly entries: Entry[] = [];
  private readonly open = new Map<string, TransactionOfLog>();
  private readonly producers = new Map<string, TransactionalProducer>();
  private readonly bed: TestBed;
  private readonly topic: string;
  private readonly transactions: Pick<Transactions, 'producer'>;
  private readonly producePlain: ProducePlain;

  constructor(bed: TestBed, topic: string, transactions: Pick<Transactions, 'producer'>, producePlain: ProducePlain) {
    this.bed = bed;
    this.topic = topic;
    this.transactions = transactions;
    this.producePlain = producePlain;
  }

  /** The offset behind the last record or marker. */
  get endOffset(): number {
    return this.entries.length;
  }

  /** The first offset of the oldest open transaction, or the end. */
  get lastStableOffset(): number {
    return Math.min(this.endOffset, ...[...this.open.values()].map(({ firstOffset }) => firstOffset));
  }

  async write(script: Script): Promise<void> {
    for (const step of script) {
      const [name = '', what = ''] = step.split(' ');
      if (what === 'commit' || what === 'abort') await this.end(name, what);
      else await this.send(name, Number(what));
      await this.bed.untilEndOffset(this.topic, 0, this.endOffset);
    }
  }

  /** What a reader sees that begins at an offset. */
  visible(isolation: Isolation, fromOffset: number): Seen[] {
    const end = isolation === 'read_committed' ? this.lastStableOffset : this.endOffset;
    return this.entries
      .map((entry, offset) => ({ ...entry, offset }))
      .filter(({ offset, value }) => offset >= fromOffset && offset < end && value !== null)
      .filter(({ transaction }) => isolation === 'read_uncommitted' || transaction?.state !== 'abort')
      .map(({ offset, value }) => ({ offset, value }));
  }

  async close(): Promise<void> {
    await Promise.all([...this.producers.values()].map((producer) => producer.close()));
  }

  private async send(name: string, count: number): Promise<void> {
    const records = Array.from({ length: count }, (_, at) => ({ key: 'key', value: `${name}-${this.endOffset + at}` }));
    const transaction = name === '-' ? undefined : await this.transactionOf(name);
    if (transaction === undefined) await this.producePlain(streamOf(records));
    else await this.producers.get(name)?.send(this.topic, records);
    this.entries.push(...records.map(({ value }) => ({ value, transaction })));
  }

  private async transactionOf(name: string): Promise<TransactionOfLog> {
    const open = this.open.get(name);
    if (open !== undefined) return open;
    const producer = this.producers.get(name) ?? await this.transactions.producer(`${this.topic}-${name}`);
    this.producers.set(name, producer);
    await producer.begin();
    const begun: TransactionOfLog = { firstOffset: this.endOffset, state: 'open' };
    this.open.set(name, begun);
    return begun;
  }

  private async end(name: string, how: 'commit' | 'abort'): Promise<void> {
    const transaction = this.open.get(name);
    const producer = this.producers.get(name);
    if (transaction === undefined || producer === undefined) throw new Error(`the script ends ${name}: it is not open`);
    await (how === 'commit' ? producer.commit() : producer.abort());
    transaction.state = how;
    this.open.delete(name);
    this.entries.push({ value: null, transaction });
  }
}
