/** Plays a schedule of faults, and takes all of them back at the end. */
import { SeededRandom } from '@hapax/base';
import type { FaultKind, FaultSchedule, FaultStep } from '@hapax/faults';
import type { SimNode } from '../sim-node.ts';
import type { CorePlan } from '../swarm.ts';
import { Fault, type FaultTable } from './fault.ts';
import { FAULT_TABLE } from './fault-table.ts';
import { FaultWorld, type FaultTargets } from './fault-world.ts';

const NEEDS_EVERYBODY: ReadonlySet<FaultKind> = new Set([
  'membership-change', 'bit-rot', 'truncated-file', 'deleted-file', 'stale-read',
]);

/** Faults by their schedule. */
export class FaultInjector {
  /** By kind, how many were injected. */
  readonly counts = new Map<FaultKind, number>();
  /** By kind, how many of them had an effect: a crash of a node that is dead has none. */
  readonly effective = new Map<FaultKind, number>();
  private readonly world: FaultWorld;
  private readonly schedule: FaultSchedule;
  private readonly table: FaultTable;

  constructor(targets: FaultTargets, schedule: FaultSchedule, table: FaultTable = FAULT_TABLE) {
    this.table = table;
    this.world = new FaultWorld(targets);
    this.schedule = schedule;
  }

  start(): void {
    for (const step of this.schedule) this.world.later(step.at, () => this.begin(step));
  }

  /** How many times slower than usual a node's disk is. */
  slowness(node: SimNode): number {
    return this.world.disks.slowness(node);
  }

  /** Whether a node has a reason to stop itself. */
  mayFailStop(node: SimNode): boolean {
    return this.world.disks.mayFailStop(node);
  }

  /** Whether what a node's disk was given and not synced is gone after its failure. */
  losesPower(node: SimNode): boolean {
    return this.world.disks.losesPower(node);
  }

  /** S2: a node whose disk has failed to sync does not go on. */
  checkNow(): void {
    this.world.disks.checkNow();
  }

  /** Starts a node again after a while. */
  restartLater(node: SimNode): void {
    this.world.restartLater(node);
  }

  /** No more faults; only some nodes are well again. See {@link FaultWorld.healCore}. */
  healCore({ nodes, others }: CorePlan): readonly SimNode[] {
    const core = this.world.nodes.filter(({ id }) => nodes.includes(id));
    this.world.healCore(core, others);
    return core;
  }

  /** Whether a majority of the nodes may need the others: it may be none of the voters, or have lost what they have. */
  get needsEverybody(): boolean {
    return this.schedule.some(({ kind }) => NEEDS_EVERYBODY.has(kind));
  }

  /** No more faults, and all of those that were are taken back. */
  heal(): void {
    this.world.heal();
  }

  private begin(step: FaultStep): void {
    const { when } = step;
    if (when === undefined) this.inject(step);
    else this.world.onEvent(when, (node) => this.inject(step, node));
  }

  /** `eventNode` is where the event came that it waited for. */
  private inject(step: FaultStep, eventNode?: SimNode): void {
    const { kind } = step;
    count(this.counts, kind);
    this.world.note(kind, { target: step.target, ...(eventNode === undefined ? {} : { node: eventNode.id }) });
    this.world.tell(step, eventNode);
    let hasTaken = false;
    const took = (): void => {
      if (hasTaken) return;
      hasTaken = true;
      count(this.effective, kind);
    };
    this.table[kind]?.inject(new Fault(step, this.world, new SeededRandom(step.seed), took, eventNode));
  }
}

function count(counts: Map<FaultKind, number>, kind: FaultKind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}
