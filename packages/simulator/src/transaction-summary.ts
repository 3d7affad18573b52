/** What many seeds came to with transactions: totals, and in how many seeds each thing was reached under faults. */
import type { SeedReport } from './run-seed.ts';
import type { TransactionFigures } from './workload/run-workload.ts';

/** The names of the coordinators' table. */
const STATES = [
  'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort', 'Dead', 'PrepareEpochFence',
];

/** The transactions of many seeds. */
export interface TransactionSummary {
  readonly committed: number;
  readonly aborted: number;
  readonly unknown: number;
  readonly fenced: number;
  readonly delayedEnds: number;
  readonly offsetsApplied: number;
  /** By the cluster's `transaction.version` at the beginning, how many seeds. */
  readonly seedsByVersion: Readonly<Record<string, number>>;
  /** By state of the coordinators' table, in how many seeds it was reached while there were faults. */
  readonly seedsByState: Readonly<Record<string, number>>;
  readonly seedsWithCommits: number;
  readonly seedsWithAborts: number;
  /** Whether each state and both outcomes were reached under faults in at least one seed of a hundred. */
  readonly isCovered: boolean;
  /** What is found in histories and is no fault, by name. */
  readonly allowedAnomalies: Readonly<Record<string, number>>;
}

/** Adds up the reports of seeds with transactions. */
export function summarizeTransactions(reports: readonly SeedReport[]): TransactionSummary {
  const figures = reports.flatMap(({ transactions }) => (transactions === null ? [] : [transactions]));
  const total = (of: (one: TransactionFigures) => number): number => figures.reduce((sum, one) => sum + of(one), 0);
  const seeds = (isReached: (one: TransactionFigures) => boolean): number => figures.filter(isReached).length;
  const seedsByState = Object.fromEntries(STATES.map((state) =>
    [state, seeds(({ statesUnderFaults }) => (statesUnderFaults[state] ?? 0) > 0)]));
  const seedsWithCommits = seeds(({ committedUnderFaults }) => committedUnderFaults > 0);
  const seedsWithAborts = seeds(({ abortedUnderFaults }) => abortedUnderFaults > 0);
  const least = Math.max(1, figures.length * COVERED_SHARE);
  return {
    committed: total(({ committed }) => committed),
    aborted: total(({ aborted }) => aborted),
    unknown: total(({ unknown }) => unknown),
    fenced: total(({ fenced }) => fenced),
    delayedEnds: total(({ delayedEnds }) => delayedEnds),
    offsetsApplied: total(({ offsetsApplied }) => offsetsApplied),
    seedsByVersion: { 1: seeds(({ version }) => version === 1), 2: seeds(({ version }) => version === 2) },
    seedsByState,
    seedsWithCommits,
    seedsWithAborts,
    isCovered: [...Object.values(seedsByState), seedsWithCommits, seedsWithAborts].every((count) => count >= least),
    allowedAnomalies: sumByName(figures.map(({ allowedAnomalies }) => allowedAnomalies)),
  };
}

function sumByName(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const counts of all) {
    for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

const COVERED_SHARE = 0.01;
