/** The consumer machine against the fake cluster. */
import { describe, expect, test } from 'vitest';
import { encodeText, ErrorCode } from '@hapax/base';
import { BatchBuilder, encodeEndTxnMarker } from '@hapax/wire/records';
import { rangeAssignor } from '../src/machines/index.ts';
import { Consuming } from './fakes/consuming.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';

function world(partitions = 1): FakeCluster {
  const fake = new FakeCluster();
  fake.createTopic('orders', partitions);
  return fake;
}

function write(fake: FakeCluster, partition: number, ...values: string[]): void {
  const builder = new BatchBuilder();
  for (const value of values) builder.append({ timestampMs: fake.time.wallMs(), key: null, value: encodeText(value) });
  fake.log('orders', partition).store(builder.build());
}

function committed(fake: FakeCluster, partition = 0): number | undefined {
  return fake.groups.group('readers').offsets.get(`orders-${partition}`)?.offset;
}

describe('partitions by hand', () => {
  test('are read from the beginning, and new records follow', () => {
    const fake = world(2);
    write(fake, 0, 'a', 'b');
    write(fake, 1, 'c');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 1 },
    ]);
    fake.time.run(1000);
    write(fake, 0, 'd');
    fake.time.run(1000);
    expect(consuming.values.slice(0, 3).sort()).toEqual(['a', 'b', 'c']);
    expect(consuming.values[3]).toBe('d');
  });

  test('are read from a given offset, within a batch too', () => {
    const fake = world();
    write(fake, 0, 'a', 'b', 'c', 'd');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0, offset: 2 }]);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['c', 'd']);
    consuming.machine.seek({ topic: 'orders', partition: 0 }, 1);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['c', 'd', 'b', 'c', 'd']);
  });

  test('from the end, only new records come', () => {
    const fake = world();
    write(fake, 0, 'a');
    const consuming = new Consuming(fake, { groupId: null, offsetReset: 'latest' });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    write(fake, 0, 'b');
    fake.time.run(1000);
    expect(consuming.values).toEqual(['b']);
  });

  test('markers of transactions do not show, and do not stop the position', () => {
    const fake = world();
    write(fake, 0, 'a');
    fake
      .log('orders', 0)
      .store(
        encodeEndTxnMarker({ outcome: 'commit', producerId: 5, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 1 }),
      );
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    write(fake, 0, 'b');
    fake.time.run(1000);
    expect(consuming.values).toEqual(['a', 'b']);
    expect(consuming.machine.position({ topic: 'orders', partition: 0 })).toBe(3);
  });

  test('a paused partition gives nothing until it is resumed', () => {
    const fake = world(2);
    write(fake, 0, 'a');
    write(fake, 1, 'b');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([
      { topic: 'orders', partition: 0 },
      { topic: 'orders', partition: 1 },
    ]);
    consuming.machine.setPaused([{ topic: 'orders', partition: 0 }], true);
    fake.time.run(2000);
    expect(consuming.values).toEqual(['b']);
    consuming.machine.setPaused([{ topic: 'orders', partition: 0 }], false);
    fake.time.run(2000);
    expect(consuming.values).toEqual(['b', 'a']);
  });

  test('no more is fetched than there is room for', () => {
    const fake = world();
    for (let at = 0; at < 50; at++) write(fake, 0, 'x'.repeat(1000));
    const consuming = new Consuming(fake, { groupId: null, partitionMaxBytes: 3000, bufferBytes: 5000 });
    consuming.holding = true;
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(5000);
    const held = fake.count('Fetch');
    fake.time.run(5000);
    expect(fake.count('Fetch')).toBe(held);
    consuming.holding = false;
    consuming.drain();
    fake.time.run(5000);
    expect(consuming.values.length).toBe(50);
  });
});

