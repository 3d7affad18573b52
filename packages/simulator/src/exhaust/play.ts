/** Plays one listed run so that nothing but its faults decides what happens, and puts the outcome into plain data. */
import type { InvariantName } from '../invariants/violation.ts';
import { forbidTheRealWorld } from '../run-seed.ts';
import { ExhaustRun } from './exhaust-run.ts';
import type { ListedRun } from './fault-lists.ts';
import type { Reference } from './reference.ts';

/** The outcome of a run, as it crosses threads and is printed. */
export interface PlayedRun {
  readonly run: ListedRun;
  /** How many of the faults have struck: a first one may keep the second one from its place. */
  readonly struck: number;
  readonly simulatedMs: number;
  readonly traceHash: string;
  /** What went wrong, or null. */
  readonly failure: PlayedFailure | null;
}

export interface PlayedFailure {
  readonly invariant: InvariantName;
  readonly message: string;
  readonly stack: string;
  /** The last lines before it. */
  readonly tail: readonly string[];
}

/** Plays a run. Never throws. `onLine` hears every line of the trace. */
export function play(reference: Reference, run: ListedRun, onLine?: (line: string) => void): PlayedRun {
  const release = forbidTheRealWorld();
  try {
    const { violation, tail, struck, simulatedMs, traceHash } = new ExhaustRun({ reference, ...run, onLine }).run();
    const figures = { run, struck, simulatedMs, traceHash };
    if (violation === undefined) return { ...figures, failure: null };
    const cause = violation.cause instanceof Error ? violation.cause.stack : undefined;
    const { invariant, message } = violation;
    return { ...figures, failure: { invariant, message, stack: cause ?? violation.stack ?? '', tail } };
  } finally {
    release();
  }
}
