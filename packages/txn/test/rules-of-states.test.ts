/** The rules of the log's states and records (T1, T4–T7, W7) and of what a marker carries (M2), one row each. */
import { coordinatorPartition } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import {
  decodeTransactionRecord, encodeTransactionRecord, mayMove, STATES, type Transaction, type TransactionState,
} from '../src/index.ts';
import { CONFIG, CoordinatorRig, ID, PID, transaction } from './coordinator-rig.ts';
import { abort, add, commit, E, effects, init } from './rule-rows.ts';

describe('the partition of a transactional id', () => {
  test.each([
    ['', 0], ['a', 47], ['abc', 4], ['my-txn', 45], ['transactional-id-0', 40], ['test-group', 12],
    ['polygenelubricants', 0], ['héllo', 34], ['日本語', 43], ['😀', 49],
  ])('[T1] %j of 50 is %i', (id, partition) => {
    expect(coordinatorPartition(id, 50)).toBe(partition);
  });
});

describe('records', () => {
  const bytesOf = (value: Transaction, version: 0 | 1 | 2) => {
    const { key, value: bytes } = encodeTransactionRecord({ transactionalId: ID, value, who: '' }, version);
    if (bytes === null) throw new Error('a tombstone');
    return { key, bytes };
  };
  const schemaVersion = (bytes: Uint8Array): number => ((bytes[0] ?? 0) << 8) + (bytes[1] ?? 0);
  const read = (value: Transaction, version: 0 | 1 | 2): Transaction | null | undefined => {
    const { key, bytes } = bytesOf(value, version);
    return decodeTransactionRecord(key, bytes)?.value;
  };

  test.each([[0, 0], [1, 1], [2, 1]] as const)('[T4] TV%i is written in version %i of the schema', (tv, version) => {
    const { key, bytes } = bytesOf(transaction({ state: 'Ongoing' }), tv);
    expect([schemaVersion(key), schemaVersion(bytes)]).toEqual([0, version]);
  });

  const kept: readonly (readonly [string, 0 | 1 | 2, Partial<Transaction>, Partial<Transaction>])[] = [
    ['[T4] the last epoch is kept nowhere', 2, { lastProducerEpoch: 4 }, { lastProducerEpoch: -1 }],
    ['[T4] TV2 keeps the producer ids before and after', 2, { previousProducerId: 7, nextProducerId: 8 },
      { previousProducerId: 7, nextProducerId: 8 }],
    ['[T4] TV0 does not', 0, { previousProducerId: 7, nextProducerId: 8 },
      { previousProducerId: -1, nextProducerId: -1 }],
    ['[T4] TV2 keeps by which version a client made it', 2, { transactionVersion: 2 }, { transactionVersion: 2 }],
  ];
  test.each(kept)('%s', (_rule, version, fields, expected) => {
    expect(read(transaction({ state: 'Ongoing', ...fields }), version)).toMatchObject(expected);
  });

  test('[T4] a tombstone has no value; of other versions nothing is read', () => {
    const { key } = encodeTransactionRecord({ transactionalId: ID, value: null, who: '' }, 2);
    expect(decodeTransactionRecord(key, null)).toMatchObject({ transactionalId: ID, value: null });
    const later = Uint8Array.from(key);
    later[1] = 1;
    expect(decodeTransactionRecord(later, null)).toBeUndefined();
  });

  const numbers = [
    'Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort',
  ] as const;
  test.each(numbers.map((name, number) => [number, name] as const))('[T5] %i is %s', (number, name) => {
    const statusAt = 2 + 8 + 2 + 4;
    expect(bytesOf(transaction({ state: name }), 2).bytes[statusAt]).toBe(number);
    expect(STATES[number]).toBe(name);
  });

  test('[T5] 6 and 7 have names, and are never written', () => {
    expect(STATES.slice(6)).toEqual(['Dead', 'PrepareEpochFence']);
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    const from = rig.entries.length;
    rig.init();
    expect(effects(rig, from)).toBe('PrepareAbort 100/6');
  });
});