describe('trouble', () => {
  test('a moved leader is followed', () => {
    const fake = world();
    write(fake, 0, 'a');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    fake.log('orders', 0).moveTo(3);
    write(fake, 0, 'b');
    fake.time.run(5000);
    expect(consuming.values).toEqual(['a', 'b']);
    expect(fake.count('OffsetForLeaderEpoch')).toBe(1);
  });

  test('a position beyond the log of a new leader goes back to where the logs part', () => {
    const fake = world();
    write(fake, 0, 'a');
    write(fake, 0, 'lost');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    fake.log('orders', 0).truncate(1);
    fake.log('orders', 0).moveTo(2);
    write(fake, 0, 'b');
    write(fake, 0, 'c');
    fake.time.run(5000);
    expect(consuming.values).toEqual(['a', 'lost', 'b', 'c']);
  });

  test('a position that was deleted begins anew by policy', () => {
    const fake = world();
    write(fake, 0, 'a');
    write(fake, 0, 'b');
    fake.log('orders', 0).logStartOffset = 1;
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0, offset: 0 }]);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['b']);
  });

  test('without a policy it is a failure that names the partition, and a seek mends it', () => {
    const fake = world();
    write(fake, 0, 'a');
    const consuming = new Consuming(fake, { groupId: null, offsetReset: 'none' });
    consuming.machine.assign([{ topic: 'orders', partition: 0, offset: 9 }]);
    fake.time.run(1000);
    expect(consuming.failures[0]?.details).toMatchObject({
      errorName: 'OFFSET_OUT_OF_RANGE',
      topic: 'orders',
      partition: 0,
    });
    consuming.machine.seek({ topic: 'orders', partition: 0 }, 0);
    fake.time.run(1000);
    expect(consuming.values).toEqual(['a']);
    expect(consuming.failures.length).toBe(1);
  });

  test('a batch with a wrong checksum is a failure, not a record', () => {
    const fake = world();
    write(fake, 0, 'a');
    fake.log('orders', 0).batches[0]!.bytes[65]! ^= 1;
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    expect(consuming.failures[0]?.code).toBe('batch-malformed');
    expect(consuming.values).toEqual([]);
  });

  test('lost connections are made again', () => {
    const fake = world();
    write(fake, 0, 'a');
    const consuming = new Consuming(fake, { groupId: null });
    consuming.machine.assign([{ topic: 'orders', partition: 0 }]);
    fake.time.run(1000);
    for (const nodeId of fake.nodes) fake.network.cutAll(fake.endpoint(nodeId));
    write(fake, 0, 'b');
    fake.time.run(5000);
    expect(consuming.values).toEqual(['a', 'b']);
  });
});

