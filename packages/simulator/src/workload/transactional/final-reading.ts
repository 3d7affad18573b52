/** At rest, everything is read once more at both isolation levels, and the whole history is judged. */
import {
  checkExactlyOnce, checkHistory, type AnomalyName, type Input, type Isolation, type Output,
} from '@hapax/history';
import { demand } from '../../invariants/violation.ts';
import { PROCESSORS } from '../../invariants/transactional-offsets.ts';
import type { WorkloadPlan } from '../../swarm.ts';
import { Consuming } from '../consuming.ts';
import type { ClientWorld } from '../sim-client.ts';
import { transformed } from './processing.ts';
import type { TransactionBooks } from './transaction-books.ts';
import { INPUT_TOPIC, OUTPUT_TOPICS } from './transaction-plan.ts';

/** What the reader of one isolation level has got, by partition and offset. */
type Seen = Map<string, Map<number, string>>;

/** Two readers of everything, and the verdict. */
export class FinalReading {
  private readonly world: ClientWorld;
  private readonly plan: WorkloadPlan;
  private readonly books: TransactionBooks;
  private readonly seen: Readonly<Record<Isolation, Seen>> = {
    'read-committed': new Map(), 'read-uncommitted': new Map(),
  };
  private topics: readonly string[] = [];

  constructor(world: ClientWorld, plan: WorkloadPlan, books: TransactionBooks) {
    this.world = world;
    this.plan = plan;
    this.books = books;
  }

  begin(topics: readonly string[]): void {
    this.topics = topics;
    this.read('read-committed');
    this.read('read-uncommitted');
  }

  /** A record that a reader has not got, though it is to be seen at its isolation level. */
  missing(): string | undefined {
    const { inSync, transactions } = this.books.watch;
    for (const { topicId, topic, partition } of this.partitions()) {
      const name = `${topic}-${partition}`;
      for (const { values } of inSync.committed(topicId, partition)?.batches ?? []) {
        for (const offset of values.keys()) {
          if (this.seen['read-uncommitted'].get(name)?.has(offset) !== true) return `${name}@${offset} is not read`;
          if (!transactions.isVisible(name, offset)) continue;
          if (this.seen['read-committed'].get(name)?.has(offset) !== true) return `${name}@${offset} is not seen`;
        }
      }
    }
    return undefined;
  }

  /** T8 and the history as a whole. Gives how often anomalies were found that are no fault. */
  judge(): ReadonlyMap<AnomalyName, number> {
    const processing = checkExactlyOnce({
      inputs: this.inputs(),
      outputs: this.outputs(),
      expected: ({ value }) => new Map(OUTPUT_TOPICS.map((topic) => [topic, transformed(topic, value)])),
      positions: this.positions(),
    });
    const { lost, duplicated, torn, wrong, ahead } = processing;
    const faults = Object.entries({ lost, duplicated, torn, wrong, ahead }).filter(([, cases]) => cases.length > 0);
    demand(processing.isValid, 'T8', () =>
      faults.map(([name, cases]) => `${cases.length} ${name}: ${cases[0]}`).join('; '));
    const verdict = checkHistory(this.books.history.history(), { usesSubscribe: true, hasFinalReads: true });
    const [first] = verdict.faults;
    const isHit = this.books.watch.transactions.clients.delayedEndCount > 0;
    demand(first === undefined || isHit, 'history', () =>
      `${verdict.faults.length} faults; ${first?.anomaly}: ${first?.message}`);
    return verdict.counts;
  }

  private inputs(): Input[] {
    const { inSync } = this.books.watch;
    return this.partitions().filter(({ topic }) => topic === INPUT_TOPIC).flatMap(({ topicId, topic, partition }) => {
      const batches = inSync.committed(topicId, partition)?.batches ?? [];
      const values = batches.flatMap((batch) => [...batch.values]);
      return values.map(([offset, value]) => ({ partition: `${topic}-${partition}`, offset, value }));
    });
  }

  /** Values are `process:number:transaction:partition@offset:f(input):padding`. */
  private outputs(): Output[] {
    return this.partitions().filter(({ topic }) => OUTPUT_TOPICS.includes(topic)).flatMap(({ topic, partition }) => {
      const values = [...(this.seen['read-committed'].get(`${topic}-${partition}`)?.values() ?? [])];
      return values.map((text) => {
        const [, , , from = '', ...rest] = text.split(':');
        const [input = '', offset = ''] = from.split('@');
        const value = rest.slice(0, 2).join(':');
        return { topic, partition: `${INPUT_TOPIC}-${input}`, offset: Number(offset), value };
      });
    });
  }

  private positions(): Map<string, number> {
    const { offsets } = this.books.watch.transactions;
    const inputs = this.partitions().filter(({ topic }) => topic === INPUT_TOPIC);
    return new Map(inputs.map(({ topic, partition }) =>
      [`${topic}-${partition}`, offsets.committedOf(PROCESSORS, topic, partition)]));
  }

  private read(isolation: Isolation): void {
    const isolationLevel = isolation === 'read-committed' ? 'read_committed' : 'read_uncommitted';
    const settings = { groupId: null, isolationLevel, autoCommitIntervalMs: null } as const;
    const name = `final-${isolation}`;
    const reader = new Consuming(name, this.world, this.plan, settings, {
      onConsumed: (topic, partition, records) => {
        const where = `${topic}-${partition}`;
        this.books.history.poll(name, isolation, where, this.books.onRead(isolation, topic, partition, records));
        const seen = this.seen[isolation].get(where) ?? new Map<number, string>();
        this.seen[isolation].set(where, seen);
        for (const { offset, value } of records) seen.set(offset, value);
      },
      onProcessed() {},
    });
    reader.assign(this.partitions().map(({ topic, partition }) => ({ topic, partition })));
  }

  private partitions() {
    return this.books.watch.inSync.partitions().filter(({ topic }) => this.topics.includes(topic));
  }
}
