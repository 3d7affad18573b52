/** What readers see of transactions, over the wire: fetches, look-ups and producers of a partition [L1–L9]. */
import { ErrorCode } from '@hapax/base';
import { describeProducers, fetch, listOffsets, type ResponseOf } from '@hapax/wire';
import { iterateBatches } from '@hapax/wire/records';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Partition } from '../../src/drivers/partition.ts';
import { batchOf, START_MS } from '../support/batches.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';

type Read = NonNullable<ResponseOf<typeof fetch>['responses'][number]['partitions']>[number];

const READ_COMMITTED = 1;
let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster();
});

function leaderOf(topic: string): TestNode {
  const found = cluster.leaderOf(topic);
  if (found === undefined) throw new Error(`nobody leads ${topic}`);
  return found;
}

function partitionOf(topic: string): Partition {
  const found = leaderOf(topic).broker.services.partitions.findByName(topic, 0);
  if (found === undefined) throw new Error(`there is no ${topic}-0`);
  return found;
}

const wallMs = (): number => START_MS + Math.ceil(cluster.time.nowMs);
const deadline = (): number => cluster.time.nowMs + 10_000;

/** Writes one batch of a transaction as if its coordinator had confirmed it, and waits for the commit to the log. */
function write(topic: string, producerId: number, sequence: number, texts = ['x'], producerEpoch = 0): ErrorCode {
  const partition = partitionOf(topic);
  const firstMs = wallMs();
  const producer = { producerId, producerEpoch, baseSequence: sequence, transactional: true, firstMs };
  const records = batchOf(texts, producer);
  const verification = partition.verificationFor(records);
  let error: ErrorCode | undefined;
  const options = { requiredAcks: -1, deadlineMs: deadline(), apiVersion: 12, verification } as const;
  partition.produce(records, options, (result) => {
    ({ error } = result);
  });
  cluster.runUntil('the batch is committed or refused', () => error !== undefined);
  return error as ErrorCode;
}

/** A plain batch. */
function writePlain(topic: string): void {
  let isDone = false;
  partitionOf(topic).produce(
    batchOf(['plain'], { firstMs: wallMs() }),
    { requiredAcks: -1, deadlineMs: deadline(), apiVersion: 12 },
    () => {
      isDone = true;
    },
  );
  cluster.runUntil('the batch is committed', () => isDone);
}

function end(topic: string, producerId: number, kind: 'commit' | 'abort', epoch = 0, version = 0): ErrorCode {
  let error: ErrorCode | undefined;
  const marker = { producerId, producerEpoch: epoch, kind, coordinatorEpoch: 1, transactionVersion: version };
  partitionOf(topic).appendMarker(marker, deadline(), (code) => {
    error = code;
  });
  cluster.runUntil('the marker is committed or refused', () => error !== undefined);
  return error as ErrorCode;
}

interface Asked {
  readonly isolationLevel?: number;
  readonly maxBytes?: number;
  readonly maxWaitMs?: number;
}

function requestOf(topic: string, fetchOffset: number, asked: Asked) {
  const { isolationLevel = READ_COMMITTED, maxBytes = 100_000, maxWaitMs = 0 } = asked;
  const topics = [{ topic, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: maxBytes }] }];
  return { maxWaitMs, minBytes: 1, isolationLevel, topics, sessionEpoch: -1 };
}

function read(topic: string, fetchOffset: number, asked: Asked = {}): Read {
  const client = cluster.connect(leaderOf(topic));
  const answer = client.call(fetch, 11, requestOf(topic, fetchOffset, asked)).responses[0]?.partitions[0];
  client.close();
  if (answer === undefined) throw new Error('the answer has no partition');
  return answer;
}

const offsetsIn = (one: Read | undefined): number[] =>
  iterateBatches(one?.records ?? new Uint8Array(0)).map(({ header }) => header.baseOffset);

