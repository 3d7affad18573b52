/** The table of mutations for the documentation: what is wrong in each, and how it was caught. */
import type { NamedMutation } from './catalogue.ts';

const BEGIN = '<!-- mutations: begin -->\n';
const END = '<!-- mutations: end -->\n';

/** The table in Markdown, a row a mutation, and behind it the rows that cannot exist with their reasons. */
export function killTable(catalogue: readonly NamedMutation[], impossible: Readonly<Record<number, string>>): string {
  const caught = catalogue.filter(({ recorded }) => recorded !== undefined);
  const rows = new Set(caught.map(({ mutation }) => mutation.row));
  const reasons = Object.entries(impossible).map(([row, reason]) => `- ${row}: ${reason}.`);
  return [
    `${caught.length} of ${catalogue.length} mutations are caught, of ${rows.size} rows.`,
    '',
    '| row | recreates | what is wrong | caught by | seeds | CPU s | faults |',
    '|---|---|---|---|---|---|---|',
    ...catalogue.map(rowOf),
    '',
    'Rows that cannot exist here:',
    '',
    ...reasons,
    '',
  ].join('\n');
}

/** The text with the table put in its place; throws where it has no such place. */
export function withKillTable(text: string, table: string): string {
  const from = text.indexOf(BEGIN);
  const to = text.indexOf(END);
  if (from < 0 || to < from) throw new Error(`the text has no place for the table: ${BEGIN.trim()} and ${END.trim()}`);
  return `${text.slice(0, from + BEGIN.length)}\n${table}\n${text.slice(to)}`;
}

function rowOf({ mutation, recorded }: NamedMutation): string {
  const { row, bug, what, survives } = mutation;
  if (recorded === undefined) return `| ${row} | ${bug} | ${what} | not yet: ${survives} | | | |`;
  const { invariant, seed, seedsTried, cpuSeconds, faults } = recorded;
  const cpu = cpuSeconds.toFixed(1);
  return `| ${row} | ${bug} | ${what} | ${invariant}, seed ${seed} | ${seedsTried} | ${cpu} | ${faults ?? ''} |`;
}
