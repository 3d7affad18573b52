/** The frame of coordinators, around a machine that adds numbers up. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import {
  Coordinator, type AppendOutcome, type Outcome, type RecordPosition, type TransactionalAppend,
} from '../src/index.ts';

class Sum {
  total = 0;
  replay(record: number): void {
    this.total += record;
  }
}

/** A log of numbers that may refuse. */
class NumberLog {
  readonly records: number[] = [];
  refuseWith: ErrorCode | undefined;
  append(records: readonly number[]): AppendOutcome {
    if (this.refuseWith !== undefined) return { accepted: false, error: this.refuseWith };
    const baseOffset = this.records.length;
    this.records.push(...records);
    return { accepted: true, baseOffset, lastOffset: this.records.length - 1, timestampMs: 0 };
  }
}

function activeSum(parkedMax = 10) {
  const log = new NumberLog();
  const coordinator = new Coordinator<Sum, number>({
    fresh: () => new Sum(), writer: log, parkedMax, commitTimeoutMs: 100,
  });
  coordinator.beginLoading();
  coordinator.becomeActive(-1);
  const outcomes: Outcome<number>[] = [];
  const add = (value: number): void =>
    coordinator.execute(
      0,
      (state) => ({ records: [value], answer: state.total + value }),
      (outcome) => outcomes.push(outcome),
    );
  const read = (): void =>
    coordinator.execute(0, (state) => ({ records: [], answer: state.total }), (outcome) => outcomes.push(outcome));
  return { log, coordinator, outcomes, add, read };
}

describe('a coordinator', () => {
  test('answers only when the records of the answer are committed', () => {
    const { coordinator, outcomes, add } = activeSum();
    add(3);
    expect(outcomes).toEqual([]);
    coordinator.onCommitted(0);
    expect(outcomes).toEqual([{ ok: true, answer: 3 }]);
  });

  test('lets the next handler see records that are not yet committed, and holds its answer back as well', () => {
    const { coordinator, outcomes, add, read } = activeSum();
    add(3);
    read();
    expect(outcomes).toEqual([]);
    coordinator.onCommitted(0);
    expect(outcomes).toEqual([{ ok: true, answer: 3 }, { ok: true, answer: 3 }]);
    read();
    expect(outcomes).toHaveLength(3);
  });

  test('answers the error of a refused append and keeps its state', () => {
    const { log, coordinator, outcomes, add } = activeSum();
    log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    add(3);
    expect(outcomes).toEqual([{ ok: false, error: ErrorCode.NOT_ENOUGH_REPLICAS }]);
    expect(coordinator.state.total).toBe(0);
  });

  test('tells those who wait that it is no longer the coordinator when it is deposed', () => {
    const { coordinator, outcomes, add } = activeSum();
    add(3);
    coordinator.becomeInactive();
    add(4);
    expect(outcomes).toEqual([
      { ok: false, error: ErrorCode.NOT_COORDINATOR },
      { ok: false, error: ErrorCode.NOT_COORDINATOR },
    ]);
  });

  test('comes to the same state by loading the log as it had by serving', () => {
    const { log, coordinator, add } = activeSum();
    [5, 6, 7].forEach(add);
    const before = coordinator.state.total;
    coordinator.becomeInactive();
    coordinator.beginLoading();
    log.records.forEach((record, offset) => coordinator.replayLoaded(record, { offset, timestampMs: 0 }));
    coordinator.becomeActive(2);
    expect(coordinator.state.total).toBe(before);
  });

  test('refuses requests while it loads', () => {
    const { coordinator, outcomes, read } = activeSum();
    coordinator.beginLoading();
    read();
    expect(outcomes).toEqual([{ ok: false, error: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }]);
  });

  test('refuses further requests when its bound of parked answers is reached, and writes nothing for them', () => {
    const { log, outcomes, add } = activeSum(2);
    [1, 2, 3].forEach(add);
    expect(outcomes).toEqual([{ ok: false, error: ErrorCode.COORDINATOR_NOT_AVAILABLE }]);
    expect(log.records).toEqual([1, 2]);
  });

  test('gives up an answer whose commit does not come in time', () => {
    const { coordinator, outcomes, add } = activeSum();
    add(1);
    coordinator.tick(99);
    expect(outcomes).toEqual([]);
    coordinator.tick(100);
    expect(outcomes).toEqual([{ ok: false, error: ErrorCode.REQUEST_TIMED_OUT }]);
    expect(coordinator.parkedCount).toBe(0);
  });

  test('stops on a record out of order', () => {
    const { coordinator } = activeSum();
    coordinator.beginLoading();
    coordinator.replayLoaded(1, { offset: 4, timestampMs: 0 });
    expect(() => coordinator.replayLoaded(1, { offset: 4, timestampMs: 0 })).toThrow('record 4 follows record 4');
  });
});

