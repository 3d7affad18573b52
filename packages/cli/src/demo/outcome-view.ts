/** The three ways to process, side by side, as people and programs see them. */
import { formatDuration, groupDigits, type Cell, type Result } from '../output.ts';
import type { Colors } from '../terminal.ts';
import type { LoadBalance } from './load-ledger.ts';
import type { RunReport } from './run-guarantee.ts';
import type { SendReport } from './send-flights.ts';

/** The promise is kept when only the other two rows have anything but zeros. */
export function outcomeView(
  colors: Colors,
  load: LoadBalance & SendReport,
  runs: readonly RunReport[],
): Result & { readonly isGood: boolean } {
  const once = runs.find(({ guarantee }) => guarantee === 'exactly-once');
  const isGood = load.isClean && once?.isClean === true && once.faults === once.faultsPlanned;
  const title = isGood
    ? colors.green(colors.bold('Exactly once: nothing lost, nothing twice, nothing torn.'))
    : colors.red(colors.bold(verdictOf(load, once)));
  const rows = runs.map((run): Cell[] => [
    run.guarantee,
    run.lost,
    run.duplicated,
    run.torn,
    run.abortedButSeen,
    run.failed,
    run.hidden,
    formatDuration(run.pauseMs),
    formatDuration(run.durationMs),
  ]);
  const headings = ['', 'lost', 'duplicated', 'torn', 'aborted but seen', 'failed', 'hidden', 'pause', 'took'];
  return {
    isGood,
    value: { isGood, load, runs },
    tables: [{ title: `${title}\n`, headings, rows }, legend(load, runs)],
  };
}

function verdictOf(load: LoadBalance, once: RunReport | undefined): string {
  if (!load.isClean) return `The input is not what was sent: ${JSON.stringify(load)}.`;
  if (once === undefined) return 'Nothing was processed exactly once.';
  if (once.isClean) return `Only ${once.faults} of ${once.faultsPlanned} faults struck: give it more flights.`;
  const { lost, duplicated, torn, abortedButSeen, altered } = once;
  const found = Object.entries({ lost, duplicated, torn, 'aborted but seen': abortedButSeen, altered })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${groupDigits(count)} ${what}`);
  return `Exactly once was broken: ${found.join(', ')}.`;
}

function legend(load: LoadBalance & SendReport, runs: readonly RunReport[]): { headings: string[]; rows: Cell[][] } {
  const refusal = runs.find(({ guarantee }) => guarantee === 'exactly-once')?.zombieRefused;
  const sent =
    `${groupDigits(load.sent)} flights acknowledged, ${groupDigits(load.stored)} in the log, ${load.lost} lost, ` +
    `${load.duplicated} twice; paused ${formatDuration(load.pauseMs)} at most, a new leader after ` +
    formatDuration(load.electionMs);
  return {
    headings: ['', 'meaning'],
    rows: [
      ['input', sent],
      ['lost', 'flights without any output'],
      ['duplicated', 'outputs beyond the first of a flight'],
      ['torn', 'slices of which a part counts: some outputs, or outputs without offsets, or offsets without outputs'],
      ['aborted but seen', 'visible outputs of slices that were aborted, or given up'],
      ['failed', 'slices whose process was killed, or that the cluster refused'],
      ['hidden', 'outputs in the log that no read_committed reader sees'],
      ['pause', 'between two slices of one partition, at most'],
      ['zombie', refusal === undefined ? 'was not refused' : `the paused processor was refused: ${refusal}`],
    ],
  };
}
