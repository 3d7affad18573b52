/** All transactional clients of a run, those whose place was taken among them, and readers of what they write. */
import type { AnomalyName, History, Isolation } from '@hapax/history';
import type { Host } from '@hapax/testkit';
import type { ClusterWatch } from '../../cluster-watch.ts';
import type { Plan } from '../../swarm.ts';
import { PROCESSORS } from '../../invariants/transactional-offsets.ts';
import { Consuming } from '../consuming.ts';
import { Operating } from '../operating.ts';
import { Producing } from '../producing.ts';
import type { FinalStep, RunWorkload, TransactionFigures } from '../run-workload.ts';
import type { ClientWorld, SimClient } from '../sim-client.ts';
import { FinalReading } from './final-reading.ts';
import { Processing } from './processing.ts';
import { TransactionBooks } from './transaction-books.ts';
import { INPUT_TOPIC, type TransactionPlan } from './transaction-plan.ts';
import type { SessionOptions } from './transaction-session.ts';
import { TransactionalWriting } from './transactional-writing.ts';

/** A process with a transactional id. */
interface TransactionalProcess {
  readonly client: SimClient;
  readonly isAtRest: boolean;
  readonly session: { readonly isOver: boolean };
  start(): void;
  stop(): void;
  close(): void;
}

/** Starts, disturbs, watches and stops the clients. */
export class TransactionalWorkload implements RunWorkload {
  private readonly operator: Operating;
  private readonly world: ClientWorld;
  private readonly plan: Plan;
  private readonly transactions: TransactionPlan;
  private readonly books: TransactionBooks;
  private readonly producers: Producing[] = [];
  private readonly readers: Consuming[] = [];
  /** By slot: who works there now. */
  private readonly current = new Map<string, TransactionalProcess>();
  /** Those whose place was taken while they slept. */
  private readonly zombies = new Set<TransactionalProcess>();
  private readonly final: FinalReading;
  private readonly underFaults = { states: {} as Record<string, number>, committed: 0, aborted: 0 };
  private allowedAnomalies: Readonly<Record<string, number>> = {};
  private processCount = 0;
  private isStopped = false;

  constructor(world: ClientWorld, plan: Plan, transactions: TransactionPlan, watch: ClusterWatch) {
    this.world = world;
    this.plan = plan;
    this.transactions = transactions;
    this.books = new TransactionBooks(watch);
    this.operator = new Operating(world, plan);
    this.final = new FinalReading(world, plan.workload, this.books);
  }

  get consumedCount(): number {
    return this.books.consumedCount;
  }

  prepare(done: () => void): void {
    const setVersion = (): void => this.operator.setFeature(FEATURE, this.transactions.version, done);
    this.operator.makeTopics(setVersion);
  }

  start(): void {
    const { workload } = this.plan;
    const inputs = { ...workload, topics: workload.topics.filter(({ name }) => name === INPUT_TOPIC) };
    for (let index = 0; index < workload.producers; index++) {
      const producing = new Producing(`producer${index}`, this.world, inputs, this.books);
      this.producers.push(producing);
      producing.start();
    }
    for (let slot = 0; slot < this.transactions.writers; slot++) this.fill(`writer-${slot}`);
    for (let slot = 0; slot < this.transactions.processors; slot++) this.fill(`processor-${slot}`);
    this.read('read-committed');
    this.read('read-uncommitted');
    if (workload.hasOperations) this.operator.start();
    if (this.transactions.isUpgraded) {
      this.world.time.after(this.plan.faultsMs / 2, () => this.operator.setFeature(FEATURE, 2, () => {}));
    }
  }

  hosts(): readonly Host[] {
    const clients = [...this.producers, ...this.readers, ...this.current.values(), ...this.zombies];
    return clients.map(({ client }) => client.host);
  }

  onHealed(): void {
    const { clients, coordinators } = this.books.watch.transactions;
    if (this.plan.faults.length === 0) return;
    this.underFaults.states = Object.fromEntries(coordinators.reached);
    this.underFaults.committed = clients.committedCount;
    this.underFaults.aborted = clients.abortedCount;
  }

  stop(): void {
    this.isStopped = true;
    this.operator.stop();
    for (const producer of this.producers) producer.stop();
    for (const process of [...this.current.values(), ...this.zombies]) {
      process.client.host.resume();
      process.stop();
    }
  }

  unfinished(): string | undefined {
    const outstanding = this.producers.reduce((sum, producer) => sum + producer.outstanding, 0);
    if (outstanding > 0) return `${outstanding} records have no outcome`;
    for (const process of [...this.current.values(), ...this.zombies]) {
      if (!process.isAtRest) return `${process.client.host.name} is in a transaction`;
    }
    return this.unprocessed();
  }

  finalSteps(): readonly FinalStep[] {
    return [{
      what: 'everything is read again',
      begin: () => this.final.begin(this.plan.workload.topics.map(({ name }) => name)),
      missing: () => {
        const missing = this.final.missing();
        if (missing === undefined) this.allowedAnomalies = countsOf(this.final.judge());
        return missing;
      },
    }];
  }