/** Numbers outside of transactions count at once, those of a transaction when its marker says so. */
class Account {
  total = 0;
  readonly pending = new Map<number, number>();
  replay(record: number | 'commit' | 'abort', { producer }: RecordPosition): void {
    const producerId = producer?.producerId;
    if (typeof record === 'number' && producerId === undefined) this.total += record;
    else if (typeof record === 'number') this.pending.set(producerId!, (this.pending.get(producerId!) ?? 0) + record);
    else {
      if (record === 'commit') this.total += this.pending.get(producerId!) ?? 0;
      this.pending.delete(producerId!);
    }
  }
}

interface Entry {
  readonly record: number | 'commit' | 'abort';
  readonly producer: TransactionalAppend | undefined;
}

function activeAccount() {
  const entries: Entry[] = [];
  const append = (records: readonly number[], producer?: TransactionalAppend): AppendOutcome => {
    const baseOffset = entries.length;
    for (const record of records) entries.push({ record, producer });
    return { accepted: true, baseOffset, lastOffset: entries.length - 1, timestampMs: 0 };
  };
  const coordinator = new Coordinator<Account, number, 'commit' | 'abort'>({
    fresh: () => new Account(), writer: { append }, parkedMax: 10, commitTimeoutMs: 100,
  });
  coordinator.beginLoading();
  coordinator.becomeActive(-1);
  const outcomes: Outcome<number>[] = [];
  const add = (value: number, producer?: TransactionalAppend): void =>
    coordinator.execute(
      0, (state) => ({ records: [value], producer, answer: state.total }), (outcome) => outcomes.push(outcome),
    );
  const read = (): void =>
    coordinator.execute(0, (state) => ({ records: [], answer: state.total }), (outcome) => outcomes.push(outcome));
  const mark = (record: 'commit' | 'abort', producerId: number): void => {
    const producer = { producerId, producerEpoch: 0 };
    entries.push({ record, producer });
    coordinator.applyExternal(record, { offset: entries.length - 1, timestampMs: 0, producer });
  };
  return { entries, coordinator, outcomes, add, read, mark };
}

describe('a coordinator whose log holds transactions', () => {
  test('writes the records of a decision in the transaction that it names, and tells the state whose they are', () => {
    const { entries, coordinator, add } = activeAccount();
    const verification = { guard: 1 };
    add(5, { producerId: 7, producerEpoch: 2, verification });
    add(1);
    expect(entries.map(({ producer }) => producer)).toEqual([
      { producerId: 7, producerEpoch: 2, verification }, undefined,
    ]);
    expect(entries[0]?.producer?.verification).toBe(verification);
    expect([...coordinator.state.pending]).toEqual([[7, 5]]);
    expect(coordinator.state.total).toBe(1);
  });

  test('applies what others wrote at once, and holds answers that see it until it is committed', () => {
    const { coordinator, outcomes, add, read, mark } = activeAccount();
    add(5, { producerId: 7, producerEpoch: 0 });
    coordinator.onCommitted(0);
    outcomes.length = 0;
    mark('commit', 7);
    expect(coordinator.state.total).toBe(5);
    read();
    expect(outcomes).toEqual([]);
    coordinator.onCommitted(1);
    expect(outcomes).toEqual([{ ok: true, answer: 5 }]);
  });

  test('comes to the same state by loading as it had by serving, markers among it', () => {
    const { entries, coordinator, add, mark } = activeAccount();
    add(5, { producerId: 7, producerEpoch: 0 });
    add(6, { producerId: 8, producerEpoch: 0 });
    add(1);
    mark('commit', 7);
    mark('abort', 8);
    add(9, { producerId: 8, producerEpoch: 0 });
    const before = coordinator.state;
    coordinator.becomeInactive();
    coordinator.beginLoading();
    entries.forEach(({ record, producer }, offset) =>
      coordinator.replayLoaded(record, { offset, timestampMs: 0, producer }));
    coordinator.becomeActive(entries.length - 1);
    expect(coordinator.state).toEqual(before);
    expect(coordinator.state.total).toBe(6);
  });

  test('stops where a marker is applied beside the loading of the log, which would apply it twice', () => {
    const { coordinator, mark } = activeAccount();
    coordinator.beginLoading();
    expect(() => mark('commit', 7)).toThrow('record 0 came from outside while loading');
  });
});
