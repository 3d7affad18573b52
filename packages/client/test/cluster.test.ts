/** Connections, versions, metadata and administration, machine against machine. */
import { describe, expect, test } from 'vitest';
import { ErrorCode, type AppError } from '@hapax/base';
import { createTopics, describeQuorum, metadata } from '@hapax/wire';
import {
  addPartitions,
  BrokerConnection,
  call,
  changeConfigs,
  makeTopics,
  moveGroupOffsets,
  readCluster,
  readConfigs,
  readGroup,
  readGroupOffsets,
  readGroups,
  readOffsets,
  readTopics,
  removeGroup,
  removeRecords,
  removeTopics,
  type AdminContext,
  type Done,
  type Outcome,
} from '../src/machines/index.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { CLUSTER_OPTIONS, makeCluster } from './fakes/producing.ts';
import { Consuming } from './fakes/consuming.ts';

function admin(fake: FakeCluster): AdminContext {
  return { cluster: makeCluster(fake), lane: 'admin', timeoutMs: 5000 };
}

/** Makes a call, lets time pass until its outcome is there, and returns it. */
function ask<A extends readonly unknown[], T>(
  fake: FakeCluster,
  start: (...all: [...A, Done<T>]) => void,
  ...given: A
): Outcome<T> {
  let outcome: Outcome<T> | undefined;
  start(...given, (heard) => {
    outcome = heard;
  });
  fake.time.runUntil(() => outcome !== undefined, 60_000);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

/** As {@link ask}, where the call must work. */
function get<A extends readonly unknown[], T>(
  fake: FakeCluster,
  start: (...all: [...A, Done<T>]) => void,
  ...given: A
): T {
  const outcome = ask(fake, start, ...given);
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}

function errorName(outcome: Outcome<unknown>): unknown {
  return outcome.ok ? 'none' : outcome.error.details['errorName'];
}

describe('a connection', () => {
  function connection(fake: FakeCluster, inFlightMax = 100): { connection: BrokerConnection; closed: AppError[] } {
    const closed: AppError[] = [];
    const options = { ...CLUSTER_OPTIONS, endpoint: fake.endpoint(1), inFlightMax };
    const events = { onReady: () => {}, onSilent: () => {}, onClosed: (error: AppError) => closed.push(error) };
    return { connection: new BrokerConnection(fake.ports(), options, events), closed };
  }
  const plan = { api: metadata, build: () => ({ topics: [] }) };

  test('asks again for versions where the broker is older', () => {
    const fake = new FakeCluster();
    fake.apiVersionsMax = 0;
    const { connection: one } = connection(fake);
    get(fake, (done: Done<{ version: number }>) => one.request(plan, done));
    expect(fake.seen).toEqual(['ApiVersions', 'ApiVersions', 'Metadata']);
  });

  test('uses the highest version that both sides know', () => {
    const fake = new FakeCluster();
    fake.versionLimits.set(metadata.key, { min: 0, max: 5 });
    const { connection: one } = connection(fake);
    expect(get(fake, (done: Done<{ version: number }>) => one.request(plan, done)).version).toBe(5);
  });

  test('says what is missing where there is no common version', () => {
    const fake = new FakeCluster();
    fake.versionLimits.set(metadata.key, { min: 0, max: 3 });
    const { connection: one } = connection(fake);
    const outcome = ask(fake, (done: Done<unknown>) => one.request({ ...plan, minVersion: 4 }, done));
    expect(outcome).toMatchObject({
      ok: false,
      error: { code: 'unsupported-version', definite: true, retriable: false },
    });
    const missing = ask(fake, (done: Done<unknown>) => one.request({ api: describeQuorum, build: () => ({}) }, done));
    expect(missing).toMatchObject({ ok: false, error: { code: 'unsupported-version' } });
  });

  test('closes when an answer does not come in time: the request may have happened', () => {
    const fake = new FakeCluster();
    const { connection: one, closed } = connection(fake);
    get(fake, (done: Done<{ version: number }>) => one.request(plan, done));
    fake.network.latencyMs = 60_000;
    const outcome = ask(fake, (done: Done<unknown>) => one.request(plan, done));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'timed-out', retriable: true, definite: false } });
    fake.time.run(10);
    expect(closed.length).toBe(1);
    const after = ask(fake, (done: Done<unknown>) => one.request(plan, done));
    expect(after).toMatchObject({ ok: false, error: { definite: true } });
  });

  test('that never opens fails its requests definitely', () => {
    const fake = new FakeCluster();
    fake.network.down.add('broker-1:9092');
    const { connection: one } = connection(fake);
    const outcome = ask(fake, (done: Done<unknown>) => one.request(plan, done));
    expect(outcome).toMatchObject({ ok: false, error: { code: 'connection-lost', definite: true } });
  });

  test('refuses more requests than its bound', () => {
    const fake = new FakeCluster();
    const { connection: one } = connection(fake, 3);
    fake.time.run(10);
    const outcomes: Outcome<unknown>[] = [];
    for (let at = 0; at < 4; at++) one.request(plan, (outcome) => outcomes.push(outcome));
    fake.time.run(100);
    expect(outcomes.filter((outcome) => !outcome.ok)).toMatchObject([{ error: { code: 'overloaded' } }]);
  });
});

