/** What clients did and saw, as plain data: a history is a list of operations, each with its sends and polls. */
import type { Offset } from '@hapax/base';

/** A partition in words, `topic-0`. */
export type PartitionName = string;

/** A record was sent. Values are unique within a history: a value tells which send it comes from. */
export interface Send {
  readonly kind: 'send';
  readonly partition: PartitionName;
  readonly value: string;
  /** Where it went, if the sender was told; null otherwise. */
  readonly offset: Offset | null;
}

/** Records of one partition were read, in the order in which the reader was given them. */
export interface Poll {
  readonly kind: 'poll';
  readonly partition: PartitionName;
  readonly records: readonly ReadRecord[];
}

/** A record as a reader got it. */
export interface ReadRecord {
  readonly offset: Offset;
  readonly value: string;
}

export type Action = Send | Poll;

/**
 * - `ok`: it took effect. A transaction was committed.
 * - `fail`: it certainly did not take effect. A transaction was aborted.
 * - `unknown`: nobody can tell.
 */
export type Outcome = 'ok' | 'fail' | 'unknown';

/** What readers may see. */
export type Isolation = 'read-committed' | 'read-uncommitted';

/**
 * Sends and polls that take effect together, or (where it is no transaction) a single send, or the records that a
 * reader was given at once.
 */
export interface Work {
  readonly kind: 'work';
  /** The client: its operations follow one another. */
  readonly process: string;
  readonly isTransaction: boolean;
  readonly isolation: Isolation;
  readonly outcome: Outcome;
  readonly actions: readonly Action[];
  /** Partitions that were assigned or revoked meanwhile: a reader may go back in them, or begin elsewhere. */
  readonly rebalanced: readonly PartitionName[];
  /** The place in the order of all beginnings and ends. */
  readonly beganAt: number;
  /** Infinity where the end was never seen. */
  readonly endedAt: number;
}

/** A reader has other partitions, by itself or through its group; where it stood is of no more weight elsewhere. */
export interface Assignment {
  readonly kind: 'assignment';
  readonly process: string;
  /** Partitions in which reading goes on where it was. */
  readonly kept: readonly PartitionName[];
}

export type Operation = Work | Assignment;

/** All that happened, in the order in which it ended. */
export type History = readonly Operation[];

/** The values that an operation sent, by partition, in its order. */
export function sendsOf(work: Work): ReadonlyMap<PartitionName, readonly Send[]> {
  const sends = new Map<PartitionName, Send[]>();
  for (const action of work.actions) {
    if (action.kind !== 'send') continue;
    const known = sends.get(action.partition);
    if (known === undefined) sends.set(action.partition, [action]);
    else known.push(action);
  }
  return sends;
}

/** The records that an operation read, by partition, in its order. */
export function readsOf(work: Work): ReadonlyMap<PartitionName, readonly ReadRecord[]> {
  const reads = new Map<PartitionName, ReadRecord[]>();
  for (const action of work.actions) {
    if (action.kind !== 'poll' || action.records.length === 0) continue;
    const known = reads.get(action.partition);
    if (known === undefined) reads.set(action.partition, [...action.records]);
    else known.push(...action.records);
  }
  return reads;
}

/** An operation in words. */
export function describeWork(work: Work): string {
  const actions = work.actions.map((action) => {
    if (action.kind === 'send') return `send ${action.value} to ${action.partition}@${action.offset ?? '?'}`;
    const [first] = action.records;
    const last = action.records.at(-1);
    return `poll ${action.partition}@[${first?.offset ?? ''}..${last?.offset ?? ''}]`;
  });
  const shown = actions.length > SHOWN ? [...actions.slice(0, SHOWN), `${actions.length - SHOWN} more`] : actions;
  return `${work.process} (${work.outcome}): ${shown.join(', ')}`;
}

const SHOWN = 6;
