/** The rules N1, W1–W8 of EndTxn with both tables of states, one row a cell. */
import { describe, expect, test } from 'vitest';
import { CONFIG, CoordinatorRig, PID, transaction, WALL_MS } from './coordinator-rig.ts';
import { abort, commit, E, FRESH, MAX, run, type Row } from './rule-rows.ts';

describe('EndTxn of versions 0 to 4 (TV1), by the table of 3.5', () => {
  run([
    ['the empty id', {}, (rig) => rig.end({ transactionalId: '', producerEpoch: E, committed: true, version: 4 }),
      'INVALID_REQUEST'],
    ['an unknown id', undefined, commit(4), 'INVALID_PRODUCER_ID_MAPPING'],
    ['another producer id', { state: 'Ongoing' }, commit(4, E, 99), 'INVALID_PRODUCER_ID_MAPPING'],
    ['an older epoch', { state: 'Ongoing' }, commit(4, 4), 'PRODUCER_FENCED'],
    ['a newer epoch', { state: 'Ongoing' }, commit(4, 6), 'PRODUCER_FENCED'],
    ['Empty, COMMIT', {}, commit(4), 'INVALID_TXN_STATE'],
    ['Empty, ABORT', {}, abort(4), 'INVALID_TXN_STATE'],
    ['Ongoing, COMMIT', { state: 'Ongoing' }, commit(4), 'ok 100/5 | PrepareCommit 100/5'],
    ['Ongoing, ABORT', { state: 'Ongoing' }, abort(4), 'ok 100/5 | PrepareAbort 100/5'],
    ['PrepareCommit, COMMIT: never kept waiting', { state: 'PrepareCommit' }, commit(4), 'CONCURRENT_TRANSACTIONS'],
    ['PrepareCommit, ABORT', { state: 'PrepareCommit' }, abort(4), 'INVALID_TXN_STATE'],
    ['PrepareAbort, COMMIT', { state: 'PrepareAbort' }, commit(4), 'INVALID_TXN_STATE'],
    ['PrepareAbort, ABORT: never kept waiting', { state: 'PrepareAbort' }, abort(4), 'CONCURRENT_TRANSACTIONS'],
    ['CompleteCommit, COMMIT', { state: 'CompleteCommit' }, commit(4), 'ok 100/5'],
    ['CompleteCommit, ABORT', { state: 'CompleteCommit' }, abort(4), 'INVALID_TXN_STATE'],
    ['CompleteAbort, COMMIT', { state: 'CompleteAbort' }, commit(4), 'INVALID_TXN_STATE'],
    ['CompleteAbort, ABORT', { state: 'CompleteAbort' }, abort(4), 'ok 100/5'],
    ['[W8] version 0 takes the same way on a cluster of TV2', { state: 'Ongoing' }, commit(0),
      'ok 100/5 | PrepareCommit 100/5'],
  ]);

  test('[N1] the answer comes before the markers, and what follows waits for them', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 3 }))).toBe('ok 100/5');
    expect(rig.tasks).toHaveLength(1);
    const next = rig.add({ producerEpoch: E });
    expect(rig.outcome(next)).toBe('waits');
    rig.advance(CONFIG.parkTimeoutMs);
    expect(rig.outcome(next)).toBe('CONCURRENT_TRANSACTIONS');
  });
});

/** Ended by the rules that raise the epoch. */
const BY_TV2 = { transactionVersion: 2 } as const;

/** Somebody took over and ended a transaction by the old rules: who was replaced must not get the epoch in use. */
const RAISED_BY_NOBODY = (['PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'] as const).flatMap(
  (state): Row[] => [
    [`[W2] ${state} by TV1's rules, COMMIT of the epoch below`, { state }, commit(5, 4), 'PRODUCER_FENCED'],
    [`[W2] ${state} by TV1's rules, ABORT of the epoch below`, { state }, abort(5, 4), 'PRODUCER_FENCED'],
  ],
);

