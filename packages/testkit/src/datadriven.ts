/** Runs golden traces: files of commands, each with the output that it must have (cockroachdb/datadriven's format). */
import { readFileSync, writeFileSync } from 'node:fs';

/** One command of a script. */
export interface DatadrivenCase {
  /** The file and line of the command, for messages. */
  readonly position: string;
  readonly command: string;
  /** `key`, `key=value` and `key=(value, value)`, in order. A key alone has no values. */
  readonly args: readonly DatadrivenArg[];
  /** The lines between the command and `----`. */
  readonly body: string;
  /** What stands behind `----`, with a newline at its end unless it is empty. */
  readonly expected: string;
}

export interface DatadrivenArg {
  readonly key: string;
  readonly values: readonly string[];
}

/** A case, and where its output stands. */
interface Block {
  readonly test: DatadrivenCase;
  /** Lines up to and including `----`. */
  readonly head: readonly string[];
}

/**
 * Runs each command of a file and compares what it prints with what stands behind its `----`. Throws at the first that
 * differs. With UPDATE_GOLDEN=1 in the environment the file is rewritten instead: read the change before you keep it.
 */
export function runDatadriven(path: string, run: (test: DatadrivenCase) => string): void {
  const blocks = parseBlocks(readFileSync(path, 'utf8'), path);
  const isUpdate = process.env['UPDATE_GOLDEN'] === '1';
  const written: string[] = [];
  for (const { test, head } of blocks) {
    const actual = endInNewline(run(test));
    if (isUpdate) written.push(...head, ...outputLines(actual));
    else if (actual !== test.expected) throw new Error(describeDifference(test, actual));
  }
  if (isUpdate) writeFileSync(path, `${written.join('\n')}\n`);
}

/** The commands of a script, without running it. */
export function parseDatadriven(text: string, name: string): readonly DatadrivenCase[] {
  return parseBlocks(text, name).map((block) => block.test);
}

/** The values of an argument; undefined where it is not given. */
export function findArg(test: DatadrivenCase, key: string): readonly string[] | undefined {
  return test.args.find((arg) => arg.key === key)?.values;
}

function parseBlocks(text: string, name: string): readonly Block[] {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const start = at;
    while (at < lines.length && isBlankOrComment(lines[at] ?? '')) at++;
    if (at >= lines.length) break;
    const position = `${name}:${at + 1}`;
    const commandLine = lines[at++] ?? '';
    const bodyStart = at;
    while (at < lines.length && lines[at] !== '----') at++;
    if (at >= lines.length) throw new Error(`${position}: the command has no ---- behind it`);
    const body = lines.slice(bodyStart, at).join('\n');
    const head = lines.slice(start, ++at);
    const output = readOutput(lines, at);
    at = output.next;
    const { command, args } = parseCommand(commandLine, position);
    blocks.push({ head, test: { position, command, args, body, expected: endInNewline(output.text) } });
  }
  return blocks;
}

/** Output ends at a blank line; output with blank lines in it stands between two pairs of `----`. */
function readOutput(lines: readonly string[], start: number): { readonly text: string; readonly next: number } {
  let at = start;
  if (lines[at] === '----') {
    const from = ++at;
    while (at < lines.length && !(lines[at] === '----' && lines[at + 1] === '----')) at++;
    return { text: lines.slice(from, at).join('\n'), next: at + 2 };
  }
  while (at < lines.length && lines[at] !== '') at++;
  return { text: lines.slice(start, at).join('\n'), next: at };
}

function outputLines(output: string): readonly string[] {
  const lines = output.split('\n').slice(0, -1);
  return lines.includes('') ? ['----', ...lines, '----', '----'] : lines;
}

/** Splits `command key key=value key=(value, value)`. */
function parseCommand(line: string, position: string): Pick<DatadrivenCase, 'command' | 'args'> {
  const words = line.match(/[^\s=()]+(?:=\([^)]*\)|=[^\s]*)?|\([^)]*\)/g) ?? [];
  const [command, ...rest] = words;
  if (command === undefined) throw new Error(`${position}: no command in "${line}"`);
  const args = rest.map((word) => {
    const split = word.indexOf('=');
    if (split < 0) return { key: word, values: [] };
    const value = word.slice(split + 1);
    const isList = value.startsWith('(');
    const values = isList ? value.slice(1, -1).split(',').map((part) => part.trim()) : [value];
    return { key: word.slice(0, split), values: values.filter((part) => part !== '') };
  });
  return { command, args };
}

function isBlankOrComment(line: string): boolean {
  return line.trim() === '' || line.startsWith('#');
}

function endInNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function describeDifference(test: DatadrivenCase, actual: string): string {
  const line = [test.command, ...test.args.map((arg) => [arg.key, ...arg.values].join(' '))].join(' ');
  return `${test.position}: ${line}\n--- expected\n${test.expected}--- actual\n${actual}`;
}
