/** The reference transaction: init, begin, two sends, sendOffsets, commit or abort, and the transaction after it. */
import { PROCESSORS } from '../../invariants/transactional-offsets.ts';
import { demand } from '../../invariants/violation.ts';
import type { Plan } from '../../swarm.ts';
import { Operating } from '../../workload/operating.ts';
import type { FinalStep } from '../../workload/run-workload.ts';
import { SimClient } from '../../workload/sim-client.ts';
import { FinalReading } from '../../workload/transactional/final-reading.ts';
import { TransactionBooks } from '../../workload/transactional/transaction-books.ts';
import { TransactionSession, type Ending } from '../../workload/transactional/transaction-session.ts';
import type { Reference, ReferenceScript, ReferenceWorld } from '../reference.ts';
import { calmPlan } from './calm-plan.ts';

const TOPIC = 'data';

/** The reference for a `transaction.version`. */
export function transactionReference(version: 1 | 2): Reference {
  const topics = [{ name: TOPIC, partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 }];
  const plan = calmPlan(topics, version);
  return {
    name: version === 2 ? 'txn' : 'txn1',
    what: `a transaction of version ${version} over two partitions and an offset, and the one after it`,
    variants: ['commit', 'abort'],
    plan,
    latecomers: 0,
    initialConfigs: { 'offsets.topic.num.partitions': '1', 'transaction.state.log.num.partitions': '1' },
    label: (topic, partition) => LABELS[`${topic}-${partition}`] ?? `${topic}-${partition}`,
    isPart: (_kind, name) => !/^(?:controllers|alter-partition|Fetch|Metadata|ApiVersions)/u.test(name),
    write: (world, variant) => new TransactionScript(world, variant === 'abort' ? 'abort' : 'commit', version),
  };
}

const LABELS: Readonly<Record<string, string>> = {
  'data-0': 'A', 'data-1': 'B', '__transaction_state-0': 'coordinator', '__consumer_offsets-0': 'offsets',
};

class TransactionScript implements ReferenceScript {
  private readonly world: ReferenceWorld;
  private readonly outcome: 'commit' | 'abort';
  private readonly version: 1 | 2;
  private readonly operator: Operating;
  private readonly books: TransactionBooks;
  private readonly reading: FinalReading;
  private session: TransactionSession | undefined;
  private sessionCount = 0;
  private step = 'the first transaction';
  /** The offset that was committed last, as the client was told; and the one that was tried last. */
  private offset = 0;
  private isDone = false;

  constructor(world: ReferenceWorld, outcome: 'commit' | 'abort', version: 1 | 2) {
    const { clients, plan, watch } = world;
    this.world = world;
    this.outcome = outcome;
    this.version = version;
    this.operator = new Operating(clients, plan);
    this.books = new TransactionBooks(watch);
    this.reading = new FinalReading(clients, plan.workload, this.books);
  }

  /** A transaction of another id makes the topics that the cluster keeps for itself, and opens connections. */
  prepare(done: () => void): void {
    this.operator.makeTopics(() => this.operator.setFeature('transaction.version', this.version, () => {
      const session = this.makeSession('warm-up', 'warm-up');
      this.play(session, 'commit', () => {}, () => {
        session.close();
        done();
      });
    }));
  }

  start(): void {
    this.session = this.makeSession('writer-0', ID);
    this.play(this.session, this.outcome, () => {}, () => this.playNext());
  }

  unfinished(): string | undefined {
    return this.isDone ? undefined : `${this.step} has not ended`;
  }

  finalSteps(): readonly FinalStep[] {
    return [
      {
        what: 'both readers get everything',
        begin: () => this.reading.begin([TOPIC]),
        missing: () => this.reading.missing(),
      },
      { what: 'the history is judged', begin: () => this.judge(), missing: () => undefined },
    ];
  }

  /** The next transaction: with the same producer, or where that one is of no more use, with one that takes over. */
  private playNext(): void {
    this.step = 'the next transaction';
    if (this.session === undefined || this.session.isOver) {
      this.sessionCount += 1;
      this.session = this.makeSession(`writer-${this.sessionCount}`, ID);
    }
    this.play(this.session, 'commit', () => this.world.onGoneOn(), (ending) => {
      if (ending === 'committed') this.isDone = true;
      else this.playNext();
    });
  }

  private play(
    session: TransactionSession, outcome: 'commit' | 'abort', onBegun: () => void, done: (ending: Ending) => void,
  ): void {
    session.begin(() => {
      if (session.isOver) return done('over');
      session.send(TOPIC, 0, 'one');
      // What is held up arrives when the coordinator, too, knows that the next transaction is open.
      this.operator.client.host.after(GAP_MS, () => {
        onBegun();
        session.send(TOPIC, 1, 'two');
        const offset = { topic: TOPIC, partition: 0, offset: this.offset + 1, leaderEpoch: -1 };
        const group = { groupId: PROCESSORS, generation: -1, memberId: '', groupInstanceId: null };
        session.sendOffsets([offset], group, () => session.end(outcome, (ending) => {
          if (ending === 'committed') this.offset += 1;
          done(ending);
        }));
      });
    });
  }

  private judge(): void {
    this.reading.judge();
    // A commit whose answer was lost for good is made again: then the group is one further than its client knows.
    const committed = this.world.watch.transactions.offsets.committedOf(PROCESSORS, TOPIC, 0);
    demand(committed === this.offset, 'T9', () => `the group is at ${committed}, its client left it at ${this.offset}`);
  }

  private makeSession(name: string, transactionalId: string): TransactionSession {
    const { clients, plan } = this.world;
    const client = new SimClient(name, clients);
    client.cluster.track(TOPIC);
    const transactions = plan.transactions as NonNullable<Plan['transactions']>;
    const { books } = this;
    return new TransactionSession(client, { name, transactionalId, workload: plan.workload, transactions, books });
  }
}

const ID = 'reference';
const GAP_MS = 20;
