/** Puts together what a page shows: what was recorded, what it came to, and the plan in words. */
import type { SeedReport } from '../run-seed.ts';
import type { Plan, WorkloadName } from '../swarm.ts';
import type { PageStory, RunStory } from './run-story.ts';

/** A run that is over. */
export interface FinishedRun {
  readonly title: string;
  readonly workload: WorkloadName;
  /** The command that runs it again. */
  readonly again: string;
  readonly plan: Plan;
  readonly report: SeedReport;
  readonly recorded: RunStory;
}

/** All that the page needs. */
export function pageStory({ title, workload, again, plan, report, recorded }: FinishedRun): PageStory {
  const { seed, traceHash, failure } = report;
  const violation = failure === null
    ? null
    : { invariant: failure.invariant, message: failure.message, stack: withoutFolders(failure.stack) };
  return {
    ...recorded,
    title,
    seed,
    workload,
    traceHash,
    again,
    violation,
    figures: figuresOf(report),
    planInShort: planInShort(plan),
    plan: planInWords(plan),
  };
}

/** A page is shown to others, whose folders are not called as they are here. */
function withoutFolders(stack: string): string {
  return stack.replaceAll(/file:\/\/\S*?\/packages\//gu, 'packages/');
}

function planInShort({ shape, meanSyncMs, weather, workload, faults }: Plan): string {
  const topics = workload.topics.map(({ name, partitions, replicationFactor }) =>
    `${name} (${partitions} partitions on ${replicationFactor})`);
  return [
    `${shape.nodes} nodes`,
    shape.flush === 'fsync' ? `syncs of ${meanSyncMs} ms` : 'no syncs',
    `messages of ${weather.meanDelayMs} ms`,
    ...(shape.roles === 'controllers' ? [] : topics),
    faults.length === 0 ? 'no faults' : `faults: ${faults.join(', ')}`,
  ].join(' · ');
}

function figuresOf(report: SeedReport): (readonly [string, string])[] {
  const { traceHash, simulatedMs, events, acked, consumed, committedBatches, faults, effectiveFaults } = report;
  const count = (kinds: Readonly<Record<string, number>>): number => Object.values(kinds).reduce((a, b) => a + b, 0);
  return [
    ['trace hash', traceHash],
    ['of virtual time', `${(simulatedMs / 1000).toFixed(1)} s`],
    ['events', events.toLocaleString('en')],
    ['records acknowledged', acked.toLocaleString('en')],
    ['consumed', consumed.toLocaleString('en')],
    ['committed batches', committedBatches.toLocaleString('en')],
    ['faults injected', `${count(faults)} (${count(effectiveFaults)} with effect)`],
  ];
}

/** One row for each thing that was drawn, nested ones by their path. */
function planInWords(plan: Plan): (readonly [string, string])[] {
  return Object.entries(plan).flatMap(([name, value]) => rowsOf(name, value));
}

function rowsOf(name: string, value: unknown): (readonly [string, string])[] {
  if (value === null) return [[name, 'none']];
  if (typeof value !== 'object') return [[name, String(value)]];
  if (Array.isArray(value)) return [[name, value.length === 0 ? 'none' : value.map(inOneLine).join(', ')]];
  return Object.entries(value).flatMap(([inner, one]) => rowsOf(`${name}.${inner}`, one));
}

function inOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value).map(([name, one]) => `${name} ${inOneLine(one)}`).join(' ');
}
