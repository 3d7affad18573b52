/** A terminal over memory: what a command is given, and what it wrote. */
import { PassThrough, Readable } from 'node:stream';
import type { Terminal } from '@hapax/cli';

export interface TestTerminal extends Terminal {
  /** What came on standard output so far. */
  written(): string;
  /** What came on standard error so far. */
  notes(): string;
  /** As Ctrl-C does. */
  interrupt(): void;
}

/** A terminal that is a pipe on all sides, with `input` on standard input. */
export function testTerminal(input = '', environment: Readonly<Record<string, string>> = {}): TestTerminal {
  const output = collector();
  const errors = collector();
  const callbacks = new Set<() => void>();
  return {
    input: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    output: output.stream,
    errors: errors.stream,
    environment,
    onInterrupt(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    written: output.text,
    notes: errors.text,
    interrupt: () => callbacks.forEach((callback) => callback()),
  };
}

function collector(): { readonly stream: PassThrough; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream, text: () => Buffer.concat(chunks).toString() };
}
