/** Brokers that say nothing: paused or cut off, with their connections open. */
import { describe, expect, test } from 'vitest';
import { type AppError } from '@hapax/base';
import { BrokerConnection, Cluster, type Outcome } from '../src/machines/index.ts';
import { metadata } from '@hapax/wire';
import { Consuming } from './fakes/consuming.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { CLUSTER_OPTIONS, makeCluster, Producing, valuesIn } from './fakes/producing.ts';

/** How long a cluster takes to elect another leader. */
const ELECTION_MS = 2500;
/** In which time clients must go on after their leader was paused. */
const GOAL_MS = 3000;
/** As long as a client is patient by default, so that no test succeeds by a request's own timeout. */
const PATIENT = { requestTimeoutMs: 30_000, deliveryTimeoutMs: 120_000 };

function oneTopic(): FakeCluster {
  const fake = new FakeCluster();
  fake.createTopic('orders', 1);
  return fake;
}

/** Pauses the leader of a partition now, and lets another be elected after a while. */
function pauseLeader(fake: FakeCluster, topic = 'orders', partition = 0): number {
  const log = fake.log(topic, partition);
  const paused = log.leaderId;
  fake.network.pause(fake.endpoint(paused));
  fake.time.after(ELECTION_MS, () => log.moveTo((paused % 3) + 1));
  return paused;
}

function sendEvery(fake: FakeCluster, producing: Producing, intervalMs: number, count: number): void {
  for (let index = 0; index < count; index++) fake.time.after(index * intervalMs, () => producing.send(`v${index}`));
}

describe('a producer whose leader is paused', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('goes on at the next leader within the goal, each record once (%i)', (seed) => {
    const fake = oneTopic();
    const producing = new Producing(fake, { ...PATIENT, batchBytes: 200 }, seed);
    sendEvery(fake, producing, 10, 1000);
    fake.time.run(1000 + seed);
    const pausedMs = fake.time.nowMs();
    const paused = pauseLeader(fake);
    const delivered = (): number => producing.fates.filter((fate) => fate.delivery !== undefined).length;
    fake.time.run(10);
    const before = delivered();
    expect(fake.time.runUntil(() => delivered() > before + 100, 60_000)).toBe(true);
    expect(fake.time.nowMs() - pausedMs).toBeLessThan(GOAL_MS);
    fake.time.run(5000);
    fake.network.resume(fake.endpoint(paused));
    producing.settle();
    expect(producing.fates.filter((fate) => fate.error !== undefined)).toEqual([]);
    expect(valuesIn(fake, 'orders', 0)).toEqual(producing.fates.map((fate) => fate.value));
  });

  test('writes nothing twice where the paused leader had appended already', () => {
    const fake = oneTopic();
    const producing = new Producing(fake, PATIENT);
    producing.send('first');
    producing.settle();
    fake.log('orders', 0).onAppend.push(() => fake.network.pause(fake.endpoint(1)));
    producing.send('appended');
    fake.time.run(ELECTION_MS);
    expect(producing.open).toBe(1);
    fake.log('orders', 0).moveTo(2);
    fake.time.run(GOAL_MS - ELECTION_MS);
    expect(producing.open).toBe(0);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['first', 'appended']);
  });

  test('that knew of another leader before asks it at once after a second', () => {
    const fake = oneTopic();
    const producing = new Producing(fake, PATIENT);
    producing.send('first');
    producing.settle();
    fake.network.pause(fake.endpoint(1));
    producing.send('second');
    fake.time.run(500);
    fake.log('orders', 0).moveTo(2);
    producing.cluster.refresh();
    fake.time.run(600);
    expect(producing.open).toBe(0);
  });

  test('waits for a slow leader as long as no other is elected, and sends nothing again', () => {
    const fake = oneTopic();
    const producing = new Producing(fake, PATIENT);
    producing.send('first');
    producing.settle();
    const produced = fake.count('Produce');
    const dialled = fake.network.dialled;
    fake.network.pause(fake.endpoint(1));
    producing.send('slow');
    fake.time.run(20_000);
    fake.network.resume(fake.endpoint(1));
    producing.settle();
    expect(fake.count('Produce') - produced).toBe(1);
    expect(producing.fates.map((fate) => fate.error)).toEqual([undefined, undefined]);
    // Metadata may have been asked of two other brokers, and once of the silent one.
    expect(fake.network.dialled - dialled).toBeLessThanOrEqual(3);
    expect(fake.count('Metadata')).toBeLessThan(60);
  });

  test('finds its producer id at another broker', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const fake = oneTopic();
      fake.log('orders', 0).moveTo(2);
      fake.network.pause(fake.endpoint(1));
      const producing = new Producing(fake, PATIENT, seed);
      producing.send('first');
      fake.time.run(GOAL_MS + 1000);
      expect(producing.open).toBe(0);
    }
  });
});

