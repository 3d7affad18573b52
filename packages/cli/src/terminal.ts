/** Where a command reads and writes: the process's own streams, or those of a test. */
import type { Readable, Writable } from 'node:stream';
import pico from 'picocolors';

/** Colors as functions from text to text. */
export type Colors = ReturnType<typeof pico.createColors>;

/** A stream that may be a screen. */
export type Screen = Writable & { readonly isTTY?: boolean; readonly columns?: number };

export interface Terminal {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** What was asked for: data, tables, help. */
  readonly output: Screen;
  /** Everything else: progress, notes, errors. */
  readonly errors: Screen;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Calls back when somebody asks to stop (Ctrl-C, SIGTERM). Answers how to stop listening. */
  onInterrupt(callback: () => void): () => void;
}

/** The streams and signals of this process. */
export const processTerminal: Terminal = {
  input: process.stdin,
  output: process.stdout,
  errors: process.stderr,
  environment: process.env,
  onInterrupt(callback) {
    process.on('SIGINT', callback);
    process.on('SIGTERM', callback);
    return () => {
      process.off('SIGINT', callback);
      process.off('SIGTERM', callback);
    };
  },
};

/** Colors for a screen; none for a pipe, or where `NO_COLOR` is set (https://no-color.org). */
export function colorsFor(terminal: Terminal, screen: Screen): Colors {
  return pico.createColors(hasColors(terminal, screen));
}

/** Whether a stream takes colors. `NO_COLOR` wins over `FORCE_COLOR`. */
export function hasColors({ environment }: Terminal, screen: Screen): boolean {
  if ((environment['NO_COLOR'] ?? '') !== '') return false;
  if ((environment['FORCE_COLOR'] ?? '0') !== '0') return true;
  return screen.isTTY === true && environment['TERM'] !== 'dumb';
}

/** A line for people, beside the data. */
export function note(terminal: Terminal, line: string): void {
  terminal.errors.write(`${line}\n`);
}
