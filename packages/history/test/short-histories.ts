/** A short notation for histories of tests. */
import type { Action, Assignment, Isolation, Operation, Outcome, Work } from '@hapax/history';

/** Where an operation of a test departs from a committed transaction at read-committed. */
export interface WorkDetails {
  readonly outcome?: Outcome;
  readonly isolation?: Isolation;
  readonly isTransaction?: boolean;
  readonly rebalanced?: readonly string[];
}

let order = 0;

/** A transaction of a process. */
export function txn(process: string, actions: readonly Action[], details: WorkDetails = {}): Work {
  return {
    kind: 'work', process, isTransaction: true, isolation: 'read-committed', outcome: 'ok', rebalanced: [],
    ...details, actions, beganAt: order++, endedAt: order++,
  };
}

/** What a reader was given at once, as pairs of offset and value. */
export function read(process: string, partition: string, records: string, details: WorkDetails = {}): Work {
  return txn(process, [poll(partition, records)], { isTransaction: false, ...details });
}

/** A send; without an offset the sender was not told. */
export function send(partition: string, value: string, offset: number | null = null): Action {
  return { kind: 'send', partition, value, offset };
}

/** Records as `0:a 1:b`. */
export function poll(partition: string, records: string): Action {
  const pairs = records.split(' ').map((pair) => pair.split(':') as [string, string]);
  return { kind: 'poll', partition, records: pairs.map(([offset, value]) => ({ offset: Number(offset), value })) };
}

/** New partitions of a reader. */
export function assign(process: string, ...kept: readonly string[]): Assignment {
  return { kind: 'assignment', process, kept };
}

/** All operations of a history, to be read from top to bottom. */
export function history(...operations: readonly Operation[]): readonly Operation[] {
  return operations;
}
