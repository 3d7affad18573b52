/** `-o`: where reading begins. */
import type { Admin, TopicPartition } from '@hapax/client';
import { usage } from './exit-code.ts';
import { offsetsByPlace, placeOf } from './views/topic-views.ts';
import { parseDuration } from './with-cluster.ts';

export type StartOffset =
  | { readonly kind: 'beginning' | 'end' | 'stored' }
  | { readonly kind: 'offset'; readonly offset: number }
  /** So many records before the end. */
  | { readonly kind: 'last'; readonly count: number }
  | { readonly kind: 'since'; readonly timestampMs: number };

const NAMES: Readonly<Record<string, StartOffset>> = {
  beginning: { kind: 'beginning' },
  earliest: { kind: 'beginning' },
  end: { kind: 'end' },
  latest: { kind: 'end' },
  stored: { kind: 'stored' },
};

/** Reads `-o`. Throws `usage`. */
export function parseStartOffset(text: string, nowMs: number): StartOffset {
  const named = Object.hasOwn(NAMES, text) ? NAMES[text] : undefined;
  if (named !== undefined) return named;
  if (/^\d{1,15}$/u.test(text)) return { kind: 'offset', offset: Number(text) };
  if (/^-\d{1,15}$/u.test(text)) return { kind: 'last', count: -Number(text) };
  if (/^s@\d{1,15}$/u.test(text)) return { kind: 'since', timestampMs: Number(text.slice(2)) };
  if (text.endsWith('-ago'))
    return { kind: 'since', timestampMs: nowMs - parseDuration(text.slice(0, -'-ago'.length)) };
  throw usage(`-o ${text}: write beginning, end, stored, 42, -10 (the last ten), s@1767225600000 or 1h-ago`);
}

/** A partition, the offset to begin at, and where its log ended just now. */
export interface Span extends TopicPartition {
  readonly offset: number;
  readonly logEnd: number;
}

/** Turns a start into an offset for each partition. */
export async function spansOf(
  admin: Admin,
  partitions: readonly TopicPartition[],
  start: StartOffset,
): Promise<Span[]> {
  const at = async (place: 'earliest' | 'latest' | number): Promise<Map<string, number>> =>
    offsetsByPlace(await admin.listOffsets(partitions.map((one) => ({ ...one, at: place }))));
  const [first, end] = await Promise.all([at('earliest'), at('latest')]);
  const timed = start.kind === 'since' ? await at(start.timestampMs) : undefined;
  return partitions.map((one) => {
    const place = placeOf(one.topic, one.partition);
    const bounds = { logStart: first.get(place) ?? 0, logEnd: end.get(place) ?? 0 };
    return { ...one, offset: startWithin(start, bounds, timed?.get(place)), logEnd: bounds.logEnd };
  });
}

function startWithin(
  start: StartOffset,
  { logStart, logEnd }: { logStart: number; logEnd: number },
  timed: number | undefined,
): number {
  switch (start.kind) {
    case 'beginning':
    case 'stored':
      return logStart;
    case 'end':
      return logEnd;
    case 'offset':
      return start.offset;
    case 'last':
      return Math.max(logStart, logEnd - start.count);
    case 'since':
      // −1 says that no record is that new.
      return timed === undefined || timed < 0 ? logEnd : timed;
  }
}
