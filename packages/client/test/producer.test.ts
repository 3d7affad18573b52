/** The producer machine against the fake cluster. */
import { describe, expect, test } from 'vitest';
import { ErrorCode } from '@hapax/base';
import { iterateBatches } from '@hapax/wire/records';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { Producing, valuesIn } from './fakes/producing.ts';

function world(partitions = 1): FakeCluster {
  const fake = new FakeCluster();
  fake.createTopic('orders', partitions);
  return fake;
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `v${from + index}`);
}

describe('delivery', () => {
  test('a record is told where it lies', () => {
    const fake = world();
    const producing = new Producing(fake);
    const first = producing.send('a');
    const second = producing.send('b');
    producing.settle();
    expect(first.delivery).toEqual({
      topic: 'orders',
      partition: 0,
      offset: 0,
      timestampMs: fake.time.wallMs() - Math.floor(fake.time.nowMs()),
    });
    expect(second.delivery?.offset).toBe(1);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a', 'b']);
  });

  test('records of one turn share a batch, and batches keep within their limit', () => {
    const fake = world();
    const producing = new Producing(fake, { batchBytes: 1000 });
    for (let at = 0; at < 60; at++) producing.send('x'.repeat(50));
    producing.settle();
    const sizes = fake.log('orders', 0).batches.map((batch) => batch.header.sizeBytes);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1000);
    expect(sizes.length).toBeGreaterThan(3);
    expect(sizes.length).toBeLessThan(12);
  });

  test('a lingering batch waits for more records and then leaves', () => {
    const fake = world();
    const producing = new Producing(fake, { lingerMs: 50 });
    producing.send('a');
    fake.time.run(20);
    producing.send('b');
    fake.time.run(20);
    expect(producing.open).toBe(2);
    producing.settle();
    expect(fake.log('orders', 0).batches.length).toBe(1);
  });

  test('a flush does not linger', () => {
    const fake = world();
    const producing = new Producing(fake, { lingerMs: 20_000 });
    producing.send('a');
    let flushed = false;
    producing.machine.flush(() => {
      flushed = true;
    });
    fake.time.run(1000);
    expect(flushed).toBe(true);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a']);
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s batches can be read back', (compression) => {
    const fake = world();
    const producing = new Producing(fake, { compression });
    for (const value of numbers(0, 100)) producing.send(value.repeat(10));
    producing.settle();
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 100).map((value) => value.repeat(10)));
    expect(fake.log('orders', 0).batches[0]?.header.compression).toBe(compression);
  });

  test('records with one key share a partition, whatever else is sent', () => {
    const fake = world(5);
    const producing = new Producing(fake);
    for (let at = 0; at < 50; at++) producing.send(`v${at}`, { key: `k${at % 7}` });
    producing.settle();
    const partitions = new Map<string, number>();
    for (const [at, fate] of producing.fates.entries()) {
      const key = `k${at % 7}`;
      expect(partitions.get(key) ?? fate.delivery?.partition).toBe(fate.delivery?.partition);
      partitions.set(key, fate.delivery?.partition ?? -1);
    }
  });

  test('without acknowledgement a record counts when it was sent', () => {
    const fake = world();
    const producing = new Producing(fake, { idempotent: false, acks: 0 });
    const fate = producing.send('a');
    producing.settle();
    expect(fate.delivery?.offset).toBe(-1);
    fake.time.run(10);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a']);
  });
});

