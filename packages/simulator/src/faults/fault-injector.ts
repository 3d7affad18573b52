/**
 * Injects faults at random moments, and takes all of them back at the end. It keeps within what the design promises to
 * survive: no disk is ever lost, and power fails only where acknowledged means synced (`flush=fsync`).
 */
import type { Random } from '@hapax/base';
import type { Host, SimNetwork, VirtualTime } from '@hapax/testkit';
import { demand } from '../invariants/violation.ts';
import type { SimNode } from '../sim-node.ts';
import type { Plan } from '../swarm.ts';
import type { Trace } from '../trace.ts';
import type { FaultKind } from './fault-kinds.ts';

/** What faults are done to. */
export interface FaultTargets {
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly random: Random;
  readonly plan: Plan;
  readonly trace: Trace;
  readonly nodes: readonly SimNode[];
  /** Hosts of clients that run now. */
  clientHosts(): readonly Host[];
}

/** A disk whose sync or write was made to fail. */
interface BrokenDisk {
  readonly life: number;
  /** When the failure was handed to the node; undefined while it has not struck. */
  struckMs: number | undefined;
}

/** Faults by the plan of a seed. */
export class FaultInjector {
  /** By kind, how many were injected. */
  readonly counts = new Map<FaultKind, number>();
  private readonly targets: FaultTargets;
  private readonly broken = new Map<SimNode, BrokenDisk>();
  private readonly slowDisks = new Map<SimNode, number>();
  private readonly calmWeather: SimNetwork['weather'];
  private isOver = false;

  constructor(targets: FaultTargets) {
    this.targets = targets;
    this.calmWeather = targets.network.weather;
  }

  start(): void {
    const { plan, time } = this.targets;
    if (plan.faults.length === 0) return;
    time.after(this.drawMs(plan.meanFaultIntervalMs), () => {
      if (this.isOver) return;
      this.inject(this.pick(plan.faults));
      this.start();
    });
  }

  /** How many times slower than usual a node's disk is. */
  slowness(node: SimNode): number {
    return this.slowDisks.get(node) ?? 1;
  }

  /** Whether a node has a reason to stop itself. */
  mayFailStop(node: SimNode): boolean {
    return this.broken.get(node)?.life === node.life;
  }

  /** S2: a node whose disk has failed to sync does not go on. */
  checkNow(): void {
    for (const [node, disk] of this.broken) {
      if (!node.isUp || node.life !== disk.life) {
        this.broken.delete(node);
        continue;
      }
      if (node.disk.hasFault('sync')) continue;
      disk.struckMs ??= this.targets.time.nowMs;
      const struckMs = disk.struckMs;
      demand(this.targets.time.nowMs - struckMs < STOP_WITHIN_MS || node.host.isPaused, 'S2', () =>
        `node ${node.id} goes on after a sync that failed at ${struckMs} ms`);
    }
  }

  /** Starts a node again after a while. */
  restartLater(node: SimNode): void {
    const { time, plan } = this.targets;
    time.after(this.drawMs(plan.meanFaultDurationMs), () => this.restart(node));
  }

  /** No more faults, and all of those that were are taken back. */
  heal(): void {
    const { network, nodes } = this.targets;
    this.isOver = true;
    network.healAll();
    network.weather = this.calmWeather;
    this.slowDisks.clear();
    for (const node of nodes) {
      node.disk.clearFaults();
      node.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
      node.host.resume();
      this.restart(node);
    }
    this.broken.clear();
    this.note('heal', {});
  }

  private inject(kind: FaultKind): void {
    const node = this.pick(this.targets.nodes);
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.note(kind, { node: node.id });
    switch (kind) {
      case 'crash':
        return this.kill(node, false);
      case 'crash-all':
        return this.targets.nodes.forEach((one) => this.kill(one, false));
      case 'power-loss':
        return this.kill(node, this.isFsync);
      case 'power-loss-all':
        return this.targets.nodes.forEach((one) => this.kill(one, this.isFsync));
      case 'controlled-stop':
        return this.stop(node);
      case 'pause':
        return this.pause(node);
      case 'cut':
      case 'cut-one-way':
      case 'isolate':
      case 'reset':
      case 'client-cut':
        return this.disturbLinks(kind, node);
      case 'slow-network':
        return this.slowNetwork();
      case 'slow-disk':
        return this.slowDisk(node);
      case 'disk-full':
        return this.fillDisk(node);
      case 'sync-error':
        return this.breakDisk(node);
      case 'wall-jump':
        node.host.wallSkewMs += Math.floor((this.targets.random.nextFloat() - 0.5) * 2 * MAX_WALL_JUMP_MS);
    }
  }

