/** Runs the checks of clients on one cluster and says what came of each. */
import type { Check } from './checks.ts';
import type { ClientFactory, ClientUnderTest } from './client-under-test.ts';
import { hapaxClient } from './hapax-client.ts';
import { javaClient } from './java-client.ts';
import { kafkajsClient } from './kafkajs-client.ts';
import { kcatClient } from './kcat-client.ts';
import { librdkafkaClient } from './librdkafka-client.ts';
import { platformaticClient } from './platformatic-client.ts';
import type { TestBed } from '../cluster/test-bed.ts';

/** Every client by the name that it is asked for. */
export const CLIENTS = {
  kcat: kcatClient,
  kafkajs: kafkajsClient,
  platformatic: platformaticClient,
  librdkafka: librdkafkaClient,
  java: javaClient,
  hapax: hapaxClient,
} as const satisfies Record<string, ClientFactory>;

export type ClientName = keyof typeof CLIENTS;

/** The checks that a client can be asked for: a client without transactions has no cells for those. */
export function checksFor(client: ClientUnderTest, checks: readonly Check[]): Check[] {
  return checks.filter(({ needsTransactions }) => needsTransactions !== true || client.transactions !== undefined);
}

/** One cell of the matrix. */
export interface Outcome {
  readonly client: string;
  readonly version: string;
  readonly notes: readonly string[];
  readonly check: string;
  readonly isPassed: boolean;
  readonly durationMs: number;
  /** Why not, where it did not pass. */
  readonly reason?: string;
}

let topicsUsed = 0;

/** Closes a client; says so where it hangs, and goes on. */
export async function closeClient(client: ClientUnderTest): Promise<void> {
  await within(CLOSE_MS, client.close()).catch((error: Error) => {
    process.stderr.write(`${client.name} was not closed: ${error.message}\n`);
  });
}

const CLOSE_MS = 60_000;

/** Runs one check of a client. Never rejects. */
export async function runCheck(client: ClientUnderTest, bed: TestBed, check: Check): Promise<Outcome> {
  const startedMs = performance.now();
  const topic = `${check.name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-')}-${++topicsUsed}`;
  const about = { client: client.name, version: client.version, notes: client.notes, check: check.name };
  try {
    await within(CHECK_MS, check.run(client, bed, topic));
    return { ...about, isPassed: true, durationMs: Math.round(performance.now() - startedMs) };
  } catch (error) {
    const reason = reasonOf(error);
    return { ...about, isPassed: false, durationMs: Math.round(performance.now() - startedMs), reason };
  }
}

/** The same, or a failure when it takes too long: a client that hangs must not hang the others. */
async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: no outcome within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

const CHECK_MS = 240_000;

/** The message with those of its causes; clients hide what happened in there. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const causes = [error.cause, ...(error instanceof AggregateError ? (error.errors as unknown[]) : [])];
  const told = [...new Set(causes.filter((cause) => cause !== undefined).map(reasonOf))].slice(-CAUSES_MAX);
  return told.length === 0 ? error.message : `${error.message} (${told.join('; ')})`;
}

const CAUSES_MAX = 3;
