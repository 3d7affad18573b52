/**
 * The rules of groups 2 to 6 as far as the coordinator is concerned, one row each: state, request and version, expected
 * code and effect. Rows are named after the rules of the protocol's checklist that they test.
 */
import { ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import type { Transaction, TransactionVersion } from '../src/index.ts';
import { CONFIG, CoordinatorRig, FIRST_FRESH_ID, ID, PID, transaction, WALL_MS } from './coordinator-rig.ts';

/** Code, then what was written. `waits` is what a client sees as CONCURRENT_TRANSACTIONS once the bound passes. */
type Row = readonly [
  rule: string,
  given: Partial<Transaction> | undefined,
  request: (rig: CoordinatorRig) => string,
  expected: string,
];

const MAX = 32_766;
const FRESH = FIRST_FRESH_ID;
/** Epochs in the rows below: the stored one is 5. */
const E = 5;
const init = (fields: Parameters<CoordinatorRig['init']>[0] = {}) => (rig: CoordinatorRig) => rig.init(fields);
const add = (fields: Parameters<CoordinatorRig['add']>[0]) => (rig: CoordinatorRig) => rig.add(fields);
const commit = (version: number, producerEpoch = E, producerId = PID) => (rig: CoordinatorRig) =>
  rig.end({ version, producerEpoch, producerId, committed: true });
const abort = (version: number, producerEpoch = E, producerId = PID) => (rig: CoordinatorRig) =>
  rig.end({ version, producerEpoch, producerId, committed: false });

/** What the request made of the log: states with producer id and epoch, in order. */
function effects(rig: CoordinatorRig, from: number): string {
  return rig.entries.slice(from).map(({ record: { value } }) =>
    value === null ? 'tombstone' : `${value.state} ${value.producerId}/${value.producerEpoch}`).join(', ');
}

function run(rows: readonly Row[], transactionVersion: TransactionVersion = 2): void {
  test.each(rows)('%s', (_rule, given, request, expected) => {
    const rig = new CoordinatorRig();
    rig.transactionVersion = transactionVersion;
    if (given !== undefined) rig.given(transaction(given));
    const from = rig.entries.length;
    const outcome = rig.outcome(request(rig));
    expect([outcome, effects(rig, from)].filter((part) => part !== '').join(' | ')).toBe(expected);
  });
}

describe('InitProducerId', () => {
  run([
    ['P1 the empty id', undefined, init({ transactionalId: '' }), 'INVALID_REQUEST'],
    ['P1 a producer id without an epoch', undefined, init({ producerId: PID }), 'INVALID_REQUEST'],
    ['P1 an epoch without a producer id', undefined, init({ producerEpoch: 1 }), 'INVALID_REQUEST'],
    ['P2 timeout 0', undefined, init({ timeoutMs: 0 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['P2 a negative timeout', undefined, init({ timeoutMs: -1 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['P2 timeout at the maximum', undefined, init({ timeoutMs: 900_000 }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P2 timeout over the maximum', undefined, init({ timeoutMs: 900_001 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['P4 an unknown id', undefined, init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P4 an unknown id, with the producer that it expired with', undefined,
      init({ producerId: PID, producerEpoch: E }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P5 PrepareCommit', { state: 'PrepareCommit' }, init(), 'waits'],
    ['P5 PrepareAbort', { state: 'PrepareAbort' }, init(), 'waits'],
    ['P6 Empty', {}, init(), 'ok 100/6 | Empty 100/6'],
    ['P6 CompleteCommit', { state: 'CompleteCommit' }, init(), 'ok 100/6 | Empty 100/6'],
    ['P6 CompleteAbort', { state: 'CompleteAbort' }, init(), 'ok 100/6 | Empty 100/6'],
    ['P7 the current epoch is expected', {}, init({ producerId: PID, producerEpoch: E }), 'ok 100/6 | Empty 100/6'],
    ['P7 the epoch before is expected: a retry', { lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 4 }), 'ok 100/5 | Empty 100/5'],
    ['P7 an older epoch is expected', { lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 3 }), 'PRODUCER_FENCED'],
    ['P7 the epoch before, of which nothing is known', {},
      init({ producerId: PID, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['P7 a higher epoch is expected', {}, init({ producerId: PID, producerEpoch: 6 }), 'PRODUCER_FENCED'],
    ['P7 another producer id is expected', {}, init({ producerId: 99, producerEpoch: E }), 'PRODUCER_FENCED'],
    ['P7 the producer id before, exhausted: a retry',
      { previousProducerId: 99, producerEpoch: 0, lastProducerEpoch: MAX },
      init({ producerId: 99, producerEpoch: MAX }), 'ok 100/0 | Empty 100/0'],
    ['P7 the producer id before, exhausted, of which nothing is known', { previousProducerId: 99, producerEpoch: 0 },
      init({ producerId: 99, producerEpoch: MAX }), 'PRODUCER_FENCED'],
    ['P7 the producer id before, not exhausted', { previousProducerId: 99, producerEpoch: 0, lastProducerEpoch: 4 },
      init({ producerId: 99, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['P8 Ongoing, by nobody in particular', { state: 'Ongoing' }, init(), 'waits | PrepareAbort 100/6'],
    ['P8 Ongoing, by its owner', { state: 'Ongoing' },
      init({ producerId: PID, producerEpoch: E }), 'waits | PrepareAbort 100/6'],
    ['P8 Ongoing, by an older owner: it stays as it is', { state: 'Ongoing', lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['P9 the last epoch but one', { producerEpoch: MAX - 1 }, init(), `ok 100/${MAX} | Empty 100/${MAX}`],
    ['P9 the last epoch', { producerEpoch: MAX }, init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P9 the last epoch, expected', { producerEpoch: MAX },
      init({ producerId: PID, producerEpoch: MAX }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P9 a retry of the call that gave the last epoch', { producerEpoch: MAX, lastProducerEpoch: MAX - 1 },
      init({ producerId: PID, producerEpoch: MAX - 1 }), `ok 100/${MAX} | Empty 100/${MAX}`],
    ['P9 the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['P9 nobody owns the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      add({ producerEpoch: MAX + 1 }), 'PRODUCER_FENCED'],
  ]);

  test('P7 the timeout of the last call counts', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    rig.init({ timeoutMs: 1234 });
    expect(rig.find()).toMatchObject({ timeoutMs: 1234, topics: [], startMs: -1 });
  });

  test('P8 who takes over gets the epoch after the one that fenced', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    const token = rig.init();
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok 100/7');
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 4 }))).toBe('PRODUCER_FENCED');
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 5 }))).toBe('PRODUCER_FENCED');
  });

  test('P8 under TV1 and TV2 a refused abort raises nothing', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    expect(rig.outcome(rig.init())).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(rig.find()).toMatchObject({ state: 'Ongoing', producerEpoch: E });
    rig.refuseWith = undefined;
    const token = rig.init();
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok 100/7');
  });

  test('P10 the answer waits for the commit', () => {
    const rig = new CoordinatorRig();
    rig.commits = false;
    const token = rig.init();
    expect(rig.outcome(token)).toBe('waits');
    rig.commits = true;
    expect(rig.settle().outcome(token)).toBe(`ok ${FRESH}/0`);
  });

  test('I19 without a producer id at hand the client is to come again', () => {
    const rig = new CoordinatorRig();
    rig.hasProducerIds = false;
    expect(rig.outcome(rig.init())).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(rig.entries).toEqual([]);
  });
});

describe('AddPartitionsToTxn and AddOffsetsToTxn', () => {
  run([
    ['A1 the empty id', {}, add({ transactionalId: '', producerEpoch: E }), 'INVALID_REQUEST'],
    ['A1 an unknown id', undefined, add({ producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['A1 another producer id', {}, add({ producerId: 99, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['A1 an older epoch', {}, add({ producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['A1 a newer epoch', {}, add({ producerEpoch: 6 }), 'PRODUCER_FENCED'],
    ['A1 PrepareCommit', { state: 'PrepareCommit' }, add({ producerEpoch: E }), 'waits'],
    ['A1 PrepareAbort', { state: 'PrepareAbort' }, add({ producerEpoch: E }), 'waits'],
    ['A1 Ongoing with the partition', { state: 'Ongoing' }, add({ producerEpoch: E }), 'ok'],
    ['A1 Ongoing with another partition', { state: 'Ongoing' },
      add({ producerEpoch: E, partitions: [0, 1] }), 'ok | Ongoing 100/5'],
    ['A1 Empty', {}, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['A1 CompleteCommit', { state: 'CompleteCommit' }, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['A1 CompleteAbort', { state: 'CompleteAbort' }, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['A5 verify: unknown id', undefined, add({ verifyOnly: true, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['A5 verify: another producer id', {},
      add({ verifyOnly: true, producerId: 99, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['A5 verify: another epoch', {}, add({ verifyOnly: true, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['A5 verify: PrepareCommit, which is not waited for', { state: 'PrepareCommit' },
      add({ verifyOnly: true, producerEpoch: E }), 'CONCURRENT_TRANSACTIONS'],
    ['A5 verify: PrepareAbort, which is not waited for', { state: 'PrepareAbort' },
      add({ verifyOnly: true, producerEpoch: E }), 'CONCURRENT_TRANSACTIONS'],
    ['A5 verify: there', { state: 'Ongoing' }, add({ verifyOnly: true, producerEpoch: E }), 'ok'],
    ['A6 offsets join as a partition of __consumer_offsets', {}, (rig) => rig.addOffsets(E), 'ok | Ongoing 100/5'],
    ['A6 offsets: an older epoch', {}, (rig) => rig.addOffsets(4), 'PRODUCER_FENCED'],
    ['A6 offsets: PrepareAbort', { state: 'PrepareAbort' }, (rig) => rig.addOffsets(E), 'waits'],
  ]);

  test('A2 the timeout counts from the first partition', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit', startMs: 5 }));
    rig.advance(10);
    rig.add({ producerEpoch: E });
    rig.advance(10);
    rig.add({ producerEpoch: E, partitions: [1] });
    expect(rig.find()).toMatchObject({ startMs: WALL_MS + 10, lastUpdateMs: WALL_MS + 20 });
    expect(rig.find()?.topics).toEqual([{ topic: 'x', partitions: [0, 1] }]);
  });

  test('A4 the version of the client is kept: 2 where a broker adds for it, else 0', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    rig.add({ producerEpoch: E, transactionVersion: 2 });
    expect(rig.find()?.transactionVersion).toBe(2);
    rig.addOffsets(E);
    expect(rig.find()?.transactionVersion).toBe(0);
    expect(rig.find()?.topics).toContainEqual({ topic: '__consumer_offsets', partitions: [3] });
  });

  test('A5 verify: partitions that are not in the transaction are named, each for itself', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    const answer = rig.answer(rig.add({ verifyOnly: true, producerEpoch: E, partitions: [0, 1] }));
    expect(answer.topicResults?.[0]?.resultsByPartition).toEqual([
      { partitionIndex: 0, partitionErrorCode: ErrorCode.NONE },
      { partitionIndex: 1, partitionErrorCode: ErrorCode.TRANSACTION_ABORTABLE },
    ]);
    expect(answer.message).toContain('x-1');
  });

  test('A5 verify: nothing is in a transaction that is not open', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit' }));
    const answer = rig.answer(rig.add({ verifyOnly: true, producerEpoch: E }));
    expect(answer.topicResults?.[0]?.resultsByPartition[0]?.partitionErrorCode).toBe(ErrorCode.TRANSACTION_ABORTABLE);
  });

  test('A1 every partition has the code of the whole', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    const answer = rig.answer(rig.add({ producerEpoch: 4, partitions: [3, 4] }));
    expect(answer.topicResults).toEqual([{
      name: 'x',
      resultsByPartition: [3, 4].map((partitionIndex) => ({ partitionIndex, partitionErrorCode: 90 })),
    }]);
  });
});

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
    ['W8 version 0 takes the same way on a cluster of TV2', { state: 'Ongoing' }, commit(0),
      'ok 100/5 | PrepareCommit 100/5'],
  ]);

  test('N1 the answer comes before the markers, and what follows waits for them', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 3 }))).toBe('ok 100/5');
    expect(rig.tasks).toHaveLength(1);
    const next = rig.add({ producerEpoch: E });
    expect(rig.outcome(next)).toBe('waits');
    rig.advance(CONFIG.parkTimeoutMs);
    expect(rig.outcome(next)).toBe('CONCURRENT_TRANSACTIONS');
  });
});

describe('EndTxn of version 5 (TV2), by the table of 3.6', () => {
  run([
    ['W1 the empty id', {}, (rig) => rig.end({ transactionalId: '', producerEpoch: E, committed: true, version: 5 }),
      'INVALID_REQUEST'],
    ['W1 an unknown id', undefined, commit(5), 'INVALID_PRODUCER_ID_MAPPING'],
    ['W1 another producer id', { state: 'Ongoing' }, commit(5, E, 99), 'INVALID_PRODUCER_ID_MAPPING'],
    ['W1 an epoch two below', { state: 'Ongoing' }, commit(5, 3), 'PRODUCER_FENCED'],
    ['W1 a newer epoch', { state: 'Ongoing' }, commit(5, 6), 'PRODUCER_FENCED'],
    ['W2 Empty, COMMIT', {}, commit(5), 'INVALID_TXN_STATE'],
    ['W2 Empty, retried COMMIT', {}, commit(5, 4), 'PRODUCER_FENCED'],
    ['W2 W5 Empty, ABORT', {}, abort(5), 'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['W2 Empty, retried ABORT', {}, abort(5, 4), 'PRODUCER_FENCED'],
    ['W2 W3 Ongoing, COMMIT', { state: 'Ongoing' }, commit(5), 'ok 100/6 | PrepareCommit 100/6'],
    ['W2 Ongoing, retried COMMIT', { state: 'Ongoing' }, commit(5, 4), 'PRODUCER_FENCED'],
    ['W2 W3 Ongoing, ABORT', { state: 'Ongoing' }, abort(5), 'ok 100/6 | PrepareAbort 100/6'],
    ['W2 Ongoing, retried ABORT', { state: 'Ongoing' }, abort(5, 4), 'PRODUCER_FENCED'],
    ['W2 PrepareCommit, COMMIT', { state: 'PrepareCommit' }, commit(5), 'PRODUCER_FENCED'],
    ['W2 PrepareCommit, retried COMMIT', { state: 'PrepareCommit' }, commit(5, 4), 'waits'],
    ['W2 PrepareCommit, ABORT', { state: 'PrepareCommit' }, abort(5), 'PRODUCER_FENCED'],
    ['W2 PrepareCommit, retried ABORT', { state: 'PrepareCommit' }, abort(5, 4), 'INVALID_TXN_STATE'],
    ['W2 PrepareAbort, COMMIT', { state: 'PrepareAbort' }, commit(5), 'PRODUCER_FENCED'],
    ['W2 PrepareAbort, retried COMMIT', { state: 'PrepareAbort' }, commit(5, 4), 'INVALID_TXN_STATE'],
    ['W2 PrepareAbort, ABORT', { state: 'PrepareAbort' }, abort(5), 'PRODUCER_FENCED'],
    ['W2 PrepareAbort, retried ABORT', { state: 'PrepareAbort' }, abort(5, 4), 'waits'],
    ['W2 CompleteCommit, COMMIT', { state: 'CompleteCommit' }, commit(5), 'INVALID_TXN_STATE'],
    ['W2 CompleteCommit, retried COMMIT', { state: 'CompleteCommit' }, commit(5, 4), 'ok 100/5'],
    ['W2 CompleteCommit, ABORT', { state: 'CompleteCommit' }, abort(5),
      'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['W2 CompleteCommit, retried ABORT', { state: 'CompleteCommit' }, abort(5, 4), 'INVALID_TXN_STATE'],
    ['W2 CompleteAbort, COMMIT', { state: 'CompleteAbort' }, commit(5), 'INVALID_TXN_STATE'],
    ['W2 CompleteAbort, retried COMMIT', { state: 'CompleteAbort' }, commit(5, 4), 'INVALID_TXN_STATE'],
    ['W2 CompleteAbort, ABORT', { state: 'CompleteAbort' }, abort(5),
      'ok 100/6 | PrepareAbort 100/6, CompleteAbort 100/6'],
    ['W2 CompleteAbort, retried ABORT', { state: 'CompleteAbort' }, abort(5, 4), 'ok 100/5'],
    ['W2 CompleteCommit, COMMIT retried over the new producer id',
      { state: 'CompleteCommit', producerEpoch: 0, previousProducerId: 99 }, commit(5, MAX, 99), 'ok 100/0'],
    ['W2 CompleteCommit, another epoch of the producer id before',
      { state: 'CompleteCommit', producerEpoch: 0, previousProducerId: 99 }, commit(5, 7, 99),
      'INVALID_PRODUCER_ID_MAPPING'],
    ['W4 exhausted, COMMIT', { state: 'Ongoing', producerEpoch: MAX }, commit(5, MAX),
      `ok ${FRESH}/0 | PrepareCommit 100/${MAX + 1}`],
    ['W4 exhausted, ABORT of nothing', { producerEpoch: MAX }, abort(5, MAX),
      `ok ${FRESH}/0 | PrepareAbort 100/${MAX + 1}, CompleteAbort ${FRESH}/0`],
    ['W4 who was fenced with the last epoch is not told of it', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      abort(5, MAX), 'PRODUCER_FENCED'],
    ['W4 nobody owns the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      abort(5, MAX + 1), 'PRODUCER_FENCED'],
  ]);

  test('W3 markers carry the raised epoch, and its owner knows the one before', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.end({ producerEpoch: E, committed: true, version: 5 });
    expect(rig.find()?.lastProducerEpoch).toBe(E);
    expect(rig.tasks).toMatchObject([{
      producerId: PID, producerEpoch: E + 1, kind: 'commit', transactionVersion: 2, coordinatorEpoch: rig.coordinatorEpoch,
      coordinatorPartition: 9, partitions: [{ topic: 'x', partitions: [0] }],
    }]);
  });

  test('W4 the new producer id begins when the last transaction of the old one is complete', () => {
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

  test('W5 an abort of nothing starts now, and the producer goes on', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit', startMs: 5 }));
    rig.advance(10);
    rig.end({ producerEpoch: E, committed: false, version: 5 });
    expect(rig.find()).toMatchObject({ state: 'CompleteAbort', startMs: WALL_MS + 10, topics: [] });
    expect(rig.tasks).toEqual([]);
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: false, version: 5 }))).toBe('ok 100/6');
  });

  test('W6 what the server ends, it ends by its own version; what a client ends, by that of the request', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', transactionVersion: 0 }));
    rig.init();
    expect(rig.tasks).toMatchObject([{ transactionVersion: 2, producerEpoch: E + 1 }]);
    const other = new CoordinatorRig().given(transaction({ state: 'Ongoing', transactionVersion: 2 }));
    other.end({ producerEpoch: E, committed: true, version: 4 });
    expect(other.tasks).toMatchObject([{ transactionVersion: 0, producerEpoch: E }]);
  });
});

describe('timeouts and expiry', () => {
  test.each([
    ['N2 TV1: EndTxn 4', 1, (rig: CoordinatorRig) => abort(4)(rig), 'PRODUCER_FENCED'],
    ['N2 TV1: AddPartitionsToTxn', 1, (rig: CoordinatorRig) => rig.add({ producerEpoch: E }), 'PRODUCER_FENCED'],
    ['N2 TV1: InitProducerId with the old epoch', 1,
      (rig: CoordinatorRig) => rig.init({ producerId: PID, producerEpoch: E }), 'PRODUCER_FENCED'],
    ['N3 TV2: EndTxn 5, ABORT', 2, (rig: CoordinatorRig) => abort(5)(rig), 'ok 100/6'],
    ['N3 TV2: EndTxn 5, COMMIT', 2, (rig: CoordinatorRig) => commit(5)(rig), 'INVALID_TXN_STATE'],
    ['N3 TV2: EndTxn 4, ABORT', 2, (rig: CoordinatorRig) => abort(4)(rig), 'PRODUCER_FENCED'],
    ['N3 TV2: EndTxn 4, COMMIT', 2, (rig: CoordinatorRig) => commit(4)(rig), 'PRODUCER_FENCED'],
    ['N3 TV2: InitProducerId with the old epoch', 2,
      (rig: CoordinatorRig) => rig.init({ producerId: PID, producerEpoch: E }), 'ok 100/6'],
    ['N3 TV2: InitProducerId with the old epoch, after a failover', 2,
      (rig: CoordinatorRig) => rig.move().init({ producerId: PID, producerEpoch: E }), 'PRODUCER_FENCED'],
  ] as const)('%s', (_rule, version, request, expected) => {
    const rig = new CoordinatorRig();
    rig.transactionVersion = version;
    rig.given(transaction({ state: 'Ongoing', timeoutMs: 1000 })).advance(1100).markersWritten();
    expect(rig.find()).toMatchObject({ state: 'CompleteAbort', producerEpoch: 6 });
    expect(rig.outcome(request(rig))).toBe(expected);
  });

  test.each([0, 1, 2] as const)('X1 TV%s: an open transaction is aborted when it took too long, and not before', (tv) => {
    const rig = new CoordinatorRig();
    rig.transactionVersion = tv;
    rig.given(transaction({ state: 'Ongoing', timeoutMs: 1000 })).advance(900);
    expect(rig.find()?.state).toBe('Ongoing');
    rig.advance(200);
    expect(rig.find()).toMatchObject({
      state: 'PrepareAbort', producerEpoch: 6, transactionVersion: tv, startMs: WALL_MS,
      lastProducerEpoch: tv === 2 ? 5 : -1,
    });
    const partitions = [{ topic: 'x', partitions: [0] }];
    expect(rig.tasks).toMatchObject([{ kind: 'abort', producerEpoch: 6, transactionVersion: tv, partitions }]);
  });

  test('X1 a step of the wall clock neither ends a transaction nor spares it', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    rig.init({ timeoutMs: 1000 });
    rig.add({ producerEpoch: 6 });
    rig.wallMs += 1_000_000;
    rig.advance(500);
    expect(rig.find()?.state).toBe('Ongoing');
    rig.wallMs -= 5_000_000;
    rig.advance(700);
    expect(rig.find()?.state).toBe('PrepareAbort');
  });

  test('X1 the greatest timeout never passes', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 0x7fff_ffff }));
    rig.advance(0x7fff_ffff);
    expect(rig.find()?.state).toBe('Ongoing');
  });

  test('X1 what is refused is tried again', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 1000 }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.advance(1100);
    expect(rig.find()).toMatchObject({ state: 'Ongoing', producerEpoch: E });
    rig.refuseWith = undefined;
    rig.advance(1);
    expect(rig.find()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 6 });
  });

  test('X1 P9 an exhausted producer gets a new id with its abort, as soon as there is one', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 1000, producerEpoch: MAX }));
    rig.hasProducerIds = false;
    rig.advance(1100);
    expect(rig.find()?.state).toBe('Ongoing');
    rig.hasProducerIds = true;
    rig.advance(1).markersWritten();
    expect(rig.find()).toMatchObject({ state: 'CompleteAbort', producerId: FRESH, producerEpoch: 0 });
    expect(rig.outcome(rig.end({ producerEpoch: MAX, committed: false, version: 5 }))).toBe(`ok ${FRESH}/0`);
  });

  test.each([
    ['Empty', true], ['CompleteCommit', true], ['CompleteAbort', true], ['Ongoing', false], ['PrepareCommit', false],
    ['PrepareAbort', false],
  ] as const)('X2 an id that nobody used for long: %s expires: %s', (state, expires) => {
    const rig = new CoordinatorRig().given(transaction({ state, timeoutMs: 0x7fff_ffff }));
    rig.advance(CONFIG.idExpirationMs - 1);
    expect(rig.find()).toBeDefined();
    rig.advance(CONFIG.expiryCheckIntervalMs);
    expect(rig.find() === undefined).toBe(expires);
    if (!expires) return;
    expect(rig.outcome(rig.add({ producerEpoch: E }))).toBe('INVALID_PRODUCER_ID_MAPPING');
    expect(rig.outcome(rig.init())).toBe(`ok ${FRESH}/0`);
  });
});

