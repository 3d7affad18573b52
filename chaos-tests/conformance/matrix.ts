/** The matrix as text: clients beside each other, capabilities below each other, reasons at the end. */
import type { Outcome } from './run-checks.ts';

export function renderMatrix(outcomes: readonly Outcome[]): string {
  const clients = [...new Map(outcomes.map(({ client, version }) => [client, `${client} ${version}`])).entries()];
  const checks = [...new Set(outcomes.map(({ check }) => check))];
  const cells = new Map(outcomes.map((outcome) => [`${outcome.client} ${outcome.check}`, outcome]));
  const failed = outcomes.filter(({ isPassed }) => !isPassed);
  const rows = checks.map((check) => [check, ...clients.map(([client]) => mark(cells.get(`${client} ${check}`)))]);
  const table = [['', ...clients.map(([, title]) => title)], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
  const reasons = failed.flatMap(({ client, check, reason = '' }) => [`✗ ${client}: ${check}`, indented(reason)]);
  const notes = clients.flatMap(([client]) => {
    const told = outcomes.find((outcome) => outcome.client === client)?.notes ?? [];
    return told.map((note) => `${client}: ${note}`);
  });
  const sum = `${outcomes.length - failed.length} of ${outcomes.length} passed`;
  const blocks = [lines, reasons, notes, [sum]].filter(({ length }) => length > 0);
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function mark(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  return `${outcome.isPassed ? '✓' : '✗'} ${(outcome.durationMs / 1000).toFixed(1)} s`;
}

function indented(text: string): string {
  return text.split('\n').map((line) => `    ${line}`).join('\n');
}
