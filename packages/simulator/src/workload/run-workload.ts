/** What a run needs of its clients, whatever they do. */
import type { History } from '@hapax/history';
import type { Host } from '@hapax/testkit';

/** Something that is begun at rest, and must come to an end. */
export interface FinalStep {
  /** What is waited for, in words. */
  readonly what: string;
  begin(): void;
  /** What is missing yet; undefined when it is done. Throws where the end shows a violation. */
  missing(): string | undefined;
}

/** All clients of a run. */
export interface RunWorkload {
  /** Records that readers were given. */
  readonly consumedCount: number;
  /** Hosts of clients that run now. */
  hosts(): readonly Host[];
  /** Makes topics and whatever else must be there; `done` when all is. */
  prepare(done: () => void): void;
  start(): void;
  /** The faults are over. */
  onHealed(): void;
  /** Nothing new is begun. */
  stop(): void;
  /** Why clients are not at rest; undefined when they are. */
  unfinished(): string | undefined;
  /** What is done at rest, one after the other. */
  finalSteps(): readonly FinalStep[];
  /** What clients did and saw, for judges and for export. */
  clientHistory(): History;
  /** What it came to with transactions; null where there were none. */
  transactionFigures(): TransactionFigures | null;
}

/** What a run came to with transactions. */
export interface TransactionFigures {
  /** The cluster's `transaction.version` at the beginning. */
  readonly version: number;
  /** As clients were told. */
  readonly committed: number;
  readonly aborted: number;
  readonly unknown: number;
  /** Producers that came to an end because another one had taken over. */
  readonly fenced: number;
  /** How often each state of the coordinators' table was reached while there were faults. */
  readonly statesUnderFaults: Readonly<Record<string, number>>;
  readonly committedUnderFaults: number;
  readonly abortedUnderFaults: number;
  /** The one known anomaly of version 1. [KAFKA-17754] */
  readonly delayedEnds: number;
  /** Offsets that came into force with a transaction. */
  readonly offsetsApplied: number;
  /** Anomalies of the history that are no fault, by name. */
  readonly allowedAnomalies: Readonly<Record<string, number>>;
}
