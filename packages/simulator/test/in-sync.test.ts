/** The checkers of replication, each fed a history that breaks its invariant. */
import { describe, expect, test } from 'vitest';
import type { PartitionImage } from '@hapax/metadata';
import { nodeCompression } from '@hapax/client';
import type { BatchView } from '@hapax/wire/records';
import { InSyncInvariants, type WatchedReplica } from '../src/invariants/in-sync.ts';
import { ProducerInvariants } from '../src/invariants/producers.ts';
import { TransactionInvariants } from '../src/invariants/transactions.ts';
import { Violation } from '../src/invariants/violation.ts';
import { EndsTold } from '../src/workload/end-probing.ts';
import { LogOfBatches, makeBatch } from './log-of-batches.ts';

const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ';
const BATCHES = [0, 1, 2].map((at) => makeBatch({ baseOffset: at, baseSequence: at, count: 1 }));
const OTHER = makeBatch({ baseOffset: 1, baseSequence: 1, count: 1, leaderEpoch: 1, text: 'other' });

/** Three nodes of one partition, whose state the tests set as they please. */
class Scene {
  readonly replicas = new Map<number, WatchedReplica>();
  readonly invariants = new InSyncInvariants({
    replica: (node) => this.replicas.get(node),
    durableEnd: (node) => this.replicas.get(node)?.log.durableOffset ?? 0,
    isRegistered: () => true,
  }, {
    producers: new ProducerInvariants(), transactions: new TransactionInvariants(nodeCompression, () => true),
  }, nodeCompression);

  set(node: number, batches: readonly BatchView[], more: Partial<WatchedReplica> = {}): WatchedReplica {
    const replica: WatchedReplica = {
      node, life: 1, topicId: TOPIC_ID, topic: 't', partition: 0, isLeader: false, isUnderMinIsr: false, leaderEpoch: 0,
      highWatermark: 0, lastStableOffset: 0, minInsyncReplicas: 2, log: new LogOfBatches(batches), followers: () => [],
      activeProducers: () => [], ...more,
    };
    this.replicas.set(node, replica);
    return replica;
  }

  state(more: Partial<PartitionImage> = {}): void {
    this.invariants.onState({
      topicId: TOPIC_ID, topic: 't', partition: 0, replicas: [0, 1, 2], isr: [0, 1, 2], elr: [], lastKnownElr: [],
      leader: 0, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'recovered',
      addingReplicas: [], removingReplicas: [], ...more,
    });
  }

  /** Two batches are committed on all three nodes. */
  commitTwo(): void {
    this.state();
    for (const node of [1, 2]) this.set(node, BATCHES.slice(0, 2));
    this.invariants.onHighWatermark(this.set(0, BATCHES.slice(0, 2), { isLeader: true, highWatermark: 2 }));
  }

  broken(what: () => void): string {
    try {
      what();
    } catch (error) {
      if (error instanceof Violation) return error.invariant;
      throw error;
    }
    return 'nothing';
  }
}

function committed(): Scene {
  const scene = new Scene();
  scene.commitTwo();
  return scene;
}

describe('replication', () => {
  test('I6: a replica joins the ISR before it has caught up', () => {
    const scene = new Scene();
    scene.commitTwo();
    scene.state({ partitionEpoch: 1, isr: [0, 1] });
    scene.set(2, BATCHES.slice(0, 1));
    expect(scene.broken(() => scene.state({ partitionEpoch: 2 }))).toBe('I6');
  });

  test('a replica that has caught up may join the ISR', () => {
    const scene = new Scene();
    scene.commitTwo();
    scene.state({ partitionEpoch: 1, isr: [0, 1] });
    expect(scene.broken(() => scene.state({ partitionEpoch: 2 }))).toBe('nothing');
  });

  test('no violation while replicas agree', () => {
    const scene = committed();
    expect(scene.broken(() => scene.invariants.checkNow(scene.replicas.values()))).toBe('nothing');
  });

  test('I1: a high watermark that falls', () => {
    const scene = committed();
    const replica = scene.set(0, BATCHES, { isLeader: true, highWatermark: 1 });
    expect(scene.broken(() => scene.invariants.onHighWatermark(replica))).toBe('I1');
  });

  test('I2: a new leader without what is committed', () => {
    const scene = committed();
    const leader = scene.set(1, BATCHES.slice(0, 1), { isLeader: true, leaderEpoch: 1 });
    expect(scene.broken(() => scene.invariants.onRole(leader))).toBe('I2');
  });

  test('I3: another batch where one is committed', () => {
    const scene = committed();
    const replica = scene.set(1, [BATCHES[0]!, OTHER], { highWatermark: 2 });
    expect(scene.broken(() => scene.invariants.onHighWatermark(replica))).toBe('I3');
  });

  test('I4: a leader that does not wait for the ISR', () => {
    const scene = committed();
    const followers = () => [{ nodeId: 1, counts: false }];
    scene.set(0, BATCHES.slice(0, 2), { isLeader: true, highWatermark: 2, followers });
    expect(scene.broken(() => scene.invariants.checkNow([]))).toBe('I4');
  });

  test('I5: an electable replica that lacks something, or has not synced it', () => {
    const scene = committed();
    scene.set(2, BATCHES.slice(0, 1));
    expect(scene.broken(() => scene.invariants.checkNow([]))).toBe('I5');
    scene.set(2, BATCHES.slice(0, 2), { log: new LogOfBatches(BATCHES.slice(0, 2), 1) });
    expect(scene.broken(() => scene.invariants.checkNow([]))).toBe('I5');
  });

  test('I7: two leaders of one leader epoch', () => {
    const scene = committed();
    scene.invariants.onRole(scene.set(0, BATCHES.slice(0, 2), { isLeader: true, leaderEpoch: 1, highWatermark: 2 }));
    const other = scene.set(1, BATCHES.slice(0, 2), { isLeader: true, leaderEpoch: 1 });
    expect(scene.broken(() => scene.invariants.onRole(other))).toBe('I7');
  });

  test('I9: a follower or a consumer that sees what is not committed', () => {
    const scene = committed();
    const replica = scene.set(1, BATCHES, { highWatermark: 3 });
    expect(scene.broken(() => scene.invariants.onHighWatermark(replica))).toBe('I9');
    expect(scene.broken(() => scene.invariants.onConsumed(TOPIC_ID, 't', 0, 2, 'p:2:'))).toBe('I9');
    expect(scene.broken(() => scene.invariants.onConsumed(TOPIC_ID, 't', 0, 1, 'p:7:'))).toBe('I9');
    expect(scene.broken(() => scene.invariants.onConsumed(TOPIC_ID, 't', 0, 1, 'p:1:'))).toBe('nothing');
  });

  test('I11: a commit with too few durable copies', () => {
    const scene = new Scene();
    scene.state();
    for (const node of [1, 2]) scene.set(node, []);
    const leader = scene.set(0, BATCHES, { isLeader: true, highWatermark: 3 });
    expect(scene.broken(() => scene.invariants.onHighWatermark(leader))).toBe('I11');
  });
});

test('I1: a client is told of an end before the one that it was told; an old leader may still do so', () => {
  const ends = new EndsTold();
  ends.onTold('t-0', { leaderEpoch: 2, offset: 10 });
  ends.onTold('t-0', { leaderEpoch: 1, offset: 7 });
  ends.onTold('t-1', { leaderEpoch: 0, offset: 3 });
  expect(() => ends.onTold('t-0', { leaderEpoch: 2, offset: 9 })).toThrow('I1');
  expect(() => ends.onTold('t-0', { leaderEpoch: 3, offset: 9 })).toThrow('I1');
});