describe('DescribeTransactions and ListTransactions', () => {
  test.each([
    ['X3 the empty id', '', ErrorCode.INVALID_REQUEST],
    ['X3 an unknown id', 'unknown', ErrorCode.TRANSACTIONAL_ID_NOT_FOUND],
    ['X3 a known id', ID, ErrorCode.NONE],
  ])('%s', (_rule, id, code) => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    expect(rig.answer(rig.describe(id)).errorCode).toBe(code);
  });

  test('X3 an open transaction, and one that never was', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }), transaction({ transactionalId: 'e' }));
    expect(rig.answer(rig.describe())).toEqual({
      errorCode: 0, transactionalId: ID, transactionState: 'Ongoing', transactionTimeoutMs: 60_000,
      transactionStartTimeMs: WALL_MS, producerId: PID, producerEpoch: E, topics: [{ topic: 'x', partitions: [0] }],
    });
    expect(rig.answer(rig.describe('e'))).toMatchObject({ transactionState: 'Empty', transactionStartTimeMs: -1 });
  });

  const listed = (filters: Parameters<CoordinatorRig['list']>[0]) => {
    const rig = new CoordinatorRig().given(
      transaction({ transactionalId: 'open', state: 'Ongoing', startMs: WALL_MS - 500 }),
      transaction({ transactionalId: 'new', state: 'Ongoing', producerId: 7 }),
      transaction({ transactionalId: 'old', state: 'CompleteCommit', startMs: WALL_MS - 900 }),
    );
    const { transactionStates = [], ...rest } = rig.list(filters);
    return [...transactionStates.map(({ transactionalId }) => transactionalId), ...rest.unknownStateFilters ?? [],
      errorName(rest.errorCode ?? 0)].join(' ');
  };
  test.each([
    ['X4 all', {}, 'open new old NONE'],
    ['X4 by state', { states: ['Ongoing'] }, 'open new NONE'],
    ['X4 by states of which one is none', { states: ['CompleteCommit', 'Weird'] }, 'old Weird NONE'],
    ['X4 by a state that is none', { states: ['Weird'] }, 'Weird NONE'],
    ['X4 by producer id', { producerIds: [7] }, 'new NONE'],
    ['X4 open for longer than', { durationMs: 400 }, 'open NONE'],
    ['X4 open at all', { durationMs: 0 }, 'open NONE'],
    ['X4 by pattern, which must fit the whole id', { pattern: 'o.' }, 'NONE'],
    ['X4 by pattern', { pattern: 'o.*' }, 'open old NONE'],
    ['X4 by a pattern that is none', { pattern: '(' }, 'INVALID_REGULAR_EXPRESSION'],
  ] as const)('%s', (_rule, filters, expected) => expect(listed(filters as never)).toBe(expected));
});