describe('metadata', () => {
  test('comes from a slow cluster in the end', () => {
    const fake = oneTopic();
    fake.network.latencyMs = 1200;
    const bootstrap = [fake.endpoint(1)];
    const options = { ...CLUSTER_OPTIONS, bootstrap, connectTimeoutMs: 10_000, requestTimeoutMs: 30_000 };
    const cluster = new Cluster(fake.ports(), options);
    cluster.track('orders');
    fake.time.run(20_000);
    expect(cluster.cache.partition('orders', 0)?.leaderId).toBe(1);
  });

  test('comes from another broker within little more than a second when one is paused', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const fake = oneTopic();
      fake.network.pause(fake.endpoint(1));
      const cluster = makeCluster(fake, seed);
      cluster.track('orders');
      fake.time.run(1200);
      expect(cluster.cache.partition('orders', 0)?.leaderId).toBe(1);
    }
  });
});

describe('a consumer', () => {
  test('whose leader is paused reads on from the next leader within the goal', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const fake = oneTopic();
      const producing = new Producing(fake, PATIENT, seed);
      const consuming = new Consuming(fake, { groupId: null, requestTimeoutMs: 30_000 }, seed + 100);
      consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
      sendEvery(fake, producing, 10, 1000);
      fake.time.run(1000);
      pauseLeader(fake);
      fake.time.run(100);
      const before = consuming.values.length;
      fake.time.run(GOAL_MS - 100);
      expect(consuming.values.length).toBeGreaterThan(before + 100);
      producing.settle();
      fake.time.run(2000);
      expect(consuming.values).toEqual(producing.fates.map((fate) => fate.value));
      expect(consuming.failures).toEqual([]);
    }
  });

  test('that waits long for records stays where it is', () => {
    const fake = oneTopic();
    const consuming = new Consuming(fake, { groupId: null, fetchMaxWaitMs: 5000, requestTimeoutMs: 30_000 });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    const { dialled } = fake.network;
    const metadataReads = fake.count('Metadata');
    fake.time.run(60_000);
    expect(fake.network.dialled).toBe(dialled);
    expect(fake.count('Metadata')).toBe(metadataReads);
  });
});

describe('a group member', () => {
  function member(): { fake: FakeCluster; consuming: Consuming } {
    const fake = oneTopic();
    fake.log('orders', 0).moveTo(3);
    const consuming = new Consuming(fake, { requestTimeoutMs: 30_000 });
    consuming.machine.subscribe(['orders']);
    fake.time.run(6000);
    expect(consuming.partitions).toBe('orders-0');
    return { fake, consuming };
  }

  test('whose coordinator is paused finds the next one, and keeps its partitions', () => {
    const { fake, consuming } = member();
    const coordinator = fake.groups.coordinator;
    fake.network.pause(fake.endpoint(coordinator));
    fake.time.after(ELECTION_MS, () => {
      fake.groups.coordinator = 2;
    });
    fake.time.run(ELECTION_MS + 1500);
    const beats = fake.count('Heartbeat');
    fake.time.run(5000);
    expect(fake.count('Heartbeat')).toBeGreaterThanOrEqual(beats + 4);
    expect(consuming.log).toEqual(['assigned orders-0']);
    expect(consuming.partitions).toBe('orders-0');
  });

  test('whose coordinator is only slow stays with it', () => {
    const { fake, consuming } = member();
    fake.network.pause(fake.endpoint(fake.groups.coordinator));
    const asked = fake.count('FindCoordinator');
    fake.time.run(6000);
    expect(fake.count('FindCoordinator')).toBeGreaterThan(asked);
    fake.network.resume(fake.endpoint(fake.groups.coordinator));
    fake.time.run(3000);
    expect(consuming.log).toEqual(['assigned orders-0']);
  });
});

describe('a connection', () => {
  test('is abandoned only while it is silent, and what it had sent may have happened', () => {
    const fake = new FakeCluster();
    const closed: AppError[] = [];
    let silences = 0;
    const options = { ...CLUSTER_OPTIONS, requestTimeoutMs: 30_000, endpoint: fake.endpoint(1) };
    const connection = new BrokerConnection(fake.ports(), options, {
      onReady: () => {},
      onSilent: () => (silences += 1),
      onClosed: (error) => closed.push(error),
    });
    const outcomes: Outcome<unknown>[] = [];
    const ask = (patienceMs: number): void => {
      const plan = { api: metadata, patienceMs, belongsElsewhere: () => true, build: () => ({ topics: [] }) };
      connection.request(plan, (outcome) => outcomes.push(outcome));
    };
    ask(0);
    fake.time.run(100);
    fake.network.pause(fake.endpoint(1));
    ask(2000);
    fake.time.run(2900);
    connection.abandonIfElsewhere();
    expect([silences, connection.isClosed]).toEqual([0, false]);
    fake.time.run(200);
    expect(silences).toBe(1);
    fake.network.resume(fake.endpoint(1));
    fake.time.run(10);
    connection.abandonIfElsewhere();
    expect([outcomes.length, connection.isClosed]).toEqual([2, false]);
    fake.network.pause(fake.endpoint(1));
    ask(0);
    fake.time.run(1100);
    connection.abandonIfElsewhere();
    fake.time.run(1);
    expect(silences).toBe(2);
    expect(outcomes[2]).toMatchObject({ ok: false, error: { code: 'timed-out', retriable: true, definite: false } });
    expect(closed.length).toBe(1);
  });
});
