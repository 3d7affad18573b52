/** Where a group's offsets are to go, and what that means for each partition. */
import type { Admin, CommittedOffset, TopicPartition } from '@hapax/client';
import { usage } from './exit-code.ts';
import { offsetsByPlace, placeOf } from './views/topic-views.ts';
import { parseDuration } from './with-cluster.ts';

export type ResetTarget =
  | { readonly kind: 'earliest' | 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'shift'; readonly by: number }
  | { readonly kind: 'time'; readonly timestampMs: number };

/** A partition's committed offset before and after. */
export interface OffsetMove extends TopicPartition {
  /** Null where nothing was committed. */
  readonly from: number | null;
  readonly to: number;
  readonly logStart: number;
  readonly logEnd: number;
}

/** Reads `--to`. Throws `usage`. */
export function parseResetTarget(text: string, nowMs: number): ResetTarget {
  if (text === 'earliest' || text === 'latest') return { kind: text };
  if (/^\d{1,15}$/u.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^[+-]\d{1,15}$/u.test(text)) return { kind: 'shift', by: Number(text) };
  if (text.endsWith('-ago')) return { kind: 'time', timestampMs: nowMs - parseDuration(text.slice(0, -'-ago'.length)) };
  const timestampMs = Date.parse(text);
  if (/^\d{4}-/u.test(text) && !Number.isNaN(timestampMs)) return { kind: 'time', timestampMs };
  throw usage(`--to ${text}: write earliest, latest, 42, +10, -10, 2026-01-31T12:00:00Z or 1h-ago`);
}

/** What each partition's offset would become. Offsets beyond the log are moved to its nearest end. */
export async function planReset(
  admin: Admin,
  partitions: readonly TopicPartition[],
  committed: readonly CommittedOffset[],
  target: ResetTarget,
): Promise<OffsetMove[]> {
  const at = (place: 'earliest' | 'latest' | number) =>
    admin.listOffsets(partitions.map((one) => ({ ...one, at: place })));
  const [starts, ends] = await Promise.all([at('earliest'), at('latest')]);
  const timed = target.kind === 'time' ? offsetsByPlace(await at(target.timestampMs)) : undefined;
  const start = offsetsByPlace(starts);
  const end = offsetsByPlace(ends);
  const before = offsetsByPlace(committed.map((one) => ({ ...one, timestampMs: -1 })));
  return partitions.map(({ topic, partition }) => {
    const place = placeOf(topic, partition);
    const bounds = { logStart: start.get(place) ?? 0, logEnd: end.get(place) ?? 0 };
    const from = before.get(place) ?? null;
    const wanted = wantedOffset(target, { ...bounds, from, timed: timed?.get(place) });
    return { topic, partition, from, to: Math.min(Math.max(wanted, bounds.logStart), bounds.logEnd), ...bounds };
  });
}

function wantedOffset(
  target: ResetTarget,
  known: { from: number | null; logStart: number; logEnd: number; timed: number | undefined },
): number {
  switch (target.kind) {
    case 'earliest':
      return known.logStart;
    case 'latest':
      return known.logEnd;
    case 'offset':
      return target.offset;
    case 'shift':
      return (known.from ?? known.logStart) + target.by;
    case 'time':
      // −1 says that no record is that new.
      return known.timed === undefined || known.timed < 0 ? known.logEnd : known.timed;
  }
}
