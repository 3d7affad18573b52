/** Which runs there are of a scenario: every fault alone, or every two of them, always in the same order. */
import { ExhaustRun } from './exhaust-run.ts';
import { faultsAt, type FaultPoint, type RecordedPoint } from './fault-point.ts';
import type { Reference } from './reference.ts';

/** One run. */
export interface ListedRun {
  readonly variant: string;
  readonly faults: readonly FaultPoint[];
}

/** Plays a story in which nothing goes wrong, and gives what belongs to it. Throws where it goes wrong nonetheless. */
export function record(reference: Reference, variant: string): readonly RecordedPoint[] {
  const { points, violation } = new ExhaustRun({ reference, variant, faults: [] }).run();
  if (violation !== undefined) throw violation;
  return points;
}

/** The list for people and for the golden file: `effect coordinator Empty on leader`. */
export function recordedText(points: readonly RecordedPoint[]): string {
  return points.map(({ kind, name }) => `${kind} ${name}\n`).join('');
}

/** Every fault alone. */
export function singles(reference: Reference): ListedRun[] {
  return reference.variants.flatMap((variant) =>
    faultsAt(record(reference, variant)).map((fault) => ({ variant, faults: [fault] })));
}

/** Every two faults that are not at the same point. */
export function pairs(reference: Reference): ListedRun[] {
  return reference.variants.flatMap((variant) => {
    const faults = faultsAt(record(reference, variant));
    return faults.flatMap((one, at) => faults.slice(at + 1)
      .filter((other) => other.kind !== one.kind || other.name !== one.name)
      .map((other) => ({ variant, faults: [one, other] })));
  });
}

/** Of what kinds the faults of a run are: `crash`, `crash × message`. */
export function classOf({ faults }: ListedRun): string {
  return faults.map(({ kind }) => kind).sort().join(' × ');
}
