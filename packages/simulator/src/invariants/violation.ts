/** A broken promise of the cluster, by the name that the catalogue of bugs gives to it. */

/**
 * The invariants that a run checks. R: Raft. I: in-sync replicas. P: producers. T: transactions. S: storage. Others are
 * plain words.
 */
export type InvariantName =
  | 'R1' | 'R2' | 'R3' | 'R4' | 'R5' | 'R6' | 'R7' | 'R8' | 'R9' | 'R10' | 'R11' | 'R12' | 'R13'
  | 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I7' | 'I8' | 'I9' | 'I10' | 'I11' | 'I12'
  | 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6'
  | 'T1' | 'T2' | 'T3' | 'T4' | 'T5' | 'T6' | 'T7' | 'T8' | 'T9' | 'T10' | 'T11' | 'T12'
  | 'S1' | 'S2' | 'S3' | 'S4'
  /** The code broke a promise to itself: an exception left an event. */
  | 'assertion'
  /** A node stopped itself although nothing was done to its disk. */
  | 'fail-stop'
  /** Groups and their offsets. */
  | 'group'
  /** What a file of the user's own demands. */
  | 'extension'
  /** What clients saw, as a whole, has an anomaly. */
  | 'history'
  /** After all is healed, something does not come to rest. */
  | 'liveness';

/** Ends a run. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: InvariantName;

  constructor(invariant: InvariantName, message: string, cause?: unknown) {
    super(`${invariant}: ${message}`, { cause });
    this.invariant = invariant;
  }
}

/** The first violation since the last call, also where the code under test has swallowed it. */
export function takeViolation(): Violation | undefined {
  const violation = first;
  first = undefined;
  return violation;
}

let first: Violation | undefined;

/** Ends the run unless a condition holds. The message is built only then. */
export function demand(condition: boolean, invariant: InvariantName, message: () => string): asserts condition {
  if (condition) return;
  const violation = new Violation(invariant, message());
  first ??= violation;
  throw violation;
}
