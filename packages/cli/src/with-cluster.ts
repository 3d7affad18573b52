/** Options that commands against a cluster share, and the connection that comes of them. */
import { AppError } from '@hapax/base';
import { connect, type HapaxClient } from '@hapax/client';
import { Option, type Command } from 'commander';
import { usage } from './exit-code.ts';
import { OUTPUT_FORMATS, type OutputFormat } from './output.ts';
import { note, type Terminal } from './terminal.ts';

export interface ClusterFlags {
  readonly bootstrap?: string;
  /** How long to try, in milliseconds. */
  readonly timeout: number;
}

export interface OutputFlags {
  readonly output: OutputFormat;
}

const DEFAULT_BOOTSTRAP = 'localhost:9092';
const BOOTSTRAP_VARIABLE = 'HAPAX_BOOTSTRAP';

/** Adds `-b` and `--timeout`. */
export function clusterOptions(command: Command): Command {
  return command
    .option(
      '-b, --bootstrap <host:port,…>',
      `brokers to begin with (env ${BOOTSTRAP_VARIABLE}; default ${DEFAULT_BOOTSTRAP})`,
    )
    .addOption(
      new Option('--timeout <time>', 'how long to try: 500ms, 30s, 2m').argParser(parseDuration).default(30_000, '30s'),
    );
}

/** Adds `-o table|json|yaml`, and `--json` for short. */
export function outputOption(command: Command): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how to print').choices(OUTPUT_FORMATS).default('table'))
    .addOption(new Option('--json', 'the same as -o json').implies({ output: 'json' }));
}

/** Brokers to begin with: from the command line, else the environment, else the local ones. */
function bootstrapOf(terminal: Terminal, flags: { readonly bootstrap?: string }): string {
  return flags.bootstrap ?? terminal.environment[BOOTSTRAP_VARIABLE] ?? DEFAULT_BOOTSTRAP;
}

/** Connects, works, and closes the connection whatever happens. Throws `not-ready` where nobody answers. */
export async function withClient<T>(
  terminal: Terminal,
  flags: ClusterFlags,
  work: (client: HapaxClient) => Promise<T>,
): Promise<T> {
  const bootstrap = bootstrapOf(terminal, flags);
  const slow = setTimeout(() => note(terminal, `connecting to ${bootstrap} …`), SLOW_MS);
  const client = await connectTo(bootstrap, flags.timeout).finally(() => clearTimeout(slow));
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

const CONNECT_TIMEOUT_MS = 10_000;
/** After this long, people are told what they wait for. */
const SLOW_MS = 1000;

async function connectTo(bootstrap: string, timeoutMs: number): Promise<HapaxClient> {
  const connectTimeoutMs = Math.min(timeoutMs, CONNECT_TIMEOUT_MS);
  try {
    return await connect({ bootstrap, clientId: 'hapax-cli', connectTimeoutMs, requestTimeoutMs: timeoutMs });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'timed-out') throw error;
    throw new AppError('not-ready', error.message, { retriable: true, definite: true, cause: error });
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A span of time as people write it; a bare number is seconds. Throws `usage`. */
export function parseDuration(text: string): number {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/u.exec(text);
  const durationMs = Number(found?.[1]) * (UNITS_MS[found?.[2] ?? 's'] ?? 0);
  if (!(durationMs > 0)) throw usage(`"${text}" is no span of time above 0: write 500ms, 30s, 2m or 1h`);
  return durationMs;
}

/** A whole number within bounds, for an option. Throws `usage`. */
export function parseWhole(what: string, min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^-?\d+$/u.test(text) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw usage(`${what} is "${text}": it must be a whole number ${range}`);
  };
}

/** Collects `key=value` of an option that may come many times. Throws `usage`. */
export function collectPairs(text: string, previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at <= 0) throw usage(`"${text}" is no setting: write key=value`);
  return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Collects the values of an option that may come many times. */
export function collect(text: string, previous: readonly string[] = []): string[] {
  return [...previous, text];
}
