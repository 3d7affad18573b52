/** One seed: a cluster with its clients is started, disturbed, healed and judged, all in virtual time. */
import { listenToExploration, SeededRandom, type Random } from '@hapax/base';
import type { FaultSchedule } from '@hapax/faults';
import type { History } from '@hapax/history';
import { SimNetwork, VirtualTime } from '@hapax/testkit';
import { brokerOptions } from './cluster-options.ts';
import { ClusterWatch } from './cluster-watch.ts';
import { checksOf, tableWith, type Extension } from './extension.ts';
import { nextEvent, runUntil } from './event-loop.ts';
import { ReachedConditions } from './exploration/reached.ts';
import { drawSchedule } from './faults/draw-schedule.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { CoreProgress } from './invariants/core-progress.ts';
import { unsettled, checkSettled } from './invariants/settled.ts';
import { demand, takeViolation, Violation } from './invariants/violation.ts';
import type { RunRecorder } from './report/run-recorder.ts';
import { seededCompression } from './sim-compression.ts';
import { SimNode } from './sim-node.ts';
import type { Plan } from './swarm.ts';
import { Trace, type OnMixed } from './trace.ts';
import type { ClientWorld } from './workload/sim-client.ts';
import type { RunWorkload, TransactionFigures } from './workload/run-workload.ts';
import { OddWorkload } from './workload/odd/odd-workload.ts';
import { QuorumWorkload } from './workload/quorum/quorum-workload.ts';
import { TransactionalWorkload } from './workload/transactional/transactional-workload.ts';
import { Workload } from './workload/workload.ts';

/** What a run came to. */
export interface SimulationResult {
  readonly seed: number;
  readonly traceHash: string;
  readonly simulatedMs: number;
  /** When faults began; null where it did not come to that. */
  readonly faultsBeganMs: number | null;
  readonly events: number;
  readonly acked: number;
  readonly committedBatches: number;
  readonly consumed: number;
  /** By kind, how many were injected. */
  readonly faults: Readonly<Record<string, number>>;
  /** By kind, how many of them had an effect. */
  readonly effectiveFaults: Readonly<Record<string, number>>;
  /** Null where there were no transactions. */
  readonly transactions: TransactionFigures | null;
  /** By name, how often the run came across the conditions that the code names. */
  readonly reached: Readonly<Record<string, number>>;
  readonly violation: Violation | undefined;
  /** The last lines before a violation. */
  readonly tail: readonly string[];
}

const CHECK_EVERY_MS = 200;
const FORM_WITHIN_MS = 20_000;
const CORE_QUIET_MS = 500;
const CORE_WITHIN_MS = 60_000;
const SETTLE_WITHIN_MS = 90_000;
const QUIET_MS = 3000;
const TAIL_LINES = 80;

/** How a run is watched, and what it does if not what its plan says. */
export interface SimulationOptions {
  /** The faults, instead of those that the plan draws. */
  readonly schedule?: FaultSchedule | undefined;
  /** Hears every line of the trace. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Hears at the end what clients did and saw. */
  readonly onHistory?: ((history: History) => void) | undefined;
  /** Hears all that goes into the hash of the trace. */
  readonly onMixed?: OnMixed | undefined;
  /** Records the run; changes nothing of it. */
  readonly recorder?: RunRecorder | undefined;
  /** What a file of the user's own adds; its plan is part of the plan already. */
  readonly extension?: Extension | undefined;
  /** Clients that follow a script. */
  readonly makeWorkload?: ((world: ClientWorld, plan: Plan, watch: ClusterWatch) => RunWorkload) | undefined;
}

/** Runs one plan from beginning to end. */
export class Simulation {
  private readonly plan: Plan;
  private readonly options: SimulationOptions;
  private readonly random: Random;
  private readonly time = new VirtualTime();
  private readonly trace: Trace;
  private readonly network: SimNetwork;
  private readonly watch: ClusterWatch;
  private readonly faults: FaultInjector;
  private readonly workload: RunWorkload;
  private readonly checkExtra: ReturnType<typeof checksOf>;
  private nextCheckMs = 0;
  private faultsBeganMs: number | null = null;

