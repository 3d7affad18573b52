/** Markers on their way: batched, routed anew, retried for ever, given up where somebody newer owns the transaction. */
import { ErrorCode, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { MarkerQueues, type MarkerBatch, type MarkerRoute, type MarkerTask } from '../src/index.ts';

const LEADER = (nodeId: number): MarkerRoute => ({ kind: 'leader', nodeId });

function task(transactionalId: string, partitions: readonly string[], fields: Partial<MarkerTask> = {}): MarkerTask {
  const topics = new Map<string, number[]>();
  for (const name of partitions) {
    const [topic = '', partition = ''] = name.split('-');
    topics.set(topic, [...topics.get(topic) ?? [], Number(partition)]);
  }
  return {
    coordinatorPartition: 1, coordinatorEpoch: 3, transactionalId, producerId: 100, producerEpoch: 5, kind: 'commit',
    transactionVersion: 2, partitions: [...topics].map(([topic, its]) => ({ topic, partitions: its })), ...fields,
  };
}

class Rig {
  readonly leaders = new Map<string, MarkerRoute>();
  nowMs = 0;
  readonly queues: MarkerQueues;
  batches: MarkerBatch[] = [];

  constructor(options: { batchPartitionsMax?: number; batchesInFlightMax?: number } = {}) {
    this.queues = new MarkerQueues({
      leaderOf: (topic, partition) => this.leaders.get(`${topic}-${partition}`) ?? LEADER(partition % 2),
      random: new SeededRandom(1),
      retryBackoffMs: 10,
      retryBackoffMaxMs: 100,
      batchPartitionsMax: options.batchPartitionsMax ?? 100,
      batchesInFlightMax: options.batchesInFlightMax ?? 4,
    });
  }

  add(...tasks: MarkerTask[]): this {
    this.queues.add(tasks);
    return this;
  }

  /** `node: id topic-partitions …` of each batch that may be sent now. */
  send(): string[] {
    this.batches = this.queues.takeBatches(this.nowMs);
    return this.batches.map(({ destination, markers }) => `${destination}: ${markers.map(({ task: its, topics }) =>
      [its.transactionalId, ...topics.map(({ topic, partitions }) => `${topic}-${partitions.join(',')}`)].join(' '))
      .join('; ')}`);
  }

  answer(at: number, ...errors: ErrorCode[]): this {
    const batch = this.batches[at];
    if (batch === undefined) throw new Error(`no batch ${at}`);
    this.queues.onAnswered(batch, errors, this.nowMs);
    return this;
  }

  told(): string[] {
    const all = [...this.queues.takeOutcomes()].flatMap(([partition, outcomes]) =>
      outcomes.map((outcome) => ({ partition, ...outcome })));
    return all.map(({ partition, task: its, written, fencedBy }) => {
      const names = written.map(({ topic, partitions }) => `${topic}-${partitions.join(',')}`).join(' ');
      return [partition, its.transactionalId, names, fencedBy].filter((part) => part !== undefined).join(' ');
    });
  }
}

describe('markers on their way', () => {
  test('of many transactions are batched for each leader [M1]', () => {
    const rig = new Rig().add(task('a', ['x-0', 'x-1', 'y-0']), task('b', ['x-0', 'x-2']));
    expect(rig.send()).toEqual(['0: a x-0 y-0; b x-0,2', '1: a x-1']);
    rig.answer(0, 0, 0, 0, 0).answer(1, 0);
    expect(rig.told()).toEqual(['1 a x-0,1 y-0', '1 b x-0,2']);
    expect(rig.queues.taskCount).toBe(0);
    expect(rig.send()).toEqual([]);
  });

  test('coordinators are told apart', () => {
    const rig = new Rig().add(task('a', ['x-0']), task('b', ['x-0'], { coordinatorPartition: 2 }));
    rig.send();
    expect(rig.answer(0, 0, 0).told()).toEqual(['1 a x-0', '2 b x-0']);
  });

  test.each([
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_ENOUGH_REPLICAS,
    ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND, ErrorCode.REQUEST_TIMED_OUT, ErrorCode.KAFKA_STORAGE_ERROR,
    ErrorCode.CORRUPT_MESSAGE, ErrorCode.UNKNOWN_SERVER_ERROR,
  ])('that were refused with %s are sent again, to the leader of then [M4]', (error) => {
    const rig = new Rig().add(task('a', ['x-0', 'x-2']));
    rig.send();
    rig.answer(0, ErrorCode.NONE, error);
    expect(rig.told()).toEqual(['1 a x-0']);
    expect(rig.send()).toEqual([]);
    rig.leaders.set('x-2', LEADER(5));
    rig.nowMs = 10;
    expect(rig.send()).toEqual(['5: a x-2']);
    expect(rig.answer(0, ErrorCode.NONE).told()).toEqual(['1 a x-2']);
  });

  test.each([ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT, ErrorCode.UNSUPPORTED_VERSION])(
    'that cannot be written with %s count as written [M4]', (error) => {
      const rig = new Rig().add(task('a', ['x-0']));
      rig.send();
      expect(rig.answer(0, error).told()).toEqual(['1 a x-0']);
    },
  );

  test.each([ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.TRANSACTION_COORDINATOR_FENCED])(
    'of a transaction that somebody newer owns are given up, with %s, all of them [M4]', (error) => {
      const rig = new Rig().add(task('a', ['x-0', 'x-1']));
      rig.send();
      expect(rig.answer(0, error).told()).toEqual([`1 a  ${error}`]);
      rig.answer(1, ErrorCode.NOT_LEADER_OR_FOLLOWER);
      rig.nowMs = 1000;
      expect(rig.send()).toEqual([]);
      expect(rig.told()).toEqual([]);
    },
  );

  test('of a transaction that somebody newer owns are not sent, even before its coordinator was told', () => {
    const rig = new Rig({ batchPartitionsMax: 1, batchesInFlightMax: 1 }).add(task('a', ['x-0', 'x-2']));
    rig.send();
    rig.answer(0, ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(rig.send()).toEqual([]);
  });

  test('that were lost are sent again, for ever, with longer pauses up to a bound [M5]', () => {
    const rig = new Rig().add(task('a', ['x-0']));
    const pauses: number[] = [];
    rig.send();
    for (let round = 0; round < 8; round++) {
      rig.queues.onLost(rig.batches[0] as MarkerBatch, rig.nowMs);
      const dueMs = rig.queues.nextDueMs() ?? Number.NaN;
      pauses.push(dueMs - rig.nowMs);
      rig.nowMs = dueMs;
      expect(rig.send()).toEqual(['0: a x-0']);
    }
    pauses.forEach((pauseMs, round) => {
      const boundMs = Math.min(10 * 2 ** round, 100);
      expect(pauseMs).toBeGreaterThanOrEqual(boundMs / 2);
      expect(pauseMs).toBeLessThanOrEqual(boundMs);
    });
  });

  test('of a partition that is gone have nothing left to do [M3]', () => {
    const rig = new Rig();
    rig.leaders.set('x-0', { kind: 'gone' });
    rig.add(task('a', ['x-0', 'x-1']));
    expect(rig.told()).toEqual(['1 a x-0']);
    expect(rig.send()).toEqual(['1: a x-1']);
    rig.leaders.set('x-1', { kind: 'gone' });
    rig.answer(0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    rig.nowMs = 10;
    expect(rig.send()).toEqual([]);
    expect(rig.told()).toEqual(['1 a x-1']);
  });

  test('of a partition without a leader wait for the metadata to change [M1]', () => {
    const rig = new Rig();
    rig.leaders.set('x-0', { kind: 'unavailable' });
    rig.add(task('a', ['x-0']));
    rig.nowMs = 100_000;
    expect(rig.send()).toEqual([]);
    rig.leaders.set('x-0', LEADER(3));
    rig.queues.onMetadataChanged();
    expect(rig.send()).toEqual(['3: a x-0']);
  });

  test('that pause are sent at once when the metadata changes', () => {
    const rig = new Rig().add(task('a', ['x-0']));
    rig.send();
    rig.answer(0, ErrorCode.NOT_LEADER_OR_FOLLOWER);
    rig.leaders.set('x-0', LEADER(4));
    rig.queues.onMetadataChanged();
    expect(rig.send()).toEqual(['4: a x-0']);
  });

  test('of a coordinator that is no longer one are dropped, wherever they are [M7]', () => {
    const rig = new Rig({ batchesInFlightMax: 1 });
    rig.leaders.set('x-4', { kind: 'unavailable' });
    rig.add(task('a', ['x-0', 'x-4', 'x-1']));
    rig.send();
    rig.answer(1, ErrorCode.NOT_ENOUGH_REPLICAS);
    rig.add(task('b', ['x-0']), task('c', ['x-0'], { coordinatorPartition: 2 }));
    rig.queues.forgetCoordinator(1);
    rig.answer(0, ErrorCode.NONE);
    rig.leaders.clear();
    rig.queues.onMetadataChanged();
    rig.nowMs = 1000;
    expect(rig.send()).toEqual(['0: c x-0']);
    expect(rig.told()).toEqual([]);
    expect(rig.queues.taskCount).toBe(1);
  });

  test('batches are bounded in size, and in number for each node; nodes do not wait for each other', () => {
    const rig = new Rig({ batchPartitionsMax: 2, batchesInFlightMax: 2 });
    rig.add(task('a', ['x-0', 'x-2', 'x-4', 'x-6', 'x-8', 'x-1']));
    expect(rig.send()).toEqual(['0: a x-0,2', '0: a x-4,6', '1: a x-1']);
    const { batches } = rig;
    expect(rig.send()).toEqual([]);
    rig.queues.onAnswered(batches[0] as MarkerBatch, [0, 0], 0);
    expect(rig.send()).toEqual(['0: a x-8']);
  });

  test('codes belong to partitions in the order of the batch', () => {
    const rig = new Rig().add(task('a', ['x-0', 'y-0', 'x-2']));
    expect(rig.send()).toEqual(['0: a x-0,2 y-0']);
    expect(rig.answer(0, 0, ErrorCode.NOT_LEADER_OR_FOLLOWER, 0).told()).toEqual(['1 a x-0 y-0']);
  });

  test('an answer that comes twice, or the same task, is a mistake of the driver', () => {
    const once = task('a', ['x-0']);
    const rig = new Rig().add(once);
    expect(() => rig.add(once)).toThrow('the markers of a were given twice');
    rig.send();
    rig.answer(0, 0);
    expect(() => rig.answer(0, 0)).toThrow('was answered twice');
  });
});
