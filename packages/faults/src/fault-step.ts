/** One fault of a schedule, as plain data that carries all it needs: any part of a schedule can be run alone. */
import type { FaultKind } from './fault-kinds.ts';
import type { ProtocolEventName } from './protocol-events.ts';

/** Waits for an event of the protocol. */
export interface EventTrigger {
  readonly event: ProtocolEventName;
  /** Which one of them, counted from the moment at which the step is due; 1 or more. */
  readonly nth: number;
  /** On which nodes it must happen; left out, on any. A target. */
  readonly on?: string;
}

/** A fault: what, when, to whom, and for how long. */
export interface FaultStep {
  /** Milliseconds after the faults begin; 0 or more. */
  readonly at: number;
  readonly kind: FaultKind;
  /** Whom it is done to; see {@link parseTarget}. */
  readonly target: string;
  /** The other side, for kinds that have two. */
  readonly other?: string;
  /** Milliseconds until it is taken back; for a crash, until the process starts again. 0 or more. */
  readonly forMs: number;
  /** Decides what the fault draws while it happens, and nothing else does: 0 to 2³² - 1. */
  readonly seed: number;
  /** What it waits for, from {@link at} on. */
  readonly when?: EventTrigger;
  /** What else its kind knows, by name. */
  readonly parameters?: Readonly<Record<string, number | boolean | string>>;
}

/** Faults in the order of their times. */
export type FaultSchedule = readonly FaultStep[];
