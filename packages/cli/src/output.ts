/** What a command found, as a table for people or as JSON or YAML for programs. */
import Table from 'cli-table3';
import { stringify } from 'yaml';
import { colorsFor, type Terminal } from './terminal.ts';

export const OUTPUT_FORMATS = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** A cell of a table. Numbers stand on the right. */
export type Cell = string | number;

/** Rows under headings. Every row has as many cells as there are headings. */
export interface TableView {
  /** Above the table, where several are shown. */
  readonly title?: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Shown where there are no rows. */
  readonly empty?: string;
}

/** A result: the value that programs get, and what people see of it. */
export interface Result {
  readonly value: unknown;
  readonly tables: readonly TableView[];
}

/** Writes a result to standard output. */
export function printResult(terminal: Terminal, format: OutputFormat, result: Result): void {
  terminal.output.write(renderResult(format, result, colorsFor(terminal, terminal.output).isColorSupported));
}

/** A result as text, with a line break at its end. */
export function renderResult(format: OutputFormat, result: Result, withColors: boolean): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(result.value, undefined, 2)}\n`;
    case 'yaml':
      return stringify(result.value);
    case 'table':
      return result.tables.map((view) => renderTable(view, withColors)).join('\n');
  }
}

const NO_LINES = {
  'top': '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  'bottom': '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  'left': '',
  'left-mid': '',
  'mid': '',
  'mid-mid': '',
  'right': '',
  'right-mid': '',
  'middle': '   ',
};

function renderTable(view: TableView, withColors: boolean): string {
  const title = view.title === undefined ? '' : `${view.title}\n`;
  if (view.rows.length === 0) return `${title}${view.empty ?? 'nothing'}\n`;
  const table = new Table({
    chars: NO_LINES,
    colAligns: view.headings.map((_, at) => (view.rows.every((row) => isNumeric(row[at])) ? 'right' : 'left')),
    head: view.headings.map((heading) => heading.toUpperCase()),
    style: { 'padding-left': 0, 'padding-right': 0, 'head': withColors ? ['bold'] : [], 'border': [], 'compact': true },
  });
  table.push(...view.rows.map((row) => row.map((cell) => (typeof cell === 'number' ? groupDigits(cell) : cell))));
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return `${title}${lines.join('\n')}\n`;
}

/** A number, or the dash that stands where there is none. */
function isNumeric(cell: Cell | undefined): boolean {
  return typeof cell === 'number' || cell === '-';
}

/** Thousands apart, for people: 12,345. */
export function groupDigits(value: number): string {
  return value.toLocaleString('en-US');
}

/** Bytes in the unit that keeps the number short: 1.5 MiB. */
export function formatBytes(sizeBytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = sizeBytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A span of time: 870 ms, 2.3 s, 4 min 10 s, 3 h 20 min, 2 d 5 h. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 60_000) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours < 1) return `${minutes} min ${seconds % 60} s`;
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
