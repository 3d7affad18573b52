/** What faults are done to, and what several kinds need: who has which role, and processes that start again. */
import type { Random } from '@hapax/base';
import { parseTarget, type EventTrigger, type FaultStep, type Target } from '@hapax/faults';
import type { DiskCrash, Host, SimNetwork, VirtualTime } from '@hapax/testkit';
import type { ClusterWatch } from '../cluster-watch.ts';
import type { SimNode } from '../sim-node.ts';
import type { Plan } from '../swarm.ts';
import type { Trace } from '../trace.ts';
import { SimClient, type ClientWorld } from '../workload/sim-client.ts';
import { BrokenDisks } from './broken-disks.ts';

/** What a run gives to its faults. */
export interface FaultTargets {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly watch: ClusterWatch;
  /** What a client of an operator needs. */
  readonly clients: ClientWorld;
  /** Hosts of clients that run now. */
  clientHosts(): readonly Host[];
  /** Hears of every fault as it is injected, with the nodes that it is meant for. */
  readonly onFault?: ((step: FaultStep, nodes: readonly SimNode[]) => void) | undefined;
}

/** How the nodes outside of a core are gone. */
export type OutOfCore = 'crash' | 'pause' | 'isolate';

/** A fault that is in force, and how it is taken back. */
interface Undo {
  readonly run: () => void;
}

/** The cluster as faults see it. */
export class FaultWorld {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly plan: Plan;
  readonly watch: ClusterWatch;
  readonly disks: BrokenDisks;
  /** The weather of the plan, without any fault. */
  readonly calmWeather: SimNetwork['weather'];
  /** Faults are over: what is arranged by one that was must not happen any more. */
  isOver = false;
  private readonly targets: FaultTargets;
  private readonly inForce = new Set<Undo>();
  private controllerLeader: SimNode | undefined;
  /** Nodes that do not come back before everything is healed. */
  private readonly goneFromCore = new Set<SimNode>();
  private ownOperator: SimClient | undefined;

  constructor(targets: FaultTargets) {
    this.targets = targets;
    this.time = targets.time;
    this.network = targets.network;
    this.plan = targets.plan;
    this.watch = targets.watch;
    this.disks = new BrokenDisks(targets.time, targets.watch);
    this.calmWeather = targets.network.weather;
    targets.watch.events.listen('raft-leader', (node) => (this.controllerLeader = node));
  }

  get nodes(): readonly SimNode[] {
    return this.targets.watch.nodes;
  }

  get isFsync(): boolean {
    return this.plan.shape.flush === 'fsync';
  }

  clientHosts(): readonly Host[] {
    return this.targets.clientHosts();
  }

  /** A client for what operators do at the worst moment. */
  operator(): SimClient {
    this.ownOperator ??= new SimClient('fault-operator', this.targets.clients);
    return this.ownOperator;
  }

  note(what: string, fields: Readonly<Record<string, unknown>>): void {
    this.targets.trace.note('faults', fields, what);
  }

  /** A fault is about to be injected. */
  tell(step: FaultStep, eventNode: SimNode | undefined): void {
    const { onFault } = this.targets;
    if (onFault !== undefined) onFault(step, this.resolve(step.target, eventNode));
  }

  /** Who is meant, now. Nobody where a role has nobody. */
  resolve(target: string, eventNode?: SimNode): readonly SimNode[] {
    const parsed = parseTarget(target);
    return typeof parsed === 'string' ? [] : this.nodesOf(parsed, eventNode);
  }

  /** Kills the process and starts it again after a while; false where none runs. */
  kill(node: SimNode, options: Omit<DiskCrash, 'random'> & { readonly downMs: number }): boolean {
    if (!node.isUp) return false;
    // Without a sync nothing was promised to outlive the machine.
    const { downMs, ...how } = options;
    node.crash({ ...how, powerLoss: how.powerLoss && this.isFsync });
    this.restartLater(node, downMs);
    return true;
  }

