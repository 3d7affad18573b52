/** One run of a reference scenario, with no fault or a few: played, healed and judged, in virtual time. */
import { SeededRandom } from '@hapax/base';
import { VirtualTime } from '@hapax/testkit';
import { brokerOptions } from '../cluster-options.ts';
import { ClusterWatch } from '../cluster-watch.ts';
import { nextEvent, runUntil } from '../event-loop.ts';
import { unsettled, checkSettled } from '../invariants/settled.ts';
import { demand, takeViolation, Violation } from '../invariants/violation.ts';
import { seededCompression } from '../sim-compression.ts';
import { SimNode } from '../sim-node.ts';
import { Trace } from '../trace.ts';
import { ClusterRoles } from './cluster-roles.ts';
import { EffectNames } from './effect-names.ts';
import type { CrashPoint, FaultPoint, RecordedPoint } from './fault-point.ts';
import { FaultTap } from './fault-tap.ts';
import { MessageNames } from './message-names.ts';
import type { Reference, ReferenceScript } from './reference.ts';
import { TappedNetwork } from './tapped-network.ts';

/** What is played. */
export interface ExhaustOrder {
  readonly reference: Reference;
  readonly variant: string;
  readonly faults: readonly FaultPoint[];
  /** Hears every line of the trace. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** What it came to. */
export interface ExhaustResult {
  /** Everything that belonged to the story, in order. */
  readonly points: readonly RecordedPoint[];
  /** How many of the faults have struck. */
  readonly struck: number;
  readonly simulatedMs: number;
  readonly events: number;
  readonly traceHash: string;
  readonly violation: Violation | undefined;
  /** The last lines before a violation. */
  readonly tail: readonly string[];
}

/** Plays one order. */
export class ExhaustRun {
  private readonly order: ExhaustOrder;
  private readonly time = new VirtualTime();
  private readonly random: SeededRandom;
  private readonly trace: Trace;
  private readonly network: TappedNetwork;
  private readonly watch: ClusterWatch;
  private readonly tap: FaultTap;
  private readonly script: ReferenceScript;
  private nextCheckMs = 0;

  constructor(order: ExhaustOrder) {
    const { reference, variant, faults } = order;
    const { plan } = reference;
    this.order = order;
    this.random = new SeededRandom(plan.seed);
    this.trace = new Trace(() => this.time.nowMs, TAIL_LINES, order.onLine);
    this.network = new TappedNetwork(this.time, this.random.fork('network'), plan.weather);
    this.watch = new ClusterWatch(this.trace, seededCompression, plan, () => this.time.nowMs);
    const roles = new ClusterRoles(this.watch, reference.label);
    const effects = new EffectNames(roles, seededCompression);
    this.tap = new FaultTap({
      effects,
      messages: new MessageNames(roles, effects),
      faults,
      isPart: (kind, name) => reference.isPart(kind, name),
      crash: (node, fault) => this.crash(node, fault),
      note: (what, name) => this.trace.note('faults', { name }, what),
      soon: (callback) => this.time.after(0, callback),
    });
    this.network.tap = this.tap;
    const count = plan.shape.nodes + reference.latecomers;
    for (let id = 0; id < count; id++) this.watch.nodes.push(this.makeNode(id));
    const clients = {
      time: this.time,
      network: this.network,
      random: this.random.fork('clients'),
      compression: seededCompression,
      nodes: plan.shape.nodes,
      requestTimeoutMs: plan.workload.requestTimeoutMs,
      logger: (name: string) => this.trace.logger(name),
    };
    const world = { clients, plan, watch: this.watch, onGoneOn: () => this.tap.goOn() };
    this.script = reference.write(world, variant);
  }

  /** Runs it. Never throws: what went wrong is in the result. */
  run(): ExhaustResult {
    let violation: Violation | undefined;
    takeViolation();
    try {
      this.phases();
    } catch (error) {
      violation = error instanceof Violation
        ? error
        : new Violation('assertion', String((error as Error).message), error);
    }
    return {
      points: this.tap.points,
      struck: this.tap.struck.size,
      simulatedMs: this.time.nowMs,
      events: this.time.eventCount,
      traceHash: this.trace.hash,
      violation,
      tail: violation === undefined ? [] : this.trace.tail(),
    };
  }

