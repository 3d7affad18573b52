/** Requests that wait for the markers of the transaction before theirs: bounded, cancellable, decided anew. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { CONFIG, CoordinatorRig, ID, PID, transaction } from './coordinator-rig.ts';

const E = 5;
const prepared = (config = {}) => new CoordinatorRig(config).given(transaction({ state: 'PrepareCommit' }));

describe('requests that wait', () => {
  test('the end of one transaction and the beginning of the next share an append', () => {
    const rig = prepared();
    const token = rig.add({ producerEpoch: E, partitions: [4] });
    const { appends } = rig;
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok');
    expect(rig.appends).toBe(appends + 1);
    expect(rig.entries.slice(-2).map(({ record }) => record.value?.state)).toEqual(['CompleteCommit', 'Ongoing']);
    expect(rig.find()).toMatchObject({ state: 'Ongoing', topics: [{ topic: 'x', partitions: [4] }] });
  });

  test('transactions whose markers came in one turn share an append', () => {
    const rig = new CoordinatorRig().given(
      transaction({ state: 'PrepareCommit' }), transaction({ transactionalId: 'u', state: 'PrepareAbort' }),
    );
    const { appends } = rig;
    rig.markersWritten();
    expect(rig.appends).toBe(appends + 1);
    expect(rig.find('u')?.state).toBe('CompleteAbort');
  });

  test('the answer waits for the commit of what it began', () => {
    const rig = prepared();
    const token = rig.init();
    rig.commits = false;
    rig.markersWritten();
    expect(rig.find()).toMatchObject({ state: 'Empty', producerEpoch: E + 1 });
    expect(rig.outcome(token)).toBe('waits');
    rig.commits = true;
    expect(rig.settle().outcome(token)).toBe('ok 100/6');
  });

  test('every check runs again: what was right before the producer id changed is wrong after', () => {
    const rig = new CoordinatorRig().given(
      transaction({ state: 'PrepareCommit', producerEpoch: 8, nextProducerId: 55, transactionVersion: 2 }),
    );
    const token = rig.add({ producerEpoch: 8 });
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('INVALID_PRODUCER_ID_MAPPING');
  });

  test('one of each id; a second is told to come again', () => {
    const rig = prepared();
    const first = rig.init();
    expect(rig.outcome(rig.add({ producerEpoch: E }))).toBe('CONCURRENT_TRANSACTIONS');
    expect(rig.outcome(rig.init())).toBe('CONCURRENT_TRANSACTIONS');
    rig.markersWritten();
    expect(rig.outcome(first)).toBe('ok 100/6');
  });

  test('several brokers add partitions for the same producer, and all of them wait', () => {
    const rig = prepared();
    const tokens = [1, 2, 3].map((partition) => rig.add({ producerEpoch: E, partitions: [partition] }));
    const other = rig.add({ producerEpoch: E, producerId: 99 });
    expect(rig.outcome(other)).toBe('INVALID_PRODUCER_ID_MAPPING');
    rig.markersWritten();
    expect(tokens.map((token) => rig.outcome(token))).toEqual(['ok', 'ok', 'ok']);
    expect(rig.find()?.topics).toEqual([{ topic: 'x', partitions: [1, 2, 3] }]);
  });

  test('an EndTxn without epochs never waits: it could end the next transaction', () => {
    const rig = prepared();
    expect(rig.outcome(rig.end({ producerEpoch: E, committed: true, version: 4 }))).toBe('CONCURRENT_TRANSACTIONS');
    expect(rig.coordinator.waitingCount).toBe(0);
  });

  test('the wait is bounded in time', () => {
    const rig = prepared();
    const token = rig.init();
    rig.advance(CONFIG.parkTimeoutMs - 1);
    expect(rig.outcome(token)).toBe('waits');
    rig.advance(1);
    expect(rig.outcome(token)).toBe('CONCURRENT_TRANSACTIONS');
    rig.markersWritten();
    expect(rig.find()).toMatchObject({ state: 'CompleteCommit', producerEpoch: E });
  });

  test('and in number', () => {
    const ids = ['a', 'b', 'c'];
    const rig = new CoordinatorRig({ parkedRequestsMax: 2 }).given(
      ...ids.map((transactionalId) => transaction({ transactionalId, state: 'PrepareAbort' })),
    );
    const outcomes = ids.map((transactionalId) => rig.outcome(rig.init({ transactionalId })));
    expect(outcomes).toEqual(['waits', 'waits', 'CONCURRENT_TRANSACTIONS']);
  });

  test('a request whose connection went does nothing', () => {
    const rig = prepared();
    const token = rig.init();
    rig.coordinator.cancel(token);
    rig.markersWritten();
    expect(rig.find()?.state).toBe('CompleteCommit');
    expect(rig.outcome(token)).toBe('waits');
    rig.advance(CONFIG.parkTimeoutMs * 2);
    expect(rig.outcome(token)).toBe('waits');
  });

  test('places that were left can be taken again, any number of times', () => {
    const rig = prepared({ parkedRequestsMax: 1 });
    for (let round = 0; round < 10; round++) rig.coordinator.cancel(rig.init());
    expect(rig.outcome(rig.init())).toBe('waits');
  });

  test('they are told to find the coordinator again when it moves', () => {
    const rig = prepared();
    const token = rig.init();
    rig.move();
    expect(rig.outcome(token)).toBe('NOT_COORDINATOR');
  });

  test('a refused append leaves them waiting', () => {
    const rig = prepared();
    const token = rig.init();
    rig.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('waits');
    rig.refuseWith = undefined;
    rig.advance(1);
    expect(rig.outcome(token)).toBe('ok 100/6');
  });

  test('a log that commits within the append makes no difference', () => {
    const rig = prepared();
    rig.commitsWithin = true;
    const token = rig.add({ producerEpoch: E, partitions: [4] });
    rig.markersWritten();
    expect(rig.outcome(token)).toBe('ok');
    rig.end({ producerEpoch: E, committed: true, version: 4 });
    rig.markersWritten();
    expect(rig.entries.slice(1).map(({ record }) => record.value?.state)).toEqual([
      'CompleteCommit', 'Ongoing', 'PrepareCommit', 'CompleteCommit',
    ]);
  });

  test('a transaction that cannot begin does not keep the one before from its end', () => {
    const rig = prepared();
    const token = rig.add({ producerEpoch: E, partitions: [1] });
    rig.refuseLargerThan = 1;
    rig.markersWritten();
    expect(rig.find()?.state).toBe('Ongoing');
    expect(rig.outcome(token)).toBe('ok');
    expect(rig.entries.at(-2)?.record.value?.state).toBe('CompleteCommit');
  });

  test('what takes over a transaction without partitions has nothing to wait for', () => {
    const rig = new CoordinatorRig().given(transaction({ state: 'Ongoing', topics: [] }));
    expect(rig.outcome(rig.init())).toBe('ok 100/7');
  });
});

describe('what is remembered for people', () => {
  test('the timeline of an id: each move, and who caused it', () => {
    const rig = new CoordinatorRig();
    rig.init({}, 'anna');
    const producerId = rig.find()?.producerId ?? -1;
    rig.add({ producerId, producerEpoch: 0, partitions: [1, 2] }, 'anna');
    rig.init({}, 'bert');
    rig.markersWritten();
    expect(rig.coordinator.timelineOf(ID).map((entry) =>
      `${entry.offset} ${entry.state} ${entry.producerEpoch} ${entry.partitionCount} ${entry.who}`)).toEqual([
      '0 Empty 0 0 anna@host', '1 Ongoing 0 2 anna@host', '2 PrepareAbort 1 2 bert@host',
      '3 CompleteAbort 1 0 markers', '4 Empty 2 0 bert@host',
    ]);
  });

  test('it is bounded for each id, and in the number of ids', () => {
    const rig = new CoordinatorRig({ timelineEntriesMax: 3, timelinesMax: 2 });
    for (let round = 0; round < 5; round++) rig.init();
    expect(rig.coordinator.timelineOf(ID).map((entry) => entry.offset)).toEqual([2, 3, 4]);
    rig.init({ transactionalId: 'a' });
    rig.init({ transactionalId: 'b' });
    expect(rig.coordinator.timelineOf(ID)).toEqual([]);
    expect(rig.coordinator.timelineOf('b')).toHaveLength(1);
  });

  test('the fence log names both parties', () => {
    const rig = new CoordinatorRig();
    rig.init({}, 'anna');
    const producerId = rig.find()?.producerId ?? -1;
    rig.add({ producerId, producerEpoch: 0 }, 'anna');
    rig.init({}, 'bert');
    rig.markersWritten();
    rig.end({ producerId, producerEpoch: 0, committed: true, version: 5 }, 'anna');
    const told = rig.coordinator.fences().map(({ cause, fenced, by }) =>
      `${cause}: ${fenced.who} ${fenced.producerEpoch} by ${by.who} ${by.producerEpoch}`);
    expect(told).toEqual([
      'new-producer: anna@host 0 by bert@host 1', 'new-producer: bert@host 1 by bert@host 2',
      'refused: anna@host 0 by bert@host 2',
    ]);
  });

  test('a timeout is in it too, and it is bounded', () => {
    const rig = new CoordinatorRig({ fencesMax: 2 }).given(transaction({ state: 'Ongoing', timeoutMs: 100 }));
    rig.advance(300);
    expect(rig.coordinator.fences()).toMatchObject([{
      cause: 'timeout', transactionalId: ID, fenced: { producerId: PID, producerEpoch: E, who: 'given' },
      by: { producerEpoch: E + 1, who: 'timeout' },
    }]);
    for (let round = 0; round < 10; round++) rig.add({ producerEpoch: 1 });
    expect(rig.coordinator.fences()).toHaveLength(2);
  });

  test('transactions are found by any of their producer ids', () => {
    const rig = new CoordinatorRig().given(transaction({ previousProducerId: 7, nextProducerId: 8 }));
    for (const id of [PID, 7, 8]) expect(rig.coordinator.findByProducerId(id)).toHaveLength(1);
    expect(rig.coordinator.findByProducerId(9)).toEqual([]);
  });

  test('a coordinator holds so many ids and no more', () => {
    const rig = new CoordinatorRig({ transactionalIdsMax: 1 });
    rig.init();
    expect(rig.outcome(rig.init({ transactionalId: 'other' }))).toBe('COORDINATOR_NOT_AVAILABLE');
    expect(rig.outcome(rig.init())).toBe('ok 1000/1');
  });
});
