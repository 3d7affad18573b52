/** What a kind of fault is to the simulator: a row of a table, with how it is drawn and how it is done. */
import type { Random } from '@hapax/base';
import { isProtocolEventName, type EventTrigger, type FaultKind, type FaultStep } from '@hapax/faults';
import type { SimNode } from '../sim-node.ts';
import type { Plan } from '../swarm.ts';
import type { StepDraw } from './step-draw.ts';
import type { FaultWorld } from './fault-world.ts';

/** What a kind draws of its step; everything else is drawn alike for all kinds. */
export interface StepDetails {
  readonly target: string;
  readonly other?: string;
  /** Left out, it is drawn around the mean of the plan. */
  readonly forMs?: number;
  readonly when?: EventTrigger;
  readonly parameters?: NonNullable<FaultStep['parameters']>;
}

/** A row of the table: all that the simulator knows of a kind. */
export interface FaultRow {
  draw(draw: StepDraw): StepDetails;
  /** Does it. A fault that finds nothing to do must not say that it {@link Fault.took} effect. */
  inject(fault: Fault): void;
}

/** A family of kinds. */
export type FaultTable = Readonly<Partial<Record<FaultKind, FaultRow>>>;

/** One step while it happens. */
export class Fault {
  readonly step: FaultStep;
  readonly world: FaultWorld;
  /** Draws that depend on the step alone. */
  readonly random: Random;
  /** Where the event came that the step waited for. */
  readonly eventNode: SimNode | undefined;
  private readonly onTook: () => void;

  constructor(step: FaultStep, world: FaultWorld, random: Random, onTook: () => void, eventNode?: SimNode) {
    this.step = step;
    this.world = world;
    this.random = random;
    this.onTook = onTook;
    this.eventNode = eventNode;
  }

  get plan(): Plan {
    return this.world.plan;
  }

  /** Whom it is done to, as roles are now. */
  get nodes(): readonly SimNode[] {
    return this.world.resolve(this.step.target, this.eventNode);
  }

  /** The other side; everybody else where the step names none. */
  get others(): readonly SimNode[] {
    const { nodes } = this;
    const { other } = this.step;
    if (other !== undefined) return this.world.resolve(other, this.eventNode);
    return this.world.nodes.filter((node) => !nodes.includes(node));
  }

  /** A parameter that is a number. */
  number(name: string, fallback: number): number {
    const value = this.step.parameters?.[name];
    return typeof value === 'number' ? value : fallback;
  }

  /** Does something at the n-th event of a name from now on, if faults are not over by then. */
  onEvent(event: string, nth: number, run: () => void): void {
    if (isProtocolEventName(event)) this.world.onEvent({ event, nth }, run);
  }

  /** It had an effect, at least once. */
  took(): void {
    this.onTook();
  }

  /** It had an effect now, and is taken back when its time is over or all faults are. */
  until(undo: () => void): void {
    this.onTook();
    this.world.undoLater(this.step.forMs, undo);
  }
}