  private phases(): void {
    const first = this.watch.nodes.slice(0, this.order.reference.plan.shape.nodes);
    for (const node of first) this.time.after(node.id, () => node.start());
    this.runUntil(FORM_WITHIN_MS, 'the cluster forms', () => unready(first));
    let isMade = false;
    this.script.prepare(() => (isMade = true));
    this.runUntil(FORM_WITHIN_MS, 'all is prepared', () => (isMade ? undefined : 'something is missing'));
    this.runUntil(FORM_WITHIN_MS, 'the cluster is calm', () => unsettled(this.watch));
    this.runFor(CALM_MS);
    this.tap.open();
    this.script.start();
    this.runUntil(STORY_WITHIN_MS, 'the story ends', () => this.script.unfinished());
    this.tap.close();
    const notAtRest = () => unready(this.watch.nodes) ?? unsettled(this.watch);
    this.runUntil(SETTLE_WITHIN_MS, 'the cluster comes to rest', notAtRest);
    checkSettled(this.watch);
    for (const step of this.script.finalSteps()) {
      step.begin();
      this.runUntil(SETTLE_WITHIN_MS, step.what, () => step.missing());
    }
    this.watch.checkNow();
  }

  private makeNode(id: number): SimNode {
    const { plan, initialConfigs } = this.order.reference;
    const options = brokerOptions(id, plan.shape);
    const { controller } = options;
    return new SimNode({
      time: this.time,
      network: this.network,
      random: this.random.fork(`node-${id}`),
      compression: seededCompression,
      options: {
        ...options,
        roles: id < plan.shape.nodes ? options.roles : ['broker'],
        controller: { ...controller, initialConfigs: { ...controller.initialConfigs, ...initialConfigs } },
      },
      logger: this.trace.logger(`node-${id}`),
      observer: this.watch,
      syncDelayMs: () => plan.meanSyncMs,
      tap: (node) => this.tap.portsOf(node),
      onFailStop: (stopped, reason) => {
        demand(false, 'fail-stop', () => `node ${stopped.id} stopped itself: ${reason}`);
      },
    });
  }

  private crash(node: SimNode, { death, comeback }: CrashPoint): void {
    const isSilent = death === 'power';
    node.crash({ powerLoss: isSilent });
    if (comeback === 'restart') return void this.time.after(RESTART_MS, () => this.restart(node));
    this.restartAfterFailover(node, this.time.nowMs + DOWN_MAX_MS);
  }

  /** A node that stays down comes back when others lead all that it led; where nobody can, after a while. */
  private restartAfterFailover(node: SimNode, untilMs: number): void {
    this.time.after(LOOK_EVERY_MS, () => {
      const isStillLeader = this.watch.inSync.partitions().some(({ leader }) => leader === node.id || leader === -1);
      if (isStillLeader && this.time.nowMs < untilMs) return this.restartAfterFailover(node, untilMs);
      this.time.after(DOWN_MORE_MS, () => this.restart(node));
    });
  }

  private restart(node: SimNode): void {
    this.trace.note('faults', { node: node.id }, 'restart');
    node.start();
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
    this.trace.mix(this.time.nowMs);
    if (this.time.nowMs >= this.nextCheckMs) {
      this.nextCheckMs = this.time.nowMs + CHECK_EVERY_MS;
      this.watch.checkNow();
    }
    return happened;
  }
}

function unready(nodes: readonly SimNode[]): string | undefined {
  const waiting = nodes.filter((node) => node.broker?.isReady !== true);
  return waiting.length === 0 ? undefined : `R13: nodes [${waiting.map(({ id }) => id).join(', ')}] are not ready`;
}

const CHECK_EVERY_MS = 200;
const LOOK_EVERY_MS = 20;
const FORM_WITHIN_MS = 20_000;
const CALM_MS = 200;
const STORY_WITHIN_MS = 60_000;
const SETTLE_WITHIN_MS = 60_000;
const RESTART_MS = 20;
const DOWN_MAX_MS = 5000;
const DOWN_MORE_MS = 100;
const TAIL_LINES = 80;