describe('a fetch', () => {
  test('of committed data ends before the first open transaction, and says what of it was aborted [L5, L6]', () => {
    cluster.createTopic('isolated');
    write('isolated', 1, 0);
    write('isolated', 2, 0);
    writePlain('isolated');
    expect(read('isolated', 0)).toMatchObject({ highWatermark: 3, lastStableOffset: 0, abortedTransactions: [] });
    expect(offsetsIn(read('isolated', 0))).toEqual([]);
    expect(end('isolated', 1, 'abort')).toBe(ErrorCode.NONE);
    const partial = read('isolated', 0);
    expect(partial).toMatchObject({ highWatermark: 4, lastStableOffset: 1 });
    expect(partial.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(offsetsIn(partial)).toEqual([0]);
    expect(end('isolated', 2, 'commit')).toBe(ErrorCode.NONE);
    const whole = read('isolated', 0);
    expect(whole).toMatchObject({ highWatermark: 5, lastStableOffset: 5 });
    expect(whole.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(offsetsIn(whole)).toEqual([0, 1, 2, 3, 4]);
  });

  test('that begins at or behind the marker of an abort is told of it only where it must be', () => {
    expect(read('isolated', 3).abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(read('isolated', 4).abortedTransactions).toEqual([]);
    // What is read ends before the transaction of producer 1 does, but it is told of it.
    const short = read('isolated', 0, { maxBytes: 1 });
    expect(offsetsIn(short)).toEqual([0]);
    expect(short.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
  });

  test('of all data sees what is open, and is told of no aborts [L6]', () => {
    cluster.createTopic('open');
    write('open', 1, 0);
    const all = read('open', 0, { isolationLevel: 0 });
    expect(offsetsIn(all)).toEqual([0]);
    expect(all).toMatchObject({ lastStableOffset: 0, abortedTransactions: null });
    expect(read('open', 1)).toMatchObject({ errorCode: 0 });
    expect(read('open', 2)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  test('of committed data waits for the marker, and is told of the abort that it waited for [L7, bug 141]', () => {
    cluster.createTopic('waiting');
    write('waiting', 1, 0);
    const client = cluster.connect(leaderOf('waiting'));
    client.send(fetch, 11, requestOf('waiting', 0, { maxWaitMs: 30_000 }));
    cluster.runFor(1000);
    writePlain('waiting');
    cluster.runFor(1000);
    expect(client.answers).toHaveLength(0);
    end('waiting', 1, 'abort');
    const [answer] = client.take(fetch, 11).responses[0]?.partitions ?? [];
    expect(offsetsIn(answer)).toEqual([0, 1, 2]);
    expect(answer?.abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
  });

  test('in a session tells of a last stable offset that moved [F4]', () => {
    cluster.createTopic('session');
    write('session', 1, 0);
    const client = cluster.connect(leaderOf('session'));
    const first = client.call(fetch, 11, { ...requestOf('session', 1, {}), sessionEpoch: 0 });
    const next = (sessionEpoch: number) => client.call(fetch, 11, {
      maxWaitMs: 0, minBytes: 0, isolationLevel: READ_COMMITTED, topics: [], sessionId: first.sessionId, sessionEpoch,
    });
    expect(first.responses[0]?.partitions[0]).toMatchObject({ lastStableOffset: 0 });
    expect(next(1).responses).toEqual([]);
    end('session', 1, 'commit');
    expect(next(2).responses[0]?.partitions[0]).toMatchObject({ highWatermark: 2, lastStableOffset: 2 });
    expect(next(3).responses[0]?.partitions.map(({ lastStableOffset }) => lastStableOffset) ?? []).toEqual([2]);
  });
});

describe('a look-up', () => {
  const list = (topic: string, timestamp: number, isolationLevel: number) => {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }];
    const client = cluster.connect(leaderOf(topic));
    return client.call(listOffsets, 7, { replicaId: -1, isolationLevel, topics }).topics[0]?.partitions[0]?.offset;
  };

  test('of committed data finds nothing beyond the last stable offset [S1, L8]', () => {
    cluster.createTopic('listed');
    writePlain('listed');
    cluster.runFor(10);
    const since = wallMs();
    write('listed', 1, 0);
    expect([list('listed', -1, 0), list('listed', -1, READ_COMMITTED)]).toEqual([2, 1]);
    expect([list('listed', since, 0), list('listed', since, READ_COMMITTED)]).toEqual([1, -1]);
    end('listed', 1, 'commit');
    expect(list('listed', -1, READ_COMMITTED)).toBe(3);
    expect(list('listed', since, READ_COMMITTED)).toBe(1);
  });
});

describe('a partition', () => {
  test('shows where the transactions of its producers began [X5]', () => {
    cluster.createTopic('described');
    writePlain('described');
    write('described', 7, 0, ['x', 'y'], 3);
    const describeIt = () => cluster.connect(leaderOf('described'))
      .call(describeProducers, 0, { topics: [{ name: 'described', partitionIndexes: [0] }] })
      .topics[0]?.partitions[0]?.activeProducers;
    expect(describeIt()).toMatchObject([
      { producerId: 7, producerEpoch: 3, lastSequence: 1, coordinatorEpoch: -1, currentTxnStartOffset: 1 },
    ]);
    end('described', 7, 'commit', 4, 2);
    expect(describeIt()).toMatchObject([
      { producerId: 7, producerEpoch: 4, lastSequence: -1, coordinatorEpoch: 1, currentTxnStartOffset: -1 },
    ]);
  });

  test('takes no batch whose transaction was ended since it was confirmed, and no fenced marker [V3, M9]', () => {
    cluster.createTopic('guarded');
    const partition = partitionOf('guarded');
    const records = batchOf(['late'], { producerId: 7, producerEpoch: 0, baseSequence: 0, transactional: true });
    const verification = partition.verificationFor(records);
    expect(verification).toMatchObject({ kind: 'needed', producerId: 7, producerEpoch: 0 });
    end('guarded', 7, 'abort');
    const errors: ErrorCode[] = [];
    const options = { requiredAcks: -1, deadlineMs: deadline(), apiVersion: 11 } as const;
    partition.produce(records, { ...options, verification }, ({ error }) => errors.push(error));
    partition.produce(records, options, ({ error }) => errors.push(error));
    expect(errors).toEqual([ErrorCode.INVALID_TXN_STATE, ErrorCode.INVALID_TXN_STATE]);
    expect(write('guarded', 7, 0, ['a'], 2)).toBe(ErrorCode.NONE);
    expect(end('guarded', 7, 'commit', 1)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(end('guarded', 7, 'commit', 2, 2)).toBe(ErrorCode.INVALID_PRODUCER_EPOCH);
    expect(end('guarded', 7, 'commit', 3, 2)).toBe(ErrorCode.NONE);
    expect(end('guarded', 7, 'commit', 3, 2)).toBe(ErrorCode.NONE);
    expect(partition.verificationFor({ producerId: 7, producerEpoch: 2 })).toMatchObject({ kind: 'refuse', error: 47 });
    expect(partition.verificationFor(new Uint8Array(3))).toEqual({ kind: 'not-needed' });
    expect(partition.verificationFor(batchOf(['x']))).toEqual({ kind: 'not-needed' });
  });

  test('tells its listeners of a marker in the turn in which it is appended', () => {
    cluster.createTopic('heard');
    const partition = partitionOf('heard');
    write('heard', 7, 0);
    const heard: unknown[] = [];
    partition.listeners.add({
      onHighWatermark: () => undefined,
      onRole: () => undefined,
      onMarkerAppended: (of, marker, offset) => heard.push([of.name, marker, offset]),
    });
    const marker = { producerId: 7, producerEpoch: 0, kind: 'commit' } as const;
    partition.appendMarker({ ...marker, coordinatorEpoch: 1, transactionVersion: 0 }, deadline(), () => undefined);
    expect(heard).toEqual([['heard-0', marker, 1]]);
  });

  test('keeps what is open over a change of leader, and its followers agree [L11]', () => {
    cluster.createTopic('moved');
    write('moved', 1, 0);
    write('moved', 2, 0);
    end('moved', 1, 'abort');
    const old = leaderOf('moved');
    old.kill();
    cluster.runUntil('another node leads', () => cluster.leaderOf('moved') !== undefined);
    const isRead = (): boolean => read('moved', 0).errorCode === 0 && partitionOf('moved').replica.highWatermark === 3;
    cluster.runUntil('it has committed what it has', isRead);
    expect(read('moved', 0)).toMatchObject({ highWatermark: 3, lastStableOffset: 1 });
    expect(read('moved', 0).abortedTransactions).toEqual([{ producerId: 1, firstOffset: 0 }]);
    expect(end('moved', 2, 'commit')).toBe(ErrorCode.NONE);
    old.start();
    cluster.runUntil('all nodes know it', () =>
      cluster.nodes.every(({ isReady, broker }) =>
        isReady && broker.services.partitions.findByName('moved', 0)?.replica.lastStableOffset === 4));
    for (const { broker } of cluster.nodes) {
      const log = broker.services.partitions.findByName('moved', 0)?.log;
      expect(log?.abortedTransactions(0, 4)).toEqual([
        { producerId: 1, firstOffset: 0, lastOffset: 2, lastStableOffset: 1 },
      ]);
    }
  });
});
