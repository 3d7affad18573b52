/** The frame of coordinators, around a machine that adds numbers up. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { Coordinator, type AppendOutcome, type Outcome } from '../src/index.ts';

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
