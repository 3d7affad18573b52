/** Finds a small part of a schedule that still does what the whole one did. */
import type { FaultSchedule, FaultStep } from '@hapax/faults';

/** Runs a schedule; whether it still fails in the same way. */
export type StillFails = (schedule: FaultSchedule) => boolean;

/** What shrinking came to. */
export interface ShrunkSchedule {
  readonly steps: FaultSchedule;
  /** How many schedules were run. */
  readonly runs: number;
  /** Whether nothing simpler was found with runs to spare: no single step can be left out. */
  readonly isMinimal: boolean;
}

/** Counts runs; when there are none left, everything counts as not failing, so that whatever was found stays. */
class Budget {
  runs = 0;
  private readonly hasLeft: (runs: number) => boolean;
  private readonly stillFails: StillFails;

  constructor(stillFails: StillFails, hasLeft: (runs: number) => boolean) {
    this.stillFails = stillFails;
    this.hasLeft = hasLeft;
  }

  get isSpent(): boolean {
    return !this.hasLeft(this.runs);
  }

  fails(steps: FaultSchedule): boolean {
    if (this.isSpent) return false;
    this.runs += 1;
    return this.stillFails(steps);
  }
}

/**
 * The fewest steps first, then the shortest ones. `steps` must fail; what is answered does too. Goes on as long as
 * `hasLeft` says so, of the runs that were made.
 */
export function shrinkSchedule(
  steps: FaultSchedule, stillFails: StillFails, hasLeft: (runs: number) => boolean,
): ShrunkSchedule {
  const budget = new Budget(stillFails, hasLeft);
  let best = fewestSteps(steps, budget);
  for (let at = 0; at < best.length; at++) best = simplifyStep(best, at, budget);
  return { steps: best, runs: budget.runs, isMinimal: !budget.isSpent };
}

/** Delta debugging. [Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE 2002] */
function fewestSteps(steps: FaultSchedule, budget: Budget): FaultSchedule {
  if (steps.length === 0 || budget.fails([])) return [];
  let best = steps;
  for (let parts = 2; best.length > 1 && !budget.isSpent; ) {
    const smaller = findSmaller(best, parts, budget);
    if (smaller !== undefined) {
      best = smaller.steps;
      parts = smaller.isPart ? 2 : Math.max(2, parts - 1);
    } else if (parts < best.length) {
      parts = Math.min(best.length, parts * 2);
    } else {
      break;
    }
  }
  return best;
}

/** One of so many parts that fails alone, or all but one of them; undefined where none does. */
function findSmaller(
  steps: FaultSchedule, parts: number, budget: Budget,
): { readonly steps: FaultSchedule; readonly isPart: boolean } | undefined {
  const bounds = Array.from({ length: parts + 1 }, (_, at) => Math.floor((at * steps.length) / parts));
  // The last ones first: what is nearest to the failure is the likeliest cause.
  for (let part = parts - 1; part >= 0; part--) {
    const only = steps.slice(bounds[part], bounds[part + 1]);
    if (budget.fails(only)) return { steps: only, isPart: true };
  }
  if (parts === 2) return undefined;
  for (let part = 0; part < parts; part++) {
    const rest = [...steps.slice(0, bounds[part]), ...steps.slice(bounds[part + 1])];
    if (budget.fails(rest)) return { steps: rest, isPart: false };
  }
  return undefined;
}

/** Takes the first simpler form of a step that still fails, again and again. */
function simplifyStep(steps: FaultSchedule, at: number, budget: Budget): FaultSchedule {
  let best = steps;
  for (let isSimpler = true; isSimpler; ) {
    isSimpler = false;
    for (const candidate of simplerForms(best[at] as FaultStep)) {
      const changed = best.with(at, candidate);
      if (!budget.fails(changed)) continue;
      best = changed;
      isSimpler = true;
      break;
    }
  }
  return best;
}

/** Forms of a step that are simpler: shorter, less often. Few, and each no more than half of what it was. */
function simplerForms(step: FaultStep): FaultStep[] {
  const forms: FaultStep[] = [];
  if (step.forMs > 1) forms.push({ ...step, forMs: Math.floor(step.forMs / 4) });
  for (const name of ['count', 'times']) {
    const often = step.parameters?.[name];
    if (typeof often === 'number' && often > 1) {
      forms.push({ ...step, parameters: { ...step.parameters, [name]: Math.floor(often / 2) } });
    }
  }
  return forms;
}
