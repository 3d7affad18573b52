/** What transactions cost: one after another, in processing, and many ids at once. */
import { measureCommits } from './commit-load.ts';
import { measureManyIds } from './many-ids.ts';
import { measureProcessing, type ProcessingResult } from './processing-load.ts';
import type { Figure } from './scenarios.ts';

const PAGE_CACHE = { flush: 'os' };
const DURABLE = { flush: 'fsync' };

/** Every figure of transactions, each measured on a cluster of its own. */
export async function measureTransactions(durationMs: number): Promise<readonly Figure[]> {
  const cached = await measureCommits(PAGE_CACHE, durationMs);
  const synced = await measureCommits(DURABLE, durationMs);
  const many = await measureProcessing(PAGE_CACHE, { processors: 6, durationMs });
  const one = await measureProcessing(PAGE_CACHE, { processors: 1, durationMs });
  const ids = await measureManyIds(PAGE_CACHE);
  return [
    atLeast('back-to-back commits, flush=os', '/s', cached.commitsPerSecond, 400),
    atMost('one transaction, flush=os, p50', 'ms', cached.latencyMs.p50, 2.5),
    atLeast('back-to-back commits, flush=fsync', '/s', synced.commitsPerSecond, 180),
    atLeast('six processors with transactions, of without', '%', shareOf(many), 60),
    // It waits for four rounds of replication with transactions, and for two without.
    atLeast('one processor with transactions, of without', '%', shareOf(one), 60),
    atMost('load of 10,000 open transactions', 'ms', ids.loadMs, 2000),
    atMost('killed coordinator until the next one answers', 'ms', ids.failoverMs, 3000),
    atMost('heap of an idle transactional id', 'B', ids.bytesPerIdleId, 2048),
  ];
}

function shareOf({ withTransactions, withoutTransactions }: ProcessingResult): number {
  return (100 * withTransactions) / withoutTransactions;
}

function atLeast(name: string, unit: string, value: number, goal: number): Figure {
  return { name, unit, value, goal, higherIsBetter: true };
}

function atMost(name: string, unit: string, value: number, goal: number): Figure {
  return { name, unit, value, goal, higherIsBetter: false };
}
