/** Pages of runs: they change nothing of a run, show what went wrong, and need nothing but themselves. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { reportOf } from '../src/commands/report-file.ts';
import { loadCatalogue } from '../src/mutations/catalogue.ts';
import { hunt } from '../src/mutations/hunt.ts';
import { RecentList } from '../src/report/recent-list.ts';
import { RunRecorder } from '../src/report/run-recorder.ts';
import type { PageStory } from '../src/report/run-story.ts';
import { runSeed, type SeedReport } from '../src/run-seed.ts';
import { drawPlan, type WorkloadName } from '../src/swarm.ts';

const FAULTS_MS = 4000;
const MAX_BYTES = 5 << 20;

describe('a run that is recorded', () => {
  test.each([['records', 2], ['txn', 3], ['raft', 1]] as const)('is the same run: %s, seed %i', (workload, seed) => {
    const { traceHash, events } = runSeed(seed, { faultsMs: FAULTS_MS, workload });
    const { report } = record(seed, workload);
    expect({ traceHash: report.traceHash, events: report.events }).toEqual({ traceHash, events });
  });

  test('has its faults, its processes, its leaders and its messages in the story', () => {
    const { report, recorder } = record(3, 'txn');
    const story = recorder.story();
    const injected = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
    expect(injected).toBeGreaterThan(0);
    expect(story.faults).toHaveLength(injected);
    expect(story.endMs).toBe(report.simulatedMs);
    expect(story.nodes.map(({ id }) => id)).toEqual([0, 1, 2]);
    for (const { spans } of story.nodes) {
      expect(spans.at(-1)).toMatchObject({ state: 'up', isCutOff: false });
      expect(spans.map(({ atMs }) => atMs)).toEqual(spans.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    }
    expect(story.nodes.filter(({ spans }) => spans.at(-1)?.role === 'leader')).toHaveLength(1);
    expect(story.phases.map(({ name }) => name)).toContain('all is healed');
    const { rows, names, hosts } = story.messages;
    expect(rows.length % 7).toBe(0);
    expect(hosts).toContain('node-0');
    expect(names.some((name) => name.startsWith('Produce '))).toBe(true);
    expect(names.filter((name) => name.includes('unknown response'))).toEqual([]);
    const late = rows.filter((_, at) => at % 7 === 1).filter((took) => took < -1);
    expect(late).toEqual([]);
  });

  test('ends with every partition stable and every transaction complete', () => {
    const { partitions, transactions } = record(3, 'txn').recorder.story();
    for (const { highWatermark, lastStable, logEnd } of partitions) {
      expect([highWatermark.at(-1), lastStable.at(-1)]).toEqual([logEnd.at(-1), logEnd.at(-1)]);
    }
    expect(transactions.length).toBeGreaterThan(0);
    for (const { moves } of transactions) expect(moves.at(-1)?.state).toMatch(/^(?:Complete(?:Commit|Abort)|Empty)$/u);
  });
});

describe('the page', () => {
  test('of a clean seed says so, how to run it again, and loads nothing', () => {
    const { report, recorder } = record(3, 'txn');
    const plan = drawPlan(3, FAULTS_MS, 'txn');
    const page = reportOf({ title: '', workload: 'txn', again: 'npm run sim -- --seed 3', plan, report, recorder });
    expect(page).toContain('✓ clean');
    expect(page).toContain(report.traceHash);
    expect(page).toContain('npm run sim -- --seed 3');
    expect(storyIn(page).violation).toBeNull();
    demandSelfContained(page);
  });

  test('of a seed that fails has the invariant, its message, and the moment at which the run ended', async () => {
    const catalogue = await loadCatalogue();
    const { mutation } = catalogue.find(({ name }) => name === MUTATION) ?? expect.fail(`no ${MUTATION}`);
    const file = join(mkdtempSync(join(tmpdir(), 'report-')), 'report.html');
    const order = { mutation, from: 1, seedsMax: 1, cpuSecondsMax: 60, faultsMs: 1, shrinkRunsMax: 0 };
    const { kill } = await hunt({ ...order, page: { file, name: MUTATION } }, () => {});
    const page = readFileSync(file, 'utf8');
    expect(page).toContain('✗ R9 violated');
    expect(page).toContain(`mutation ${MUTATION}`);
    const { violation, endMs, nodes } = storyIn(page);
    expect(violation).toMatchObject({ invariant: 'R9', message: kill?.message });
    expect(endMs).toBeGreaterThan(0);
    expect(nodes.every(({ spans }) => spans.every(({ atMs }) => atMs <= endMs))).toBe(true);
    demandSelfContained(page);
  });

  test('takes text of a run for text, whatever is in it', () => {
    const { report, recorder } = record(1, 'records');
    const failure = {
      invariant: 'group' as const, message: 'group: </script><b>', stack: '<i>', plan: drawPlan(1, 1), tail: [],
    };
    const run = { title: '<u>', workload: 'records' as const, again: '', plan: failure.plan, recorder };
    const page = reportOf({ ...run, report: { ...report, failure } });
    expect(page).not.toMatch(/<\/script><b>|<i>|<u>/u);
    expect(storyIn(page).violation?.message).toBe('group: </script><b>');
  });
});

test('a recent list keeps what came last, and counts what is gone', () => {
  const list = new RecentList<number>(3);
  for (let number = 1; number <= 10; number++) list.add(number);
  expect(list.items()).toEqual([8, 9, 10]);
  expect(list.dropped).toBe(7);
});

const MUTATION = '004-no-flush-after-append';

function record(
  seed: number, workload: WorkloadName,
): { readonly report: SeedReport; readonly recorder: RunRecorder } {
  const recorder = new RunRecorder();
  const report = runSeed(seed, { faultsMs: FAULTS_MS, workload, recorder });
  return { report, recorder };
}

function storyIn(page: string): PageStory {
  const [, text = ''] = /<script type="application\/json" id="story">([^<]*)<\/script>/u.exec(page) ?? [];
  return JSON.parse(text) as PageStory;
}

function demandSelfContained(page: string): void {
  expect(page.length).toBeLessThan(MAX_BYTES);
  const withoutStory = page.replace(/<script type="application\/json"[^<]*<\/script>/u, '');
  expect(withoutStory).not.toMatch(/https?:|\bsrc=|\bhref=|@import|url\(|\bfetch\(|\bimport\b/u);
  const [, script = ''] = /<script>([^]*)<\/script>/u.exec(withoutStory) ?? [];
  expect(script.length).toBeGreaterThan(10_000);
  // Throws where the modules of the page do not fit together as one script.
  expect(new Script(script)).toBeInstanceOf(Script);
}