describe('moves', () => {
  /** Who may come before, under TV1. */
  const before: readonly (readonly [TransactionState, readonly TransactionState[]])[] = [
    ['Empty', ['Empty', 'CompleteCommit', 'CompleteAbort']],
    ['Ongoing', ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort']],
    ['PrepareCommit', ['Ongoing']],
    ['PrepareAbort', ['Ongoing', 'PrepareEpochFence']],
    ['CompleteCommit', ['PrepareCommit']],
    ['CompleteAbort', ['PrepareAbort']],
    ['Dead', ['Empty', 'CompleteAbort', 'CompleteCommit']],
    ['PrepareEpochFence', ['Ongoing']],
  ];

  test.each(before)('[T6] to %s from %j', (to, froms) => {
    for (const from of STATES) {
      expect(mayMove(from, to, 1), `${from} to ${to}, TV1`).toBe(froms.includes(from));
      const abortsNothing = to === 'PrepareAbort' && ['Empty', 'CompleteCommit', 'CompleteAbort'].includes(from);
      expect(mayMove(from, to, 2), `${from} to ${to}, TV2`).toBe(froms.includes(from) || abortsNothing);
    }
  });
});

describe('a change that is not in the log yet', () => {
  const changes = [
    ['[T7] InitProducerId', 'Empty', init()],
    ['[T7] AddPartitionsToTxn', 'Empty', add({ producerEpoch: E })],
    ['[T7] EndTxn 4', 'Ongoing', commit(4)],
    ['[T7] EndTxn 5', 'Ongoing', abort(5)],
  ] as const;

  test.each(changes)('%s: is not told, and not there for the next coordinator', (_rule, state, request) => {
    const rig = new CoordinatorRig().given(transaction({ state }));
    rig.commits = false;
    expect(rig.outcome(request(rig))).toBe('waits');
    expect(rig.tasks).toEqual([]);
    rig.commits = true;
    rig.move({ keepUncommitted: false });
    expect(rig.find()).toMatchObject({ state, producerEpoch: E });
  });

  test.each(changes)('%s: is told when it is', (_rule, state, request) => {
    const rig = new CoordinatorRig().given(transaction({ state }));
    rig.commits = false;
    const token = request(rig);
    rig.commits = true;
    rig.settle();
    expect(rig.outcome(token)).toMatch(/^ok/u);
  });

  test('[T7] what may not follow it hears CONCURRENT_TRANSACTIONS once the bound passes', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.commits = false;
    commit(4)(rig);
    const next = rig.add({ producerEpoch: E });
    expect(rig.outcome(next)).toBe('waits');
    rig.advance(CONFIG.parkTimeoutMs);
    expect(rig.outcome(next)).toBe('CONCURRENT_TRANSACTIONS');
  });
});

describe('what a marker carries', () => {
  const rows: readonly (readonly [string, (rig: CoordinatorRig) => string, object])[] = [
    ['[M2] of EndTxn 4, COMMIT', commit(4), { kind: 'commit', producerEpoch: E, transactionVersion: 0 }],
    ['[M2] of EndTxn 4, ABORT', abort(4), { kind: 'abort', producerEpoch: E, transactionVersion: 0 }],
    ['[M2] of EndTxn 5, COMMIT', commit(5), { kind: 'commit', producerEpoch: E + 1, transactionVersion: 2 }],
    ['[M2] of a fence, on a cluster of TV2', init(), { kind: 'abort', producerEpoch: E + 1, transactionVersion: 2 }],
  ];

  test.each(rows)('%s', (_rule, request, expected) => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    request(rig);
    const { coordinatorEpoch } = rig;
    expect(rig.tasks).toMatchObject([
      { producerId: PID, coordinatorEpoch, partitions: [{ topic: 'x', partitions: [0] }], ...expected },
    ]);
  });

  test('[M7] a coordinator that is gone reports nothing: the next one has the markers', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    const old = rig.coordinatorEpoch;
    rig.move();
    expect(rig.tasks.map(({ coordinatorEpoch }) => coordinatorEpoch)).toEqual([old + 1]);
  });
});

test('[W7] what fails gives no producer id and no epoch', () => {
  const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
  for (const version of [4, 5]) {
    expect(rig.answer(commit(version, E - 2)(rig))).toMatchObject({ producerId: -1, producerEpoch: -1 });
  }
});
