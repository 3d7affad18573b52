/** The table-driven tests of the protocol's rules: one row a rule, with state, request, expected code and effect. */
import { expect, test } from 'vitest';
import type { Transaction, TransactionVersion } from '../src/index.ts';
import { CoordinatorRig, FIRST_FRESH_ID, PID, transaction } from './coordinator-rig.ts';

/** Code, then what was written. `waits` is what a client sees as CONCURRENT_TRANSACTIONS once the bound passes. */
export type Row = readonly [
  rule: string,
  given: Partial<Transaction> | undefined,
  request: (rig: CoordinatorRig) => string,
  expected: string,
];

export const MAX = 32_766;
export const FRESH = FIRST_FRESH_ID;
/** The stored epoch, where a row says nothing else. */
export const E = 5;
export const init = (fields: Parameters<CoordinatorRig['init']>[0] = {}) => (rig: CoordinatorRig) => rig.init(fields);
export const add = (fields: Parameters<CoordinatorRig['add']>[0]) => (rig: CoordinatorRig) => rig.add(fields);
export const commit = (version: number, producerEpoch = E, producerId = PID) => (rig: CoordinatorRig) =>
  rig.end({ version, producerEpoch, producerId, committed: true });
export const abort = (version: number, producerEpoch = E, producerId = PID) => (rig: CoordinatorRig) =>
  rig.end({ version, producerEpoch, producerId, committed: false });

/** What the request made of the log: states with producer id and epoch, in order. */
export function effects(rig: CoordinatorRig, from: number): string {
  return rig.entries.slice(from).map(({ record: { value } }) =>
    value === null ? 'tombstone' : `${value.state} ${value.producerId}/${value.producerEpoch}`).join(', ');
}

/** One test a row. */
export function run(rows: readonly Row[], transactionVersion: TransactionVersion = 2): void {
  test.each(rows)('%s', (_rule, given, request, expected) => {
    const rig = new CoordinatorRig();
    rig.transactionVersion = transactionVersion;
    if (given !== undefined) rig.given(transaction(given));
    const from = rig.entries.length;
    const outcome = rig.outcome(request(rig));
    expect([outcome, effects(rig, from)].filter((part) => part !== '').join(' | ')).toBe(expected);
  });
}