describe('retries', () => {
  test('a lost answer leads to one record, not two', () => {
    const fake = world();
    let lost = 0;
    fake.fault = ({ apiName }) => (apiName === 'Produce' && lost++ === 0 ? 'lose-response' : 'none');
    const producing = new Producing(fake);
    const fate = producing.send('a');
    producing.settle();
    expect(fate.delivery?.offset).toBe(0);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a']);
    expect(fake.count('Produce')).toBe(2);
  });

  test('a moved leader is found, and order is kept', () => {
    const fake = world();
    const producing = new Producing(fake, { batchBytes: 200 });
    producing.send('v0');
    producing.settle();
    for (const value of numbers(1, 20)) producing.send(value);
    fake.time.run(0.5);
    fake.log('orders', 0).moveTo(2);
    for (const value of numbers(20, 40)) producing.send(value);
    producing.settle();
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 40));
  });

  test('several batches are on the way at once, and an error for the first keeps their order', () => {
    const fake = world();
    const producing = new Producing(fake, { batchBytes: 150 });
    producing.send('v0');
    producing.settle();
    fake.network.latencyMs = 50;
    fake.failNext('Produce', ErrorCode.NOT_ENOUGH_REPLICAS);
    for (const value of numbers(1, 13)) producing.send(value);
    producing.settle();
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 13));
    const [state] = [...fake.log('orders', 0).producers.values()];
    expect(state?.epoch).toBe(0);
  });

  test('until the broker knows the producer, one batch is on the way: an error for it cannot let another pass', () => {
    const fake = world();
    const producing = new Producing(fake, { batchBytes: 150 });
    fake.failNext('Produce', ErrorCode.NOT_ENOUGH_REPLICAS);
    for (const value of numbers(0, 13)) producing.send(value);
    producing.settle();
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 13));
  });

  test('an answer that stays uncertain holds the others back before the broker forgets its batch', () => {
    const fake = world();
    const producing = new Producing(fake, { batchBytes: 150 });
    producing.send('v0');
    producing.settle();
    let late = 0;
    fake.fault = ({ apiName }) => {
      // Every second produce request is appended and then answered with an error.
      if (apiName === 'Produce' && late++ % 2 === 0)
        fake.failNext('Produce, after the append', ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND);
      return 'none';
    };
    for (const value of numbers(1, 80)) producing.send(value);
    producing.settle();
    expect(producing.fates.filter((fate) => fate.error !== undefined)).toEqual([]);
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 80));
  });

  test('a batch that is too large for the topic is split', () => {
    const fake = world();
    fake.log('orders', 0).maxBatchBytes = 300;
    const producing = new Producing(fake);
    for (const value of numbers(0, 64)) producing.send(value.padEnd(20, '.'));
    producing.settle();
    expect(valuesIn(fake, 'orders', 0)).toEqual(numbers(0, 64).map((value) => value.padEnd(20, '.')));
  });

  test('a record that is too large on its own fails definitely, and the others go on', () => {
    const fake = world();
    fake.log('orders', 0).maxBatchBytes = 300;
    const producing = new Producing(fake);
    const before = producing.send('before');
    const large = producing.send('x'.repeat(500));
    const after = producing.send('after');
    producing.settle();
    expect(large.error).toMatchObject({ code: 'protocol-error', retriable: false, definite: true });
    expect(large.error?.details).toMatchObject({ errorName: 'MESSAGE_TOO_LARGE', topic: 'orders', partition: 0 });
    expect(before.delivery?.offset).toBe(0);
    expect(after.delivery?.offset).toBe(1);
  });

  test('a broken sequence raises the epoch where that is safe', () => {
    const fake = world();
    const producing = new Producing(fake);
    producing.send('a');
    producing.settle();
    const [state] = [...fake.log('orders', 0).producers.values()];
    state!.batches = [{ first: 40, last: 44, offset: 0 }];
    const fate = producing.send('b');
    producing.settle();
    expect(fate.delivery?.offset).toBe(1);
    expect([...fake.log('orders', 0).producers.values()][0]?.epoch).toBe(1);
  });

  test('a broken sequence after a lost answer is an indefinite failure, never a second copy', () => {
    const fake = world();
    const producing = new Producing(fake);
    producing.send('a');
    producing.settle();
    let lost = 0;
    fake.fault = ({ apiName }) => {
      if (apiName !== 'Produce' || lost++ > 0) return 'none';
      fake.time.after(2, () => {
        // The broker comes back from a snapshot that has forgotten this batch. [Kafka: KAFKA-14034 and its kind]
        [...fake.log('orders', 0).producers.values()][0]!.batches = [{ first: 7, last: 9, offset: 0 }];
      });
      return 'lose-response';
    };
    const fate = producing.send('b');
    producing.settle();
    expect(fate.error).toMatchObject({ code: 'protocol-error', definite: false, retriable: false });
    const next = producing.send('c');
    producing.settle();
    expect(next.delivery).toBeDefined();
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a', 'b', 'c']);
  });

  test('a fenced epoch leads to a new producer id', () => {
    const fake = world();
    const producing = new Producing(fake);
    producing.send('a');
    producing.settle();
    [...fake.log('orders', 0).producers.values()][0]!.epoch = 9;
    const fate = producing.send('b');
    producing.settle();
    expect(fate.delivery?.offset).toBe(1);
    expect([...fake.log('orders', 0).producers.keys()]).toEqual([1000, 1001]);
  });
});

