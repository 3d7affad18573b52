/** Transactions that are open in partitions, held against what their coordinators know of them. [KIP-664] */
import { AppError } from '@hapax/base';
import type { Admin, TopicMetadata, TopicPartition, TransactionDescription } from '@hapax/client';
import { placeOf } from './views/topic-views.ts';

/** A transaction with records in a partition and no marker behind them, as the partition's leader tells. */
export interface OpenTransaction extends TopicPartition {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of the coordinator that wrote there last; −1 if none has. */
  readonly coordinatorEpoch: number;
  readonly startOffset: number;
  /** When its producer wrote last, in milliseconds since 1970. */
  readonly lastTimestampMs: number;
}

/**
 * What is to be made of an open transaction. open: it is being worked on. overdue: its coordinator should have ended it
 * long ago. hanging: no coordinator has this partition in a transaction of its producer, so nobody will ever end it.
 */
export type Verdict = 'open' | 'overdue' | 'hanging';

export interface JudgedTransaction extends OpenTransaction {
  readonly verdict: Verdict;
  /** Null where no coordinator knows the producer id. */
  readonly transactionalId: string | null;
  /** Of the transactional id, whether or not its transaction has this partition. */
  readonly state: string | null;
  /** When it began, as its coordinator says; else when its producer wrote last. Milliseconds since 1970. */
  readonly sinceMs: number;
}

/** The topic in which coordinators keep their state. */
const TRANSACTION_TOPIC = '__transaction_state';

/** States in which partitions are owed a marker. */
const OPEN_STATES: readonly string[] = ['Ongoing', 'PrepareCommit', 'PrepareAbort', 'PrepareEpochFence'];

/** Open transactions of partitions, oldest first in each. */
export async function openTransactions(
  admin: Admin,
  partitions: readonly TopicPartition[],
): Promise<OpenTransaction[]> {
  const found = await admin.describeProducers(partitions);
  return found
    .flatMap(({ topic, partition, producers }) =>
      producers.map((one) => ({
        topic,
        partition,
        producerId: one.producerId,
        producerEpoch: one.producerEpoch,
        coordinatorEpoch: one.coordinatorEpoch,
        startOffset: one.currentTxnStartOffset,
        lastTimestampMs: one.lastTimestamp,
      })),
    )
    .filter(({ startOffset }) => startOffset >= 0)
    .toSorted((a, b) => byPlace(a, b) || a.startOffset - b.startOffset);
}

/**
 * What all coordinators know about producers. Throws `not-ready` where a coordinator has no leader: then nobody can say
 * that a transaction is unknown.
 */
export async function ownersOf(
  admin: Admin,
  topics: readonly TopicMetadata[],
  producerIds: readonly number[],
): Promise<TransactionDescription[]> {
  const log = topics.find(({ topic }) => topic === TRANSACTION_TOPIC)?.partitions ?? [];
  const absent = log.filter(({ leaderId }) => leaderId < 0).map(({ partition }) => partition);
  if (absent.length > 0) {
    const which = `partitions ${absent.join(', ')} of ${TRANSACTION_TOPIC} have no leader`;
    const message = `${which}: who owns a transaction cannot be told until their coordinators are back`;
    throw new AppError('not-ready', message, { retriable: true, definite: true });
  }
  if (producerIds.length === 0) return [];
  const listed = await admin.listTransactions({ producerIds: [...new Set(producerIds)] });
  const described = await Promise.all(listed.map(({ transactionalId }) => describeIfThere(admin, transactionalId)));
  return described.filter((one) => one !== undefined);
}

/** What a transactional id is in; undefined where its coordinator does not know it any more. */
async function describeIfThere(admin: Admin, transactionalId: string): Promise<TransactionDescription | undefined> {
  try {
    return await admin.describeTransaction(transactionalId);
  } catch (error) {
    if (error instanceof AppError && error.details['errorName'] === 'TRANSACTIONAL_ID_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Whether a coordinator has the partition in an open transaction of the producer, and so will end it there. */
export function isOwner(owner: TransactionDescription, open: OpenTransaction): boolean {
  if (owner.producerId !== open.producerId || !OPEN_STATES.includes(owner.state)) return false;
  return owner.partitions.some((one) => byPlace(one, open) === 0);
}

/** The verdict on an open transaction. It is overdue when it is older than `olderThanMs`. */
export function judgeTransaction(
  open: OpenTransaction,
  owners: readonly TransactionDescription[],
  { nowMs, olderThanMs }: { readonly nowMs: number; readonly olderThanMs: number },
): JudgedTransaction {
  const owner = owners.find((one) => isOwner(one, open));
  const known = owner ?? owners.find(({ producerId }) => producerId === open.producerId);
  const sinceMs = owner === undefined || owner.startMs < 0 ? open.lastTimestampMs : owner.startMs;
  const verdict = owner === undefined ? 'hanging' : nowMs - sinceMs > olderThanMs ? 'overdue' : 'open';
  return { ...open, verdict, transactionalId: known?.transactionalId ?? null, state: known?.state ?? null, sinceMs };
}

/**
 * Judges what is open in partitions. What seems to hang is looked at a second time: a transaction may end between the
 * question to the partition and that to the coordinators, but it never becomes known again with the same first offset.
 */
export async function judgePartitions(
  admin: Admin,
  topics: readonly TopicMetadata[],
  partitions: readonly TopicPartition[],
  limits: { readonly nowMs: number; readonly olderThanMs: number },
): Promise<JudgedTransaction[]> {
  const open = await openTransactions(admin, partitions);
  const owners = await ownersOf(admin, topics, open.map(({ producerId }) => producerId));
  const judged = open.map((one) => judgeTransaction(one, owners, limits));
  const doubtful = judged.filter(({ verdict }) => verdict === 'hanging');
  if (doubtful.length === 0) return judged;
  const places = new Map(doubtful.map(({ topic, partition }) => [placeOf(topic, partition), { topic, partition }]));
  const still = new Set((await openTransactions(admin, [...places.values()])).map(keyOf));
  return judged.filter((one) => one.verdict !== 'hanging' || still.has(keyOf(one)));
}

function keyOf({ topic, partition, producerId, startOffset }: OpenTransaction): string {
  return `${placeOf(topic, partition)} ${producerId} ${startOffset}`;
}

function byPlace(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