describe('a group', () => {
  test('gives one member everything, and goes on after a restart where it has committed', () => {
    const fake = world(2);
    write(fake, 0, 'a', 'b');
    const first = new Consuming(fake);
    first.machine.subscribe(['orders']);
    fake.time.run(5000);
    expect(first.partitions).toBe('orders-0 orders-1');
    expect(first.values).toEqual(['a', 'b']);
    let done = false;
    first.machine.commit(undefined, (outcome) => {
      done = outcome.ok;
    });
    fake.time.run(100);
    expect(done).toBe(true);
    expect(committed(fake)).toBe(2);
    first.machine.close(() => {});
    fake.time.run(1000);
    write(fake, 0, 'c');
    const second = new Consuming(fake, {}, 8);
    second.machine.subscribe(['orders']);
    fake.time.run(5000);
    expect(second.values).toEqual(['c']);
  });

  test('a second member takes over its part, and the first never stops what it keeps', () => {
    const fake = world(4);
    const first = new Consuming(fake, {}, 1);
    first.machine.subscribe(['orders']);
    fake.time.run(5000);
    const second = new Consuming(fake, {}, 2);
    second.machine.subscribe(['orders']);
    fake.time.run(20_000);
    expect(first.partitions.split(' ').length).toBe(2);
    expect(second.partitions.split(' ').length).toBe(2);
    expect(new Set([...first.partitions.split(' '), ...second.partitions.split(' ')]).size).toBe(4);
    expect(first.log.filter((line) => line.startsWith('revoking'))).toHaveLength(1);
    second.machine.close(() => {});
    fake.time.run(20_000);
    expect(first.partitions).toBe('orders-0 orders-1 orders-2 orders-3');
  });

  test('an eager group lets everything go before it divides anew', () => {
    const fake = world(4);
    const first = new Consuming(fake, { assignors: [rangeAssignor] }, 1);
    first.machine.subscribe(['orders']);
    fake.time.run(5000);
    const second = new Consuming(fake, { assignors: [rangeAssignor] }, 2);
    second.machine.subscribe(['orders']);
    fake.time.run(20_000);
    expect(first.log).toContain('revoking orders-0 orders-1 orders-2 orders-3');
    expect(first.partitions.split(' ').length).toBe(2);
    expect(second.partitions.split(' ').length).toBe(2);
  });

  test('what was processed is committed before partitions go', () => {
    const fake = world(2);
    write(fake, 0, 'a');
    write(fake, 1, 'b');
    const first = new Consuming(fake, { autoCommitIntervalMs: 1_000_000, assignors: [rangeAssignor] }, 1);
    first.machine.subscribe(['orders']);
    fake.time.run(5000);
    expect(committed(fake)).toBeUndefined();
    const second = new Consuming(fake, { autoCommitIntervalMs: 1_000_000, assignors: [rangeAssignor] }, 2);
    second.machine.subscribe(['orders']);
    fake.time.run(20_000);
    expect([committed(fake, 0), committed(fake, 1)]).toEqual([1, 1]);
    expect(second.values).toEqual([]);
  });

  test('auto-commit writes what was processed, not what was fetched', () => {
    const fake = world();
    write(fake, 0, 'a', 'b', 'c');
    const consuming = new Consuming(fake, { autoCommitIntervalMs: 1000 });
    consuming.holding = true;
    consuming.machine.subscribe(['orders']);
    fake.time.run(5000);
    expect(committed(fake)).toBe(0);
    const batch = consuming.machine.take(2);
    expect(batch?.records.length).toBe(2);
    fake.time.run(2000);
    expect(committed(fake)).toBe(0);
    consuming.machine.markProcessed(batch!, 1);
    fake.time.run(2000);
    expect(committed(fake)).toBe(1);
  });

  test.each([
    ['Heartbeat', ErrorCode.UNKNOWN_MEMBER_ID],
    ['Heartbeat', ErrorCode.ILLEGAL_GENERATION],
    ['Heartbeat', ErrorCode.REBALANCE_IN_PROGRESS],
    ['Heartbeat', ErrorCode.NOT_COORDINATOR],
    ['JoinGroup', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS],
    ['JoinGroup', ErrorCode.UNKNOWN_MEMBER_ID],
    ['SyncGroup', ErrorCode.REBALANCE_IN_PROGRESS],
    ['SyncGroup', ErrorCode.UNKNOWN_MEMBER_ID],
    ['FindCoordinator', ErrorCode.COORDINATOR_NOT_AVAILABLE],
    ['OffsetFetch', ErrorCode.UNSTABLE_OFFSET_COMMIT],
  ])('%s answered with %i leads back into the group', (apiName, errorCode) => {
    const fake = world();
    write(fake, 0, 'a');
    fake.failNext(apiName, errorCode);
    const consuming = new Consuming(fake, { autoCommitIntervalMs: 500 });
    consuming.machine.subscribe(['orders']);
    fake.time.run(30_000);
    expect(consuming.partitions).toBe('orders-0');
    write(fake, 0, 'b');
    fake.time.run(5000);
    expect(consuming.values.at(-1)).toBe('b');
    expect(committed(fake)).toBe(2);
    expect(consuming.failures).toEqual([]);
  });

  test.each([ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.ILLEGAL_GENERATION])(
    'what was taken before an answer %i is committed as the member that took it, until the next take',
    (errorCode) => {
      const fake = world();
      write(fake, 0, 'a', 'b');
      const consuming = new Consuming(fake);
      consuming.holding = true;
      consuming.machine.subscribe(['orders']);
      fake.time.run(5000);
      consuming.machine.take(1);
      const before = consuming.machine.groupMetadata();
      expect(before).toMatchObject({ groupId: 'readers', generation: 1 });
      fake.failNext('Heartbeat', errorCode);
      for (let passed = 0; passed < 10_000; passed += 100) {
        fake.time.run(100);
        expect(consuming.machine.groupMetadata()).toEqual(before);
      }
      expect(consuming.log).toContain('lost orders-0');
      expect(consuming.partitions).toBe('orders-0');
      consuming.machine.take(1);
      expect(consuming.machine.groupMetadata()?.generation).toBeGreaterThan(1);
    },
  );

  test('a fenced member is told, and stops', () => {
    const fake = world();
    const consuming = new Consuming(fake, { groupInstanceId: 'one' });
    consuming.machine.subscribe(['orders']);
    fake.time.run(5000);
    fake.failNext('Heartbeat', ErrorCode.FENCED_INSTANCE_ID);
    fake.time.run(5000);
    expect(consuming.failures[0]?.details['errorName']).toBe('FENCED_INSTANCE_ID');
    expect(consuming.log.at(-1)).toBe('lost orders-0');
  });

  test('another coordinator is found', () => {
    const fake = world();
    const consuming = new Consuming(fake, { autoCommitIntervalMs: 500 });
    consuming.machine.subscribe(['orders']);
    fake.time.run(5000);
    fake.groups.coordinator = 2;
    write(fake, 0, 'a');
    fake.time.run(20_000);
    expect(committed(fake)).toBe(1);
    expect(consuming.partitions).toBe('orders-0');
  });

  test('a member that takes nothing for too long makes room, and comes back when it takes again', () => {
    const fake = world();
    const consuming = new Consuming(fake, { takeIntervalMaxMs: 5000 });
    consuming.machine.subscribe(['orders']);
    fake.time.run(4000);
    fake.time.run(6000);
    expect(consuming.partitions).toBe('none');
    expect(fake.count('LeaveGroup')).toBe(1);
    consuming.machine.touch();
    fake.time.run(4000);
    expect(consuming.partitions).toBe('orders-0');
  });

  test('more partitions are noticed by the leader and divided', () => {
    const fake = world(1);
    const consuming = new Consuming(fake);
    consuming.machine.subscribe(['orders']);
    fake.time.run(5000);
    fake.topics.get('orders')?.push(...new FakeCluster().createTopic('x', 1));
    consuming.cluster.refresh();
    fake.time.run(10_000);
    expect(consuming.partitions).toBe('orders-0 orders-1');
  });

  test('another subscription is taken to the group, also while it joins', () => {
    const fake = world(1);
    fake.createTopic('bills', 1);
    const consuming = new Consuming(fake);
    consuming.machine.subscribe(['orders']);
    fake.time.run(3);
    consuming.machine.subscribe(['bills']);
    fake.time.run(10_000);
    expect(consuming.partitions).toBe('bills-0');
  });
});
