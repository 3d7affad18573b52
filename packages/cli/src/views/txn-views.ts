/** Transactions as tables and as values. */
import type { TransactionDescription, TransactionListing } from '@hapax/client';
import type { CoordinatorsStatus, TransactionTimeline } from '../inspect-nodes.ts';
import type { JudgedTransaction } from '../open-transactions.ts';
import { formatDuration, type Cell, type Result } from '../output.ts';

/** One line a transactional id. */
export function txnListView(listings: readonly TransactionListing[]): Result {
  const rows = listings.map((one) => [one.transactionalId, one.producerId, one.state]);
  const headings = ['transactional id', 'producer id', 'state'];
  return { value: listings, tables: [{ headings, rows, empty: 'no transactional ids' }] };
}

/** What each id is in, and the partitions of its transaction. */
export function txnView(descriptions: readonly TransactionDescription[], nowMs: number): Result {
  const value = descriptions.map((one) => {
    return { ...one, openMs: one.startMs < 0 ? null : Math.max(0, nowMs - one.startMs) };
  });
  const tables = value.map((one) => ({
    title: titleOf(one),
    headings: ['topic', 'partition'],
    rows: one.partitions.map(({ topic, partition }) => [topic, partition]),
    empty: 'no partitions: nothing is open',
  }));
  return { value, tables };
}

function titleOf(one: TransactionDescription & { readonly openMs: number | null }): string {
  const since = one.openMs === null ? '' : `, open for ${formatDuration(one.openMs)} since ${timeOf(one.startMs)}`;
  const who = `producer ${one.producerId}, epoch ${one.producerEpoch}, timeout ${formatDuration(one.timeoutMs)}`;
  return `${one.transactionalId}  ${one.state}${since}; ${who}, coordinator ${one.coordinatorId}`;
}

/** What happened to an id, one line a move. */
export function timelineView(transactionalId: string, entries: TransactionTimeline['entries']): Result {
  const rows = entries.map((one, at) => [
    timeOf(one.wallMs),
    at === 0 ? '-' : `+${formatDuration(Math.max(0, one.wallMs - (entries[at - 1]?.wallMs ?? 0)))}`,
    one.state,
    String(one.producerEpoch),
    one.partitionCount,
    one.who === '' ? '-' : one.who,
    one.offset,
  ]);
  const headings = ['time', 'after', 'state', 'epoch', 'partitions', 'who', 'offset'];
  const empty = 'its coordinator remembers nothing of it';
  return { value: { transactionalId, entries }, tables: [{ title: transactionalId, headings, rows, empty }] };
}

/** Who was fenced, by whom. */
export function fencesView(fences: CoordinatorsStatus['fences']): Result {
  const rows = fences.map(({ wallMs, transactionalId, cause, fenced, by }) => [
    timeOf(wallMs),
    transactionalId,
    cause,
    partyOf(fenced),
    partyOf(by),
  ]);
  const headings = ['time', 'transactional id', 'cause', 'fenced', 'by'];
  const empty = 'nobody was fenced, as far as the coordinators remember';
  return { value: fences, tables: [{ headings, rows, empty }] };
}

/** Open transactions with the verdict on each. `searched` is how many partitions were looked at. */
export function judgedView(judged: readonly JudgedTransaction[], nowMs: number, searched: number): Result {
  const rows = judged.map((one) => judgedRow(one, nowMs));
  const empty = `nothing hangs in ${searched} partitions`;
  return { value: { searched, transactions: judged }, tables: [{ headings: JUDGED_HEADINGS, rows, empty }] };
}

export const JUDGED_HEADINGS = [
  'topic',
  'partition',
  'start offset',
  'producer id',
  'epoch',
  'transactional id',
  'state',
  'open for',
  'last write',
  'verdict',
];

/** The cells of an open transaction, under {@link JUDGED_HEADINGS}. */
export function judgedRow(one: JudgedTransaction, nowMs: number): Cell[] {
  return [
    one.topic,
    one.partition,
    one.startOffset,
    one.producerId,
    String(one.producerEpoch),
    one.transactionalId ?? '-',
    one.state ?? '-',
    formatDuration(Math.max(0, nowMs - one.sinceMs)),
    timeOf(one.lastTimestampMs),
    one.verdict,
  ];
}

function partyOf({ who, producerId, producerEpoch }: CoordinatorsStatus['fences'][number]['by']): string {
  const identity = producerId < 0 ? '' : ` (producer ${producerId}, epoch ${producerEpoch})`;
  return `${who === '' ? 'unknown' : who}${identity}`;
}

/** A time as people and programs read it; a dash where there is none. */
export function timeOf(wallMs: number): string {
  return wallMs < 0 ? '-' : new Date(wallMs).toISOString();
}
