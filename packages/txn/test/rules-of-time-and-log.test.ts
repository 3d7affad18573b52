/** The rules of timeouts, expiry and lists (X1–X4, N2, N3), of the log (T8, T9) and of markers (M4–M6). */
import { ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { CONFIG, CoordinatorRig, ID, PID, transaction, WALL_MS } from './coordinator-rig.ts';
import { abort, add, commit, E, FRESH, init, MAX } from './rule-rows.ts';

describe('timeouts and expiry', () => {
  test.each([
    ['[N2] TV1: EndTxn 4', 1, (rig: CoordinatorRig) => abort(4)(rig), 'PRODUCER_FENCED'],
    ['[N2] TV1: AddPartitionsToTxn', 1, (rig: CoordinatorRig) => rig.add({ producerEpoch: E }), 'PRODUCER_FENCED'],
    ['[N2] TV1: InitProducerId with the old epoch', 1,
      (rig: CoordinatorRig) => rig.init({ producerId: PID, producerEpoch: E }), 'PRODUCER_FENCED'],
    ['[N3] TV2: EndTxn 5, ABORT', 2, (rig: CoordinatorRig) => abort(5)(rig), 'ok 100/6'],
    ['[N3] TV2: EndTxn 5, COMMIT', 2, (rig: CoordinatorRig) => commit(5)(rig), 'INVALID_TXN_STATE'],
    ['[N3] TV2: EndTxn 4, ABORT', 2, (rig: CoordinatorRig) => abort(4)(rig), 'PRODUCER_FENCED'],
    ['[N3] TV2: EndTxn 4, COMMIT', 2, (rig: CoordinatorRig) => commit(4)(rig), 'PRODUCER_FENCED'],
    ['[N3] TV2: InitProducerId with the old epoch', 2,
      (rig: CoordinatorRig) => rig.init({ producerId: PID, producerEpoch: E }), 'ok 100/6'],
    ['[N3] TV2: InitProducerId with the old epoch, after a failover', 2,
      (rig: CoordinatorRig) => rig.move().init({ producerId: PID, producerEpoch: E }), 'PRODUCER_FENCED'],
  ] as const)('%s', (_rule, version, request, expected) => {
    const rig = new CoordinatorRig();
    rig.transactionVersion = version;
    rig.given(transaction({ state: 'Ongoing', timeoutMs: 1000 })).advance(1100).markersWritten();
    expect(rig.find()).toMatchObject({ state: 'CompleteAbort', producerEpoch: 6 });
    expect(rig.outcome(request(rig))).toBe(expected);
  });

  test.each([0, 1, 2] as const)('[X1] TV%s: an open transaction is aborted when it took too long', (tv) => {
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

  test('[X1] a step of the wall clock neither ends a transaction nor spares it', () => {
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

  test('[X1] each transaction has its own time', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 1000 }));
    rig.advance(900);
    rig.end({ producerEpoch: E, committed: true, version: 4 });
    rig.markersWritten();
    rig.add({ producerEpoch: E });
    rig.advance(900);
    expect(rig.find()?.state).toBe('Ongoing');
    rig.advance(200);
    expect(rig.find()?.state).toBe('PrepareAbort');
  });

  test('[X1] the greatest timeout never passes', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 0x7fff_ffff }));
    rig.advance(0x7fff_ffff);
    expect(rig.find()?.state).toBe('Ongoing');
  });

  test('[X1] what is refused is tried again', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', timeoutMs: 1000 }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.advance(1100);
    expect(rig.find()).toMatchObject({ state: 'Ongoing', producerEpoch: E });
    rig.refuseWith = undefined;
    rig.advance(1);
    expect(rig.find()).toMatchObject({ state: 'PrepareAbort', producerEpoch: 6 });
  });

  test('[X1, P9] an exhausted producer gets a new id with its abort, as soon as there is one', () => {
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
  ] as const)('[X2] an id that nobody used for long: %s expires: %s', (state, expires) => {
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
    ['[X3] the empty id', '', ErrorCode.INVALID_REQUEST],
    ['[X3] an unknown id', 'unknown', ErrorCode.TRANSACTIONAL_ID_NOT_FOUND],
    ['[X3] a known id', ID, ErrorCode.NONE],
  ])('%s', (_rule, id, code) => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    expect(rig.answer(rig.describe(id)).errorCode).toBe(code);
  });

  test('[X3] an open transaction, and one that never was', () => {
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
    ['[X4] all', {}, 'open new old NONE'],
    ['[X4] by state', { states: ['Ongoing'] }, 'open new NONE'],
    ['[X4] by states of which one is none', { states: ['CompleteCommit', 'Weird'] }, 'old Weird NONE'],
    ['[X4] by a state that is none', { states: ['Weird'] }, 'Weird NONE'],
    ['[X4] by producer id', { producerIds: [7] }, 'new NONE'],
    ['[X4] open for longer than', { durationMs: 400 }, 'open NONE'],
    ['[X4] open at all', { durationMs: 0 }, 'open NONE'],
    ['[X4] by pattern, which must fit the whole id', { pattern: 'o.' }, 'NONE'],
    ['[X4] by pattern', { pattern: 'o.*' }, 'open old NONE'],
    ['[X4] by a pattern that is none', { pattern: '(' }, 'INVALID_REGULAR_EXPRESSION'],
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
  ])('[T8] an append refused with %s', (error, expected) => {
    for (const request of [init(), add({ producerEpoch: E, partitions: [8] }), commit(4), abort(5)]) {
      const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
      const before = rig.find();
      rig.refuseWith = error;
      expect(rig.outcome(request(rig))).toBe(expected);
      expect(rig.find()).toBe(before);
    }
  });

  test('[T8] a commit that does not come', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.commits = false;
    const token = rig.end({ producerEpoch: E, committed: true, version: 4 });
    rig.advance(CONFIG.commitTimeoutMs);
    expect(rig.outcome(token)).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(rig.tasks).toEqual([]);
  });

  test('[T9] while it loads, and where it does not lead', () => {
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

  test.each(['PrepareCommit', 'PrepareAbort'] as const)('[T9] a new coordinator finishes what is in %s', (state) => {
    const rig = new CoordinatorRig().given(transaction({ state }));
    expect(rig.tasks).toMatchObject([{
      kind: state === 'PrepareCommit' ? 'commit' : 'abort', coordinatorEpoch: rig.coordinatorEpoch,
    }]);
    rig.markersWritten();
    expect(rig.find()?.state).toBe(state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort');
  });

  test('[M6] the last record is tried again when it was refused', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.markersWritten();
    expect(rig.find()?.state).toBe('PrepareCommit');
    rig.refuseWith = undefined;
    rig.advance(1);
    expect(rig.find()).toMatchObject({ state: 'CompleteCommit', topics: [] });
  });

  test('[M6] a transaction is complete when every partition is', () => {
    const topics = [{ topic: 'x', partitions: [0, 1] }, { topic: 'y', partitions: [0] }];
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit', topics }));
    rig.markersWritten(rig.tasks, [{ topic: 'x', partitions: [0] }]);
    rig.markersWritten(rig.tasks, [{ topic: 'y', partitions: [0] }]);
    expect(rig.find()?.state).toBe('PrepareCommit');
    expect(rig.coordinator.remainingMarkers(ID)?.partitions).toEqual([{ topic: 'x', partitions: [1] }]);
    rig.markersWritten(rig.tasks, [{ topic: 'x', partitions: [1] }]);
    expect(rig.find()?.state).toBe('CompleteCommit');
  });

  test('[M4] a marker that was refused as old keeps the transaction as it is', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    const [task] = rig.tasks;
    if (task === undefined) throw new Error('no task');
    const fencedBy = ErrorCode.TRANSACTION_COORDINATOR_FENCED;
    rig.coordinator.onMarkerOutcomes([{ task, written: [], fencedBy }], rig.now);
    expect(rig.find()?.state).toBe('PrepareCommit');
    expect(rig.coordinator.remainingMarkers(ID)?.fencedBy).toBe(fencedBy);
    expect(rig.move().tasks).toHaveLength(1);
  });

  test('[M5] reports on markers of an older tenure are passed over', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'PrepareCommit' }));
    const old = rig.tasks;
    rig.move().markersWritten(old);
    expect(rig.find()?.state).toBe('PrepareCommit');
    rig.markersWritten();
    expect(rig.find()?.state).toBe('CompleteCommit');
  });
});
