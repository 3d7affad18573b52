/** What the commands print, and how they read their numbers. */

/** Prints a line. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Shows how far a command is, over the line before, where somebody watches. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u{1b}[K${text} `);
}

/** Ends the line of progress. */
export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u{1b}[K');
}

/** A command that was called in a way that it does not know; the message says what to give. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The number of 0 or more that an option was given; UsageError for anything else. */
export function numberOption(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new UsageError(`--${option} is ${JSON.stringify(text)}: give a number of 0 or more`);
}

/** Runs a command; one that was called wrongly says how to call it and answers 2. */
export async function withUsage(usage: string, run: () => Promise<number> | number): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof UsageError) && !isParseError(error)) throw error;
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    return 2;
  }
}

function isParseError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
