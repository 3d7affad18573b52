/** The rules P1–P10 of InitProducerId and A1–A6 of additions, one row each. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { CoordinatorRig, PID, transaction, WALL_MS } from './coordinator-rig.ts';
import { add, E, FRESH, init, MAX, run } from './rule-rows.ts';

describe('InitProducerId', () => {
  run([
    ['[P1] the empty id', undefined, init({ transactionalId: '' }), 'INVALID_REQUEST'],
    ['[P1] a producer id without an epoch', undefined, init({ producerId: PID }), 'INVALID_REQUEST'],
    ['[P1] an epoch without a producer id', undefined, init({ producerEpoch: 1 }), 'INVALID_REQUEST'],
    ['[P2] timeout 0', undefined, init({ timeoutMs: 0 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['[P2] a negative timeout', undefined, init({ timeoutMs: -1 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['[P2] timeout at the maximum', undefined, init({ timeoutMs: 900_000 }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P2] timeout over the maximum', undefined, init({ timeoutMs: 900_001 }), 'INVALID_TRANSACTION_TIMEOUT'],
    ['[P4] an unknown id', undefined, init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P4] an unknown id, with the producer that it expired with', undefined,
      init({ producerId: PID, producerEpoch: E }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P5] PrepareCommit', { state: 'PrepareCommit' }, init(), 'waits'],
    ['[P5] PrepareAbort', { state: 'PrepareAbort' }, init(), 'waits'],
    ['[P6] Empty', {}, init(), 'ok 100/6 | Empty 100/6'],
    ['[P6] CompleteCommit', { state: 'CompleteCommit' }, init(), 'ok 100/6 | Empty 100/6'],
    ['[P6] CompleteAbort', { state: 'CompleteAbort' }, init(), 'ok 100/6 | Empty 100/6'],
    ['[P7] the current epoch is expected', {}, init({ producerId: PID, producerEpoch: E }), 'ok 100/6 | Empty 100/6'],
    ['[P7] the epoch before is expected: a retry', { lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 4 }), 'ok 100/5 | Empty 100/5'],
    ['[P7] an older epoch is expected', { lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 3 }), 'PRODUCER_FENCED'],
    ['[P7] the epoch before, of which nothing is known', {},
      init({ producerId: PID, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['[P7] a higher epoch is expected', {}, init({ producerId: PID, producerEpoch: 6 }), 'PRODUCER_FENCED'],
    ['[P7] another producer id is expected', {}, init({ producerId: 99, producerEpoch: E }), 'PRODUCER_FENCED'],
    ['[P7] the producer id before, exhausted: a retry',
      { previousProducerId: 99, producerEpoch: 0, lastProducerEpoch: MAX },
      init({ producerId: 99, producerEpoch: MAX }), 'ok 100/0 | Empty 100/0'],
    ['[P7] the producer id before, exhausted, of which nothing is known', { previousProducerId: 99, producerEpoch: 0 },
      init({ producerId: 99, producerEpoch: MAX }), 'PRODUCER_FENCED'],
    ['[P7] the producer id before, not exhausted', { previousProducerId: 99, producerEpoch: 0, lastProducerEpoch: 4 },
      init({ producerId: 99, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['[P8] Ongoing, by nobody in particular', { state: 'Ongoing' }, init(), 'waits | PrepareAbort 100/6'],
    ['[P8] Ongoing, by its owner', { state: 'Ongoing' },
      init({ producerId: PID, producerEpoch: E }), 'waits | PrepareAbort 100/6'],
    ['[P8] Ongoing, by an older owner: it stays as it is', { state: 'Ongoing', lastProducerEpoch: 4 },
      init({ producerId: PID, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['[P9] the last epoch but one', { producerEpoch: MAX - 1 }, init(), `ok 100/${MAX} | Empty 100/${MAX}`],
    ['[P9] the last epoch', { producerEpoch: MAX }, init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P9] the last epoch, expected', { producerEpoch: MAX },
      init({ producerId: PID, producerEpoch: MAX }), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P9] a retry of the call that gave the last epoch', { producerEpoch: MAX, lastProducerEpoch: MAX - 1 },
      init({ producerId: PID, producerEpoch: MAX - 1 }), `ok 100/${MAX} | Empty 100/${MAX}`],
    ['[P9] the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      init(), `ok ${FRESH}/0 | Empty ${FRESH}/0`],
    ['[P9] nobody owns the epoch that only fences', { state: 'CompleteAbort', producerEpoch: MAX + 1 },
      add({ producerEpoch: MAX + 1 }), 'PRODUCER_FENCED'],
  ]);

  test('[P6] who had the epoch before is fenced, and cannot get the next one by naming his own', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    expect(rig.outcome(rig.init())).toBe('ok 100/6');
    expect(rig.outcome(rig.init({ producerId: PID, producerEpoch: E }))).toBe('PRODUCER_FENCED');
  });

  test('[P9] who had the last epoch is fenced by who got the new producer id', () => {
    const rig = new CoordinatorRig().given(transaction({ producerEpoch: MAX }));
    expect(rig.outcome(rig.init())).toBe(`ok ${FRESH}/0`);
    expect(rig.outcome(rig.init({ producerId: PID, producerEpoch: MAX }))).toBe('PRODUCER_FENCED');
    expect(rig.outcome(rig.end({ producerEpoch: MAX, committed: false, version: 5 }))).toBe('PRODUCER_FENCED');
  });

  test('[P7] the timeout of the last call counts', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    rig.init({ timeoutMs: 1234 });
    expect(rig.find()).toMatchObject({ timeoutMs: 1234, topics: [], startMs: -1 });
  });

  test('[P8] who takes over gets the epoch after the one that fenced', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    const token = rig.init();
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok 100/7');
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 4 }))).toBe('PRODUCER_FENCED');
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 5 }))).toBe('PRODUCER_FENCED');
  });

  test('[P8] under TV1 and TV2 a refused abort raises nothing', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    expect(rig.outcome(rig.init())).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(rig.find()).toMatchObject({ state: 'Ongoing', producerEpoch: E });
    rig.refuseWith = undefined;
    const token = rig.init();
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok 100/7');
  });

  test('[P10] the answer waits for the commit', () => {
    const rig = new CoordinatorRig();
    rig.commits = false;
    const token = rig.init();
    expect(rig.outcome(token)).toBe('waits');
    rig.commits = true;
    expect(rig.settle().outcome(token)).toBe(`ok ${FRESH}/0`);
  });

  test('[I19] without a producer id at hand the client is to come again', () => {
    const rig = new CoordinatorRig();
    rig.hasProducerIds = false;
    expect(rig.outcome(rig.init())).toBe('COORDINATOR_LOAD_IN_PROGRESS');
    expect(rig.entries).toEqual([]);
  });
});

describe('AddPartitionsToTxn and AddOffsetsToTxn', () => {
  run([
    ['[A1] the empty id', {}, add({ transactionalId: '', producerEpoch: E }), 'INVALID_REQUEST'],
    ['[A1] an unknown id', undefined, add({ producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[A1] another producer id', {}, add({ producerId: 99, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[A1] an older epoch', {}, add({ producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['[A1] a newer epoch', {}, add({ producerEpoch: 6 }), 'PRODUCER_FENCED'],
    ['[A1] PrepareCommit', { state: 'PrepareCommit' }, add({ producerEpoch: E }), 'waits'],
    ['[A1] PrepareAbort', { state: 'PrepareAbort' }, add({ producerEpoch: E }), 'waits'],
    ['[A1] Ongoing with the partition', { state: 'Ongoing' }, add({ producerEpoch: E }), 'ok'],
    ['[A1] Ongoing with another partition', { state: 'Ongoing' },
      add({ producerEpoch: E, partitions: [0, 1] }), 'ok | Ongoing 100/5'],
    ['[A1] Empty', {}, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['[A1] CompleteCommit', { state: 'CompleteCommit' }, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['[A1] CompleteAbort', { state: 'CompleteAbort' }, add({ producerEpoch: E }), 'ok | Ongoing 100/5'],
    ['[A5] verify: unknown id', undefined, add({ verifyOnly: true, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[A5] verify: another producer id', {},
      add({ verifyOnly: true, producerId: 99, producerEpoch: E }), 'INVALID_PRODUCER_ID_MAPPING'],
    ['[A5] verify: another epoch', {}, add({ verifyOnly: true, producerEpoch: 4 }), 'PRODUCER_FENCED'],
    ['[A5] verify: PrepareCommit, which is not waited for', { state: 'PrepareCommit' },
      add({ verifyOnly: true, producerEpoch: E }), 'CONCURRENT_TRANSACTIONS'],
    ['[A5] verify: PrepareAbort, which is not waited for', { state: 'PrepareAbort' },
      add({ verifyOnly: true, producerEpoch: E }), 'CONCURRENT_TRANSACTIONS'],
    ['[A5] verify: there', { state: 'Ongoing' }, add({ verifyOnly: true, producerEpoch: E }), 'ok'],
    ['[A6] offsets join as a partition of __consumer_offsets', {}, (rig) => rig.addOffsets(E), 'ok | Ongoing 100/5'],
    ['[A6] offsets: an older epoch', {}, (rig) => rig.addOffsets(4), 'PRODUCER_FENCED'],
    ['[A6] offsets: PrepareAbort', { state: 'PrepareAbort' }, (rig) => rig.addOffsets(E), 'waits'],
  ]);

  test('[A2] the timeout counts from the first partition', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit', startMs: 5 }));
    rig.advance(10);
    rig.add({ producerEpoch: E });
    rig.advance(10);
    rig.add({ producerEpoch: E, partitions: [1] });
    expect(rig.find()).toMatchObject({ startMs: WALL_MS + 10, lastUpdateMs: WALL_MS + 20 });
    expect(rig.find()?.topics).toEqual([{ topic: 'x', partitions: [0, 1] }]);
  });

  test('[A4] the version of the client is kept: 2 where a broker adds for it, else 0', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    rig.add({ producerEpoch: E, transactionVersion: 2 });
    expect(rig.find()?.transactionVersion).toBe(2);
    rig.addOffsets(E);
    expect(rig.find()?.transactionVersion).toBe(0);
    expect(rig.find()?.topics).toContainEqual({ topic: '__consumer_offsets', partitions: [3] });
  });

  test('[A5] verify: partitions that are not in the transaction are named, each for itself', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing' }));
    const answer = rig.answer(rig.add({ verifyOnly: true, producerEpoch: E, partitions: [0, 1] }));
    expect(answer.topicResults?.[0]?.resultsByPartition).toEqual([
      { partitionIndex: 0, partitionErrorCode: ErrorCode.NONE },
      { partitionIndex: 1, partitionErrorCode: ErrorCode.TRANSACTION_ABORTABLE },
    ]);
    expect(answer.message).toContain('x-1');
  });

  test('[A5] verify: nothing is in a transaction that is not open', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'CompleteCommit' }));
    const answer = rig.answer(rig.add({ verifyOnly: true, producerEpoch: E }));
    expect(answer.topicResults?.[0]?.resultsByPartition[0]?.partitionErrorCode).toBe(ErrorCode.TRANSACTION_ABORTABLE);
  });

  test('[A1] every partition has the code of the whole', () => {
    const rig = new CoordinatorRig().given(transaction({}));
    const answer = rig.answer(rig.add({ producerEpoch: 4, partitions: [3, 4] }));
    expect(answer.topicResults).toEqual([{
      name: 'x',
      resultsByPartition: [3, 4].map((partitionIndex) => ({ partitionIndex, partitionErrorCode: 90 })),
    }]);
  });
});