  private get isFsync(): boolean {
    return this.targets.plan.shape.flush === 'fsync';
  }

  private kill(node: SimNode, powerLoss: boolean): void {
    if (!node.isUp) return;
    node.crash({ powerLoss });
    this.restartLater(node);
  }

  private restart(node: SimNode): void {
    if (node.isUp) return;
    this.note('restart', { node: node.id });
    node.disk.capacityBytes = Number.MAX_SAFE_INTEGER;
    node.start();
  }

  private stop(node: SimNode): void {
    if (!node.isUp || node.host.isPaused) return;
    node.stop(() => this.restartLater(node));
  }

  private pause(node: SimNode): void {
    node.host.pause();
    this.later(() => node.host.resume());
  }

  private disturbLinks(kind: 'cut' | 'cut-one-way' | 'isolate' | 'reset' | 'client-cut', node: SimNode): void {
    const { network, nodes } = this.targets;
    const clients = this.targets.clientHosts();
    const others = nodes.filter((one) => one !== node).map((one) => one.host);
    const other = others.length === 0 ? undefined : this.pick(others);
    if (kind === 'reset') {
      for (const host of [...others, ...clients]) network.resetBetween(node.host, host);
    } else if (kind === 'isolate') {
      this.cut([...others, ...clients].flatMap((host) => [[node.host, host], [host, node.host]] as const));
    } else if (kind === 'client-cut') {
      // Only what the node says is lost: requests arrive, answers do not.
      if (clients.length > 0) this.cut([[node.host, this.pick(clients)]]);
    } else if (other !== undefined) {
      this.cut(kind === 'cut' ? [[node.host, other], [other, node.host]] : [[node.host, other]]);
    }
  }

  private cut(pairs: readonly (readonly [Host, Host])[]): void {
    const { network } = this.targets;
    for (const [from, to] of pairs) network.cut(from, to);
    this.later(() => {
      for (const [from, to] of pairs) network.heal(from, to);
    });
  }

  private slowNetwork(): void {
    const { network } = this.targets;
    const meanDelayMs = this.calmWeather.meanDelayMs * 20 + 5;
    network.weather = { ...this.calmWeather, meanDelayMs, hiccupProbability: 0.02, hiccupMs: 200 };
    this.later(() => (network.weather = this.calmWeather));
  }

  private slowDisk(node: SimNode): void {
    this.slowDisks.set(node, 50);
    this.later(() => this.slowDisks.delete(node));
  }

  /** Something else takes the space, but for a part of what the node keeps in reserve. */
  private fillDisk(node: SimNode): void {
    const reserveBytes = this.targets.plan.shape.journalFileBytes * 2;
    node.disk.capacityBytes = node.disk.usedBytes() + reserveBytes + this.targets.random.nextInt(64 << 10);
    this.later(() => (node.disk.capacityBytes = Number.MAX_SAFE_INTEGER));
  }

  private breakDisk(node: SimNode): void {
    if (!node.isUp) return;
    node.disk.failOnce('sync', this.targets.random.nextInt(10));
    this.broken.set(node, { life: node.life, struckMs: undefined });
  }

  private later(undo: () => void): void {
    const { time, plan } = this.targets;
    time.after(this.drawMs(plan.meanFaultDurationMs), () => {
      if (!this.isOver) undo();
    });
  }

  private drawMs(meanMs: number): number {
    return -Math.log(1 - this.targets.random.nextFloat()) * meanMs;
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.targets.random.nextInt(choices.length)] as T;
  }

  private note(what: string, fields: Readonly<Record<string, unknown>>): void {
    this.targets.trace.note('faults', fields, what);
  }
}

const STOP_WITHIN_MS = 5000;
const MAX_WALL_JUMP_MS = 120_000;
