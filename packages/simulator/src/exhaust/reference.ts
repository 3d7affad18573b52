/** A reference scenario: a short story of a calm cluster, of which every effect and message is made to go wrong. */
import type { ClusterWatch } from '../cluster-watch.ts';
import type { Plan } from '../swarm.ts';
import type { FinalStep } from '../workload/run-workload.ts';
import type { ClientWorld } from '../workload/sim-client.ts';
import type { PartitionLabel } from './cluster-roles.ts';

/** What a script works with. */
export interface ReferenceWorld {
  readonly clients: ClientWorld;
  readonly plan: Plan;
  readonly watch: ClusterWatch;
  /** The scenario has gone on: messages that were held up arrive now. */
  onGoneOn(): void;
}

/** One run of a scenario. */
export interface ReferenceScript {
  /** Makes all that must be there before; `done` when it is. Nothing of it is recorded. */
  prepare(done: () => void): void;
  /** From here on everything is recorded. */
  start(): void;
  /** Why the story is not at its end; undefined when it is. */
  unfinished(): string | undefined;
  /** What is done at rest, one after the other; they throw where they find a violation. */
  finalSteps(): readonly FinalStep[];
}

/** A scenario. One file of `references/` each. */
export interface Reference {
  /** As at the command line: `txn`. */
  readonly name: string;
  /** A sentence about the story. */
  readonly what: string;
  /** Stories that differ in one point: `commit`, `abort`. */
  readonly variants: readonly string[];
  readonly plan: Plan;
  /** Nodes beyond those of the plan: no voters, and not started but by the story. */
  readonly latecomers: number;
  /** Of brokers, beside those of the plan. */
  readonly initialConfigs: Readonly<Record<string, string>>;
  readonly label: PartitionLabel;
  /** Whether a point belongs to the story; what does not is neither recorded nor made to fail. */
  isPart(kind: 'effect' | 'message', name: string): boolean;
  write(world: ReferenceWorld, variant: string): ReferenceScript;
}