describe('a call', () => {
  test('goes on until its deadline and then fails with the last error', () => {
    const fake = new FakeCluster();
    fake.failNext('CreateTopics', ...Array.from({ length: 1000 }, () => ErrorCode.NOT_CONTROLLER));
    const started = fake.time.nowMs();
    const outcome = ask(fake, (done: Done<unknown>) =>
      makeTopics(admin(fake), [{ topic: 't' }], { validateOnly: false }, done),
    );
    expect(errorName(outcome)).toBe('NOT_CONTROLLER');
    expect(fake.time.nowMs() - started).toBeGreaterThan(3000);
    expect(fake.time.nowMs() - started).toBeLessThan(6000);
  });

  test('that fails after an attempt whose answer was lost is not definite', () => {
    const fake = new FakeCluster();
    let lost = 0;
    fake.fault = ({ apiName }) => (apiName === 'CreateTopics' && lost++ === 0 ? 'lose-response' : 'none');
    const cluster = makeCluster(fake);
    const outcome = ask(fake, (done: Done<unknown>) =>
      call(
        cluster,
        {
          api: createTopics,
          target: { kind: 'controller' },
          lane: 'admin',
          what: 'CreateTopics',
          deadlineMs: 5000,
          build: () => ({ topics: [{ name: 't', numPartitions: 1, replicationFactor: 1 }] }),
          errorOf: (response) => response.topics[0]?.errorCode ?? 0,
        },
        done,
      ),
    );
    expect(outcome).toMatchObject({
      ok: false,
      error: { definite: false, details: { errorName: 'TOPIC_ALREADY_EXISTS' } },
    });
  });
});

describe('metadata', () => {
  test('comes from any broker that lives', () => {
    const fake = new FakeCluster();
    fake.network.down.add('broker-1:9092');
    fake.network.down.add('broker-2:9092');
    const description = get(fake, readCluster, admin(fake));
    expect(description.brokers.map((broker) => broker.nodeId)).toEqual([1, 2, 3]);
  });

  test('is asked for with a growing pause while nobody answers', () => {
    const fake = new FakeCluster();
    for (const nodeId of fake.nodes) fake.network.down.add(`broker-${nodeId}:9092`);
    makeCluster(fake);
    fake.time.run(10_000);
    expect(fake.network.dialled).toBeGreaterThan(10);
    expect(fake.network.dialled).toBeLessThan(120);
  });
});

describe('administration', () => {
  test('makes, describes, enlarges and deletes topics', () => {
    const fake = new FakeCluster();
    const context = admin(fake);
    const created = get(fake, makeTopics, context, [{ topic: 't', partitions: 2, replicationFactor: 3 }], {
      validateOnly: false,
    });
    expect(created).toMatchObject([{ topic: 't', partitions: 2, replicationFactor: 3 }]);
    get(fake, addPartitions, context, [{ topic: 't', totalPartitions: 4 }], { validateOnly: false });
    const [topic] = get(fake, readTopics, context, ['t']);
    expect(topic?.partitions.map((partition) => partition.leaderId)).toEqual([1, 2, 3, 1]);
    get(fake, removeTopics, context, ['t']);
    expect(errorName(ask(fake, readTopics, context, ['t']))).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(get(fake, readTopics, context, null)).toEqual([]);
  });

  test('reads and changes settings', () => {
    const fake = new FakeCluster();
    const context = admin(fake);
    const resource = { type: 'topic', name: 't' } as const;
    get(fake, changeConfigs, context, resource, [{ name: 'retention.ms', operation: 'set', value: '5' }], {
      validateOnly: false,
    });
    const { configs } = get(fake, readConfigs, context, resource, null);
    expect(configs).toMatchObject([{ name: 'retention.ms', value: '5', source: 1 }]);
  });

  test('finds offsets and deletes records at the leaders, wherever they went', () => {
    const fake = new FakeCluster();
    fake.createTopic('t', 3);
    const context = admin(fake);
    get(fake, readTopics, context, ['t']);
    fake.log('t', 1).moveTo(1);
    fake.log('t', 1).endOffset = 5;
    const found = get(
      fake,
      readOffsets,
      context,
      [0, 1, 2].map((partition) => ({ topic: 't', partition, at: 'latest' as const })),
      { readCommitted: false },
    );
    expect([...found].sort((a, b) => a.partition - b.partition).map((one) => one.offset)).toEqual([0, 5, 0]);
    fake.log('t', 1).moveTo(2);
    const deleted = get(fake, removeRecords, context, [{ topic: 't', partition: 1, beforeOffset: 3 }]);
    expect(deleted).toEqual([{ topic: 't', partition: 1, logStartOffset: 3 }]);
  });

  test('lists, describes and resets groups', () => {
    const fake = new FakeCluster();
    fake.createTopic('t', 2);
    const consuming = new Consuming(fake);
    consuming.machine.subscribe(['t']);
    fake.time.run(5000);
    const context = admin(fake);
    fake.time.run(100);
    expect(get(fake, readGroups, context, []).map((group) => group.groupId)).toEqual(['readers']);
    const described = get(fake, readGroup, context, 'readers');
    expect(described.members[0]?.assignment).toEqual([
      { topic: 't', partition: 0 },
      { topic: 't', partition: 1 },
    ]);
    expect(errorName(ask(fake, removeGroup, context, 'readers'))).toBe('NON_EMPTY_GROUP');
    const offsets = [{ topic: 't', partition: 1, offset: 7 }];
    expect(errorName(ask(fake, moveGroupOffsets, context, 'readers', offsets))).toBe('UNKNOWN_MEMBER_ID');
    consuming.machine.close(() => {});
    fake.time.run(1000);
    get(fake, moveGroupOffsets, context, 'readers', offsets);
    expect(get(fake, readGroupOffsets, context, 'readers', null)).toMatchObject(offsets);
  });
});