describe('the log', () => {
  test.each([
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.NOT_ENOUGH_REPLICAS, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.REQUEST_TIMED_OUT, 'COORDINATOR_NOT_AVAILABLE'],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, 'NOT_COORDINATOR'],
    [ErrorCode.KAFKA_STORAGE_ERROR, 'NOT_COORDINATOR'],
    [ErrorCode.MESSAGE_TOO_LARGE, 'UNKNOWN_SERVER_ERROR'],
    [ErrorCode.RECORD_LIST_TOO_LARGE, 'UNKNOWN_SERVER_ERROR'],
    [ErrorCode.INVALID_RECORD, 'INVALID_RECORD'],
  ])('T8 an append refused with %s', (error, expected) => {
    for (const request of [init(), add({ producerEpoch: E, partitions: [8] }), commit(4), abort(5)]) {
      const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
      const before = rig.find();
      rig.refuseWith = error;
      expect(rig.outcome(request(rig))).toBe(expected);
      expect(rig.find()).toBe(before);
    }
  });

  test('T8 a commit that does not come', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.commits = false;
    const token = rig.end({ producerEpoch: E, committed: true, version: 4 });
    rig.advance(CONFIG.commitTimeoutMs);
    expect(rig.outcome(token)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(rig.tasks).toEqual([]);
  });

  test('T9 while it loads, and where it does not lead', () => {
    const rig = new CoordinatorRig();
    rig.coordinator.beginLoading(9);
    for (const token of [rig.init(), rig.add({ producerEpoch: E }), commit(5)(rig), rig.describe()]) {
      expect(rig.outcome(token)).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    }
    expect(rig.list().errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(rig.outcome(rig.init({ transactionalId: '' }))).toBe('INVALID_REQUEST');
    rig.coordinator.becomeInactive();
    for (const token of [rig.init(), rig.add({ producerEpoch: E }), commit(5)(rig), rig.describe()]) {
      expect(rig.outcome(token)).toBe('NOT_COORDINATOR');
    }
    expect(rig.list()).toEqual({ errorCode: 0, unknownStateFilters: [], transactionStates: [] });
  });

  test.each(['PrepareCommit', 'PrepareAbort'] as const)('T9 a new coordinator finishes what is in %s', (state) => {
    const rig = new CoordinatorRig().given(transaction({ state }));
    expect(rig.tasks).toMatchObject([{
      kind: state === 'PrepareCommit' ? 'commit' : 'abort', coordinatorEpoch: rig.coordinatorEpoch,
    }]);
    rig.markersWritten();
    expect(rig.find()?.state).toBe(state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort');
  });

  test('M6 the last record is tried again when it was refused', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.markersWritten();
    expect(rig.find()?.state).toBe('PrepareCommit');
    rig.refuseWith = undefined;
    rig.advance(1);
    expect(rig.find()).toMatchObject({ state: 'CompleteCommit', topics: [] });
  });

  test('M6 a transaction is complete when every partition is', () => {
    const topics = [{ topic: 'x', partitions: [0, 1] }, { topic: 'y', partitions: [0] }];
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit', topics }));
    rig.markersWritten(rig.tasks, [{ topic: 'x', partitions: [0] }]);
    rig.markersWritten(rig.tasks, [{ topic: 'y', partitions: [0] }]);
    expect(rig.find()?.state).toBe('PrepareCommit');
    expect(rig.coordinator.remainingMarkers(ID)?.partitions).toEqual([{ topic: 'x', partitions: [1] }]);
    rig.markersWritten(rig.tasks, [{ topic: 'x', partitions: [1] }]);
    expect(rig.find()?.state).toBe('CompleteCommit');
  });

  test('M4 a marker that was refused as old keeps the transaction as it is', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    const [task] = rig.tasks;
    if (task === undefined) throw new Error('no task');
    const fencedBy = ErrorCode.TRANSACTION_COORDINATOR_FENCED;
    rig.coordinator.onMarkerOutcomes([{ task, written: [], fencedBy }], rig.now);
    expect(rig.find()?.state).toBe('PrepareCommit');
    expect(rig.coordinator.remainingMarkers(ID)?.fencedBy).toBe(fencedBy);
    expect(rig.move().tasks).toHaveLength(1);
  });

  test('M5 reports on markers of an older tenure are passed over', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    const old = rig.tasks;
    rig.move().markersWritten(old);
    expect(rig.find()?.state).toBe('PrepareCommit');
    rig.markersWritten();
    expect(rig.find()?.state).toBe('CompleteCommit');
  });
});