  constructor(plan: Plan, options: SimulationOptions = {}) {
    this.plan = plan;
    this.options = options;
    this.random = new SeededRandom(plan.seed).fork('run');
    const { recorder } = options;
    this.trace = new Trace(() => this.time.nowMs, TAIL_LINES, lineListener(options), options.onMixed);
    const networkRandom = this.random.fork('network');
    this.network = recorder?.network(this.time, networkRandom, plan.weather) ??
      new SimNetwork(this.time, networkRandom, plan.weather);
    this.watch = new ClusterWatch(this.trace, seededCompression, plan, () => this.time.nowMs);
    for (let id = 0; id < plan.shape.nodes; id++) this.watch.nodes.push(this.makeNode(id));
    const clients = {
      time: this.time,
      network: this.network,
      random: this.random.fork('clients'),
      compression: seededCompression,
      nodes: plan.shape.nodes,
      requestTimeoutMs: plan.workload.requestTimeoutMs,
      logger: (name: string) => this.trace.logger(name),
    };
    const { extension = {} } = options;
    this.checkExtra = checksOf(extension);
    this.workload = (options.makeWorkload ?? extension.workload ?? makeWorkload)(clients, plan, this.watch);
    const table = tableWith(extension);
    this.faults = new FaultInjector({
      time: this.time,
      network: this.network,
      random: this.random.fork('faults'),
      plan,
      trace: this.trace,
      watch: this.watch,
      clients,
      clientHosts: () => this.workload.hosts(),
      onFault: (step, nodes) => recorder?.onFault(step, nodes),
    }, options.schedule ?? drawSchedule(plan, table), table);
    recorder?.begin(this.time, this.watch, this.network);
  }

  /** Runs it. Never throws: what went wrong is in the result. */
  run(): SimulationResult {
    let violation: Violation | undefined;
    const reached = new ReachedConditions();
    const before = listenToExploration(reached);
    takeViolation();
    try {
      this.phases();
    } catch (error) {
      const broken = (): Violation => new Violation('assertion', String((error as Error).message), error);
      violation = error instanceof Violation ? error : broken();
    } finally {
      listenToExploration(before);
    }
    this.options.onHistory?.(this.workload.clientHistory());
    return {
      seed: this.plan.seed,
      traceHash: this.trace.hash,
      simulatedMs: this.time.nowMs,
      faultsBeganMs: this.faultsBeganMs,
      events: this.time.eventCount,
      acked: this.watch.producers.ackedCount,
      committedBatches: this.watch.inSync.committedBatches,
      consumed: this.workload.consumedCount,
      faults: Object.fromEntries(this.faults.counts),
      effectiveFaults: Object.fromEntries(this.faults.effective),
      transactions: this.workload.transactionFigures(),
      reached: reached.toRecord(),
      violation,
      tail: violation === undefined ? [] : this.trace.tail(),
    };
  }

  private phases(): void {
    for (const node of this.watch.nodes) this.time.after(this.random.nextInt(200), () => node.start());
    this.runUntil(FORM_WITHIN_MS, 'the cluster forms', () => this.unready());
    let isMade = false;
    this.workload.prepare(() => (isMade = true));
    this.runUntil(FORM_WITHIN_MS, 'topics are made', () => (isMade ? undefined : 'the operator has no answer'));
    this.workload.start();
    this.faultsBeganMs = this.time.nowMs;
    this.options.recorder?.onPhase('faults begin');
    this.faults.start();
    this.runFor(this.plan.faultsMs);
    this.demandCoreProgress();
    this.workload.onHealed();
    this.options.recorder?.onPhase('all is healed');
    this.faults.heal();
    this.runFor(QUIET_MS);
    this.options.recorder?.onPhase('clients stop');
    this.workload.stop();
    this.runUntil(SETTLE_WITHIN_MS, 'the cluster comes to rest', () => this.unready() ?? this.unfinished());
    checkSettled(this.watch);
    this.checkExtra(this.watch, true);
    for (const step of this.workload.finalSteps()) {
      step.begin();
      this.runUntil(SETTLE_WITHIN_MS, step.what, () => step.missing());
    }
  }

