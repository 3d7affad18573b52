/**
 * How long to wait before the next attempt: exponential with jitter, so that clients do not come back in step.
 * [KIP-580]
 */
import type { Random } from '@hapax/base';

/** The first wait and the longest, in milliseconds. */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** While the markers of the transaction before are on their way: short at first, as Kafka's own client waits. */
export const CONCURRENT_BACKOFF: BackoffOptions = { initialMs: 20, maxMs: 200 };

/** The wait after the given number of failures (1 or more): doubled each time, within ±20 %. */
export function backoffMs(options: BackoffOptions, failures: number, random: Random): number {
  const base = Math.min(options.maxMs, options.initialMs * 2 ** Math.min(failures - 1, 20));
  return base * (0.8 + 0.4 * random.nextFloat());
}