describe('EndTxn of version 5 (TV2), by the table of 3.6', () => {
  run([
    ['[W1] the empty id', {}, (rig) => rig.end({ transactionalId: '', producerEpoch: E, committed: true, version: 5 }),
      'INVALID_REQUEST'],
    ['[W1] an unknown id', undefined, commit(5), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[W1] another producer id', { state: 'Ongoing' }, commit(5, E, 99), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[W1] an epoch two below', { state: 'Ongoing' }, commit(5, 3), 'PRODUCER_FENCED'],
    ['[W1] a newer epoch', { state: 'Ongoing' }, commit(5, 6), 'PRODUCER_FENCED'],
    ['[W2] Empty, COMMIT', {}, commit(5), 'INVALID_TXN_STATE'],
    ['[W2] Empty, retried COMMIT', {}, commit(5, 4), 'PRODUCER_FENCED'],
    ['[W2, W5] Empty, ABORT', {}, abort(5), 'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['[W2] Empty, retried ABORT', {}, abort(5, 4), 'PRODUCER_FENCED'],
    ['[W2, W3] Ongoing, COMMIT', { state: 'Ongoing' }, commit(5), 'ok 100/6 | PrepareCommit 100/6'],
    ['[W2] Ongoing, retried COMMIT', { state: 'Ongoing' }, commit(5, 4), 'PRODUCER_FENCED'],
    ['[W2, W3] Ongoing, ABORT', { state: 'Ongoing' }, abort(5), 'ok 100/6 | PrepareAbort 100/6'],
    ['[W2] Ongoing, retried ABORT', { state: 'Ongoing' }, abort(5, 4), 'PRODUCER_FENCED'],
    ['[W2] PrepareCommit, COMMIT', { state: 'PrepareCommit' }, commit(5), 'PRODUCER_FENCED'],
    ['[W2] PrepareCommit, retried COMMIT', { state: 'PrepareCommit', ...BY_TV2 }, commit(5, 4), 'waits'],
    ['[W2] PrepareCommit, ABORT', { state: 'PrepareCommit' }, abort(5), 'PRODUCER_FENCED'],
    ['[W2] PrepareCommit, retried ABORT', { state: 'PrepareCommit', ...BY_TV2 }, abort(5, 4), 'INVALID_TXN_STATE'],
    ['[W2] PrepareAbort, COMMIT', { state: 'PrepareAbort' }, commit(5), 'PRODUCER_FENCED'],
    ['[W2] PrepareAbort, retried COMMIT', { state: 'PrepareAbort', ...BY_TV2 }, commit(5, 4), 'INVALID_TXN_STATE'],
    ['[W2] PrepareAbort, ABORT', { state: 'PrepareAbort' }, abort(5), 'PRODUCER_FENCED'],
    ['[W2] PrepareAbort, retried ABORT', { state: 'PrepareAbort', ...BY_TV2 }, abort(5, 4), 'waits'],
    ['[W2] CompleteCommit, COMMIT', { state: 'CompleteCommit' }, commit(5), 'INVALID_TXN_STATE'],
    ['[W2] CompleteCommit, retried COMMIT', { state: 'CompleteCommit', ...BY_TV2 }, commit(5, 4), 'ok 100/5'],
    ['[W2] CompleteCommit, ABORT', { state: 'CompleteCommit' }, abort(5),
      'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['[W2] CompleteCommit, retried ABORT', { state: 'CompleteCommit', ...BY_TV2 }, abort(5, 4), 'INVALID_TXN_STATE'],
    ['[W2] CompleteAbort, COMMIT', { state: 'CompleteAbort' }, commit(5), 'INVALID_TXN_STATE'],
    ['[W2] CompleteAbort, retried COMMIT', { state: 'CompleteAbort', ...BY_TV2 }, commit(5, 4), 'INVALID_TXN_STATE'],
    ['[W2] CompleteAbort, ABORT', { state: 'CompleteAbort' }, abort(5),
      'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['[W2] CompleteAbort, retried ABORT', { state: 'CompleteAbort', ...BY_TV2 }, abort(5, 4), 'ok 100/5'],
    ['[W2] CompleteCommit, COMMIT retried over the new producer id',
      { state: 'CompleteCommit', producerEpoch: 0, previousProducerId: 99, ...BY_TV2 }, commit(5, MAX, 99), 'ok 100/0'],
    ...RAISED_BY_NOBODY,
    ['[W2] CompleteCommit, another epoch of the producer id before',
      { state: 'CompleteCommit', producerEpoch: 0, previousProducerId: 99 }, commit(5, 7, 99),
      'INVALID_PRODUCER_ID_MAPPING'],
    ['[W4] exhausted, COMMIT', { state: 'Ongoing', producerEpoch: MAX }, commit(5, MAX),
      `ok ${FRESH}/0 | PrepareCommit 100/${MAX + 1}`],
    ['[W4] exhausted, ABORT of nothing', { producerEpoch: MAX }, abort(5, MAX),
      `ok ${FRESH}/0 | PrepareAbort 100/${MAX + 1}, CompleteAbort ${FRESH}/0`],
    ['[W4] who was fenced with the last epoch is not told of it', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      abort(5, MAX), 'PRODUCER_FENCED'],
    ['[W4] nobody owns the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      abort(5, MAX + 1), 'PRODUCER_FENCED'],
  ]);

  test('[W3] markers carry the raised epoch, and its owner knows the one before', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.end({ producerEpoch: E, committed: true, version: 5 });
    expect(rig.find()?.lastProducerEpoch).toBe(E);
    expect(rig.tasks).toMatchObject([{
      producerId: PID, producerEpoch: E + 1, kind: 'commit', transactionVersion: 2,
      coordinatorEpoch: rig.coordinatorEpoch, coordinatorPartition: 9, partitions: [{ topic: 'x', partitions: [0] }],
    }]);
  });

  test('[W4] the new producer id begins when the last transaction of the old one is complete', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', producerEpoch: MAX }));
    rig.end({ producerEpoch: MAX, committed: true, version: 5 });
    expect(rig.tasks).toMatchObject([{ producerId: PID, producerEpoch: MAX + 1 }]);
    expect(rig.find()).toMatchObject({ producerId: PID, nextProducerId: FRESH });
    const retry = rig.end({ producerEpoch: MAX, committed: true, version: 5 });
    rig.markersWritten();
    expect(rig.find()).toMatchObject({
      producerId: FRESH, producerEpoch: 0, previousProducerId: PID, nextProducerId: -1, lastProducerEpoch: MAX,
    });
    expect(rig.outcome(retry)).toBe(`ok ${FRESH}/0`);
    expect(rig.outcome(rig.end({ producerEpoch: MAX, committed: true, version: 5 }))).toBe(`ok ${FRESH}/0`);
  });

  test('[W5] an abort of nothing starts now, and the producer goes on', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit', startMs: 5 }));
    rig.advance(10);
    rig.end({ producerEpoch: E, committed: false, version: 5 });
    expect(rig.find()).toMatchObject({ state: 'CompleteAbort', startMs: WALL_MS + 10, topics: [] });
    expect(rig.tasks).toEqual([]);
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: false, version: 5 }))).toBe('ok 100/6');
  });

  test('[W6] what the server ends, it ends by its own version; what a client ends, by that of the request', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', transactionVersion: 0 }));
    rig.init();
    expect(rig.tasks).toMatchObject([{ transactionVersion: 2, producerEpoch: E + 1 }]);
    const other = new CoordinatorRig().given(transaction({ state: 'Ongoing', transactionVersion: 2 }));
    other.end({ producerEpoch: E, committed: true, version: 4 });
    expect(other.tasks).toMatchObject([{ transactionVersion: 0, producerEpoch: E }]);
  });
});