  /** First only a majority is well again: what it can do alone must not wait for the others. */
  private demandCoreProgress(): void {
    const { core } = this.plan;
    if (core === null || this.faults.needsEverybody) return;
    this.options.recorder?.onPhase('a core is healed');
    const nodes = this.faults.healCore(core);
    // What was on its way is of the time before: only what is committed after that counts.
    this.runFor(CORE_QUIET_MS);
    const progress = new CoreProgress(this.watch, nodes);
    const what = `nodes [${core.nodes.join(', ')}] go on alone`;
    this.runUntil(CORE_WITHIN_MS, what, () => progress.missing());
  }

  private makeNode(id: number): SimNode {
    const { plan, time, network } = this;
    const random = this.random.fork(`node-${id}`);
    const syncRandom = random.fork('sync');
    const node: SimNode = new SimNode({
      time,
      network,
      random,
      compression: seededCompression,
      options: brokerOptions(id, plan.shape),
      logger: this.trace.logger(`node-${id}`),
      observer: this.watch,
      disorder: plan.quorum?.disorder ?? undefined,
      syncDelayMs: () => (0.05 - Math.log(1 - syncRandom.nextFloat()) * plan.meanSyncMs) * this.faults.slowness(node),
      onFailStop: (stopped, reason) => this.onFailStop(stopped, reason),
    });
    return node;
  }

  private onFailStop(node: SimNode, reason: string): void {
    this.trace.note(node.host.name, { reason }, 'fail-stop');
    demand(this.faults.mayFailStop(node), 'fail-stop', () => `node ${node.id} stopped itself: ${reason}`);
    // What a failed sync has not written is gone for good: the machine is taken down. [Rebello et al., ATC 2020]
    node.crash({ powerLoss: this.plan.shape.flush === 'fsync' && this.faults.losesPower(node) });
    this.faults.restartLater(node);
  }

  private runFor(durationMs: number): void {
    const untilMs = this.time.nowMs + durationMs;
    while (this.step(untilMs));
  }

  private runUntil(withinMs: number, what: string, missing: () => string | undefined): void {
    const step = (untilMs: number): boolean => this.step(untilMs);
    runUntil(this.time, { what, withinMs, lookEveryMs: LOOK_EVERY_MS, step }, missing);
  }

  private step(untilMs: number): boolean {
    const happened = nextEvent(this.time, untilMs);
    this.trace.endEvent(this.time.nowMs);
    this.options.recorder?.onEvent();
    if (this.time.nowMs >= this.nextCheckMs) {
      this.nextCheckMs = this.time.nowMs + CHECK_EVERY_MS;
      this.watch.checkNow();
      this.faults.checkNow();
      this.checkExtra(this.watch, false);
    }
    return happened;
  }

  private unready(): string | undefined {
    const waiting = this.watch.nodes.filter((node) => node.broker?.isReady !== true && this.watch.isMember(node.id));
    return waiting.length === 0 ? undefined : `R13: nodes [${waiting.map(({ id }) => id).join(', ')}] are not ready`;
  }

  /** A transaction that does not end keeps clients and readers waiting: it is named where it is all that is amiss. */
  private unfinished(): string | undefined {
    return unsettled(this.watch) ?? this.workload.unfinished();
  }
}

function makeWorkload(world: ClientWorld, plan: Plan, watch: ClusterWatch): RunWorkload {
  if (plan.quorum !== null) return new QuorumWorkload(world, plan, plan.quorum, watch);
  if (plan.odd !== null) return new OddWorkload(world, plan, plan.odd, watch);
  if (plan.transactions === null) return new Workload(world, plan, watch);
  return new TransactionalWorkload(world, plan, plan.transactions, watch);
}

/** Lines are put into words only where somebody hears them. */
function lineListener({ onLine, recorder }: SimulationOptions): ((line: string) => void) | undefined {
  if (recorder === undefined) return onLine;
  return (line) => {
    recorder.onLine(line);
    onLine?.(line);
  };
}

const LOOK_EVERY_MS = 50;