  /** Starts a node again after a while, unless somebody else does before. */
  restartLater(node: SimNode, downMs = this.drawMs(this.plan.meanFaultDurationMs)): void {
    const { life } = node;
    // Faults may be over by then: a stop in good order takes its time.
    this.time.after(downMs, () => {
      if (node.life === life && !this.goneFromCore.has(node)) this.restart(node);
    });
  }

  restart(node: SimNode): void {
    if (node.isUp) return;
    this.note('restart', { node: node.id });
    node.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    node.start();
  }

  /** Does something where and when the n-th event of a kind comes, from now on; never, if faults are over by then. */
  onEvent({ event, nth, on }: EventTrigger, run: (node: SimNode) => void): void {
    let left = nth;
    const stop = this.watch.events.listen(event, (node) => {
      if (this.isOver) return stop();
      if (on !== undefined && !this.resolve(on).includes(node)) return;
      left -= 1;
      if (left > 0) return;
      stop();
      run(node);
    });
  }

  /** Does something later, if faults are not over by then. */
  later(delayMs: number, run: () => void): void {
    this.time.after(delayMs, () => {
      if (!this.isOver) run();
    });
  }

  /** Takes a fault back after a while, or when faults are over, whichever comes first; once. */
  undoLater(delayMs: number, run: () => void): void {
    const undo = { run };
    this.inForce.add(undo);
    this.time.after(delayMs, () => {
      if (this.inForce.delete(undo)) run();
    });
  }

  /** No more faults. Some nodes are well again and reach one another, and all others are gone, in the given way. */
  healCore(core: readonly SimNode[], others: OutOfCore): void {
    this.takeBack();
    for (const node of core) this.revive(node);
    const outside = this.nodes.filter((node) => !core.includes(node));
    for (const node of outside) {
      this.goneFromCore.add(node);
      if (others === 'crash') node.crash({ powerLoss: false });
      else if (others === 'pause') node.host.pause();
      else this.cutOff(node);
    }
    this.note('heal-core', { core: core.map(({ id }) => id), others });
  }

  /** No more faults, and all of those that were are taken back. */
  heal(): void {
    this.takeBack();
    this.goneFromCore.clear();
    for (const node of this.nodes) this.revive(node);
    this.note('heal', {});
  }

  private takeBack(): void {
    this.isOver = true;
    for (const { run } of [...this.inForce]) run();
    this.inForce.clear();
    this.network.healAll();
    this.network.weather = this.calmWeather;
  }

  private revive(node: SimNode): void {
    this.disks.mend(node);
    node.host.resume();
    this.restart(node);
  }

  private cutOff(node: SimNode): void {
    for (const host of [...this.nodes.map((one) => one.host), ...this.clientHosts()]) {
      if (host === node.host) continue;
      this.network.cut(node.host, host);
      this.network.cut(host, node.host);
    }
  }

  private drawMs(meanMs: number): number {
    return -Math.log(1 - this.targets.random.nextFloat()) * meanMs;
  }

  private nodesOf(target: Target, eventNode: SimNode | undefined): readonly SimNode[] {
    switch (target.type) {
      case 'all':
        return this.nodes;
      case 'clients':
        return [];
      case 'event-node':
        return eventNode === undefined ? [] : [eventNode];
      case 'nodes':
        return this.nodes.filter(({ id }) => target.ids.includes(id));
      case 'controller-leader':
        return this.controllerLeader?.isUp === true ? [this.controllerLeader] : [];
      case 'coordinator':
        return this.nodes.filter(({ broker }) =>
          broker?.services.transactions.shardOf(target.transactionalId)?.coordinator.phase === 'active');
      case 'minus': {
        const without = this.nodesOf(target.without, eventNode);
        return this.nodesOf(target.of, eventNode).filter((node) => !without.includes(node));
      }
      default:
        return this.nodesOfPartition(target);
    }
  }

  private nodesOfPartition(target: Extract<Target, { readonly topic: string }>): readonly SimNode[] {
    const { topic, partition } = target;
    const state = this.watch.inSync.partitions().find((one) => one.topic === topic && one.partition === partition);
    if (state === undefined) return [];
    const ids = { leader: [state.leader], isr: state.isr, replicas: state.replicas }[target.type];
    return this.nodes.filter(({ id }) => ids.includes(id));
  }
}
