/** Which of the conditions that the code names a run has come across, and how often. */
import type { Exploration } from '@hapax/base';
import { demand } from '../invariants/violation.ts';

/** Hears of conditions during one run. What must not be ends it. */
export class ReachedConditions implements Exploration {
  private readonly counts = new Map<string, number>();

  onReached(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }

  onBroken(name: string): void {
    demand(false, 'assertion', () => name);
  }

  /** By name, how often; in the order in which they were met first. */
  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.counts);
  }
}

/** What became of one condition over many seeds. */
export interface ConditionFigures {
  readonly hits: number;
  /** In how many seeds it was met. */
  readonly seeds: number;
  /** The same as a share of all seeds, 0 to 1. */
  readonly share: number;
  /** The lowest seed that meets it, for a closer look; null where none does. */
  readonly firstSeed: number | null;
}

/** What this needs of the report of a seed. */
export interface ReachedReport {
  readonly seed: number;
  readonly reached: Readonly<Record<string, number>>;
}

/** Figures for each of `names`, in their order. */
export function summarizeReached(
  reports: readonly ReachedReport[], names: readonly string[],
): Readonly<Record<string, ConditionFigures>> {
  return Object.fromEntries(names.map((name) => {
    const met = reports.filter(({ reached }) => (reached[name] ?? 0) > 0);
    const hits = met.reduce((sum, { reached }) => sum + (reached[name] ?? 0), 0);
    const share = reports.length === 0 ? 0 : Math.round((met.length / reports.length) * 10_000) / 10_000;
    const firstSeed = met.length === 0 ? null : Math.min(...met.map(({ seed }) => seed));
    return [name, { hits, seeds: met.length, share, firstSeed }];
  }));
}

/** The conditions that no seed has met. */
export function neverReachedOf(figures: Readonly<Record<string, ConditionFigures>>): string[] {
  return Object.entries(figures).filter(([, { hits }]) => hits === 0).map(([name]) => name);
}