describe('timeouts', () => {
  test('a record that never left fails definitely', () => {
    const fake = world();
    const producing = new Producing(fake, { deliveryTimeoutMs: 2000 });
    producing.send('a');
    producing.settle();
    for (const nodeId of fake.nodes) {
      fake.network.down.add(`broker-${nodeId}:9092`);
      fake.network.cutAll(fake.endpoint(nodeId));
    }
    fake.time.run(10);
    const fate = producing.send('b');
    producing.settle();
    expect(fate.error).toMatchObject({ code: 'timed-out', definite: true, retriable: true });
    expect(fate.error?.details).toMatchObject({ topic: 'orders', partition: 0 });
  });

  test('a record whose answer was lost and never came fails indefinitely', () => {
    const fake = world();
    const producing = new Producing(fake, { deliveryTimeoutMs: 2000 });
    producing.send('a');
    producing.settle();
    fake.fault = ({ apiName }) => (apiName === 'Produce' ? 'lose-response' : 'none');
    const fate = producing.send('b');
    producing.settle();
    expect(fate.error).toMatchObject({ code: 'timed-out', definite: false });
    fake.fault = () => 'none';
    const next = producing.send('c');
    producing.settle();
    expect(next.delivery?.offset).toBe(2);
    expect(valuesIn(fake, 'orders', 0)).toEqual(['a', 'b', 'c']);
  });

  test('a topic that does not exist is a definite failure with the name of the error', () => {
    const fake = world();
    const producing = new Producing(fake, { deliveryTimeoutMs: 1000 });
    const fate = producing.send('a', { topic: 'nowhere' });
    producing.settle();
    expect(fate.error?.details['errorName']).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(fate.error?.definite).toBe(true);
    expect(producing.machine.bufferedBytes).toBe(0);
  });

  test('a topic that appears in time takes what waited for it', () => {
    const fake = world();
    const producing = new Producing(fake);
    const fate = producing.send('a', { topic: 'later' });
    fake.time.run(1000);
    fake.createTopic('later', 2);
    producing.settle();
    expect(fate.delivery?.topic).toBe('later');
  });

  test('a partition that does not exist is refused at once', () => {
    const fake = world();
    const producing = new Producing(fake);
    const fate = producing.send('a', { partition: 3 });
    fake.time.run(100);
    expect(fate.error).toMatchObject({ code: 'protocol-error', definite: true });
  });
});

describe('bounds', () => {
  test('a full buffer refuses, and tells when there is room', () => {
    const fake = world();
    const producing = new Producing(fake, { bufferBytes: 500 });
    for (let at = 0; at < 4; at++) producing.send('x'.repeat(200));
    expect(producing.machine.hasRoom).toBe(false);
    fake.time.runUntil(() => producing.fates.some((fate) => fate.error !== undefined), 1);
    expect(producing.fates.filter((fate) => fate.error?.code === 'overloaded').length).toBeGreaterThan(0);
    let room = false;
    producing.machine.onRoom(() => {
      room = true;
    });
    producing.settle();
    fake.time.run(10);
    expect(room).toBe(true);
    expect(producing.machine.bufferedBytes).toBe(0);
  });

  test('closing fails what has no outcome, truthfully', () => {
    const fake = world();
    const producing = new Producing(fake);
    const fate = producing.send('a');
    producing.machine.close();
    producing.settle();
    expect(fate.error).toMatchObject({ code: 'closed', definite: true });
    const late = producing.send('b');
    producing.settle();
    expect(late.error?.code).toBe('closed');
  });

  test('many partitions share requests', () => {
    const fake = world(60);
    const producing = new Producing(fake);
    for (let at = 0; at < 600; at++) producing.send(`v${at}`, { partition: at % 60 });
    producing.settle();
    expect(fake.count('Produce')).toBeLessThan(12);
    for (let partition = 0; partition < 60; partition++) expect(valuesIn(fake, 'orders', partition).length).toBe(10);
    expect(iterateBatches(fake.log('orders', 0).read(0, 1e6)).length).toBe(1);
  });
});
