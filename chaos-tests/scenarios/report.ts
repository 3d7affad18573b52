/** Verdicts as text: a line a scenario, reasons at the end. */
import type { Outcome } from './run-scenario.ts';

const COLUMNS = [
  'sent', 'acked', 'unknown', 'stored', 'lost', 'duplicated', 'outOfOrder', 'resurrected', 'unread', 'readAgain',
  'longestPauseMs',
] as const;

export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const title = ['', 'scenario', ...COLUMNS];
  const rows = outcomes.map(({ scenario, isPassed, verdict }) => {
    return [isPassed ? '✓' : '✗', scenario, ...COLUMNS.map((column) => String(verdict?.[column] ?? '?'))];
  });
  const table = [title, ...rows];
  const widths = title.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => {
    const cells = row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
    return cells.join('  ').trimEnd();
  });
  const reasons = outcomes.filter(({ isPassed }) => !isPassed).map(({ scenario, reason, directory }) => {
    return `✗ ${scenario}: ${reason}${directory === undefined ? '' : `; data and logs are in ${directory}`}`;
  });
  return `${[...lines, ...reasons].join('\n')}\n`;
}