  clientHistory(): History {
    return this.books.history.history();
  }

  transactionFigures(): TransactionFigures {
    const { clients, offsets } = this.books.watch.transactions;
    return {
      version: this.transactions.version,
      committed: clients.committedCount,
      aborted: clients.abortedCount,
      unknown: this.books.unknownCount,
      fenced: this.books.fencedCount,
      statesUnderFaults: this.underFaults.states,
      committedUnderFaults: this.underFaults.committed,
      abortedUnderFaults: this.underFaults.aborted,
      delayedEnds: clients.delayedEndCount,
      offsetsApplied: offsets.appliedCount,
      allowedAnomalies: this.allowedAnomalies,
    };
  }

  /** T8: the group has committed every input. */
  private unprocessed(): string | undefined {
    const { inSync, transactions } = this.books.watch;
    for (const { topicId, topic, partition } of inSync.partitions()) {
      if (topic !== INPUT_TOPIC) continue;
      const end = inSync.committed(topicId, partition)?.endOffset ?? 0;
      const done = transactions.offsets.committedOf(PROCESSORS, topic, partition);
      if (done < end) return `T8: processors have committed ${done} of ${end} in ${topic}-${partition}`;
    }
    return undefined;
  }

  /** A process for a slot, and after a while another one. */
  private fill(slot: string): void {
    // Writers may take an id that nobody uses again: what is open is left to its timeout, and the id expires.
    const isSingleUse = slot.startsWith('writer') && this.world.random.nextInt(10) < SINGLE_USE_OF_TEN;
    const process = this.makeProcess(isSingleUse ? `${slot}-once-${this.processCount}` : slot);
    this.current.set(slot, process);
    if (this.isStopped) process.stop();
    process.start();
    const isWriter = process instanceof TransactionalWriting;
    const meanLifeMs = isWriter ? this.transactions.writerLifeMs : this.transactions.processorLifeMs;
    this.replaceAfter(slot, process, process.client.drawMs(meanLifeMs));
    this.watchOver(slot, process);
  }

  private makeProcess(transactionalId: string): TransactionalProcess {
    const name = `${transactionalId}.${this.processCount++}`;
    const { workload } = this.plan;
    const options: SessionOptions = {
      name, transactionalId, workload, transactions: this.transactions, books: this.books,
    };
    const process = transactionalId.startsWith('writer')
      ? new TransactionalWriting(this.world, options)
      : new Processing(this.world, options);
    if (process.client.random.nextInt(10) < this.transactions.cappedOfTen) process.client.capFeature(FEATURE, 1);
    return process;
  }

  private replaceAfter(slot: string, process: TransactionalProcess, delayMs: number): void {
    this.world.time.after(delayMs, () => {
      if (this.isStopped || this.current.get(slot) !== process) return;
      const { client } = process;
      switch (client.random.nextInt(4)) {
        case 0:
          process.close();
          break;
        case 1:
          client.kill(client.random.nextInt(2) === 0);
          break;
        default: {
          // It sleeps, its place is taken, and it wakes up in the belief that nothing has happened.
          client.host.pause();
          this.zombies.add(process);
          this.world.time.after(client.drawMs(this.transactions.meanZombieMs), () => client.host.resume());
        }
      }
      this.fill(slot);
    });
  }

  /** A process whose producer is over makes room for another one, and a member that only sleeps lets others work. */
  private watchOver(slot: string, process: TransactionalProcess): void {
    this.world.time.after(LOOK_EVERY_MS, () => {
      const isCurrent = this.current.get(slot) === process;
      if (!isCurrent && !this.zombies.has(process)) return;
      if (!process.session.isOver) return this.watchOver(slot, process);
      process.close();
      // Inputs are to be processed to their end; writers have no end.
      const isNeeded = !this.isStopped || process instanceof Processing;
      if (isCurrent && isNeeded) this.fill(slot);
    });
  }

  private read(isolation: Isolation): void {
    const isolationLevel = isolation === 'read-committed' ? 'read_committed' : 'read_uncommitted';
    const settings = { groupId: null, isolationLevel, autoCommitIntervalMs: null } as const;
    const name = `reader-${isolation}`;
    const reader = new Consuming(name, this.world, this.plan.workload, settings, {
      onConsumed: (topic, partition, records) => {
        const read = this.books.onRead(isolation, topic, partition, records);
        this.books.history.poll(name, isolation, `${topic}-${partition}`, read);
      },
      onProcessed() {},
    });
    this.readers.push(reader);
    reader.assign(this.plan.workload.topics.flatMap(({ name: topic, partitions }) =>
      Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))));
  }
}

const FEATURE = 'transaction.version';
const LOOK_EVERY_MS = 200;
const SINGLE_USE_OF_TEN = 3;

function countsOf(counts: ReadonlyMap<AnomalyName, number>): Record<string, number> {
  return Object.fromEntries(counts);
}
