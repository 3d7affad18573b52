/** The driver, over real sockets and timers. Nothing here depends on how fast they are. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeText } from '@hapax/base';
import { connect, type HapaxClient } from '../src/index.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { TcpFront } from './fakes/tcp-front.ts';

let fake: FakeCluster;
let front: TcpFront;
let client: HapaxClient;

beforeEach(async () => {
  fake = new FakeCluster();
  front = new TcpFront(fake);
  const addresses = await front.listen();
  client = await connect({ bootstrap: addresses.join(',') });
});

afterEach(async () => {
  await client.close();
  front.close();
});

describe('a client', () => {
  test('makes a topic, writes to it and reads it back', async () => {
    await client.admin().createTopics([{ topic: 'orders', partitions: 3 }]);
    const producer = client.producer({ compression: 'zstd' });
    const sent = Array.from({ length: 100 }, (_, index) => ({
      topic: 'orders',
      key: `k${index % 5}`,
      value: `v${index}`,
      headers: { index: String(index) },
    }));
    const deliveries = await producer.sendAll(sent);
    expect(deliveries.length).toBe(100);
    const consumer = client.consumer({ groupId: 'readers', offsetReset: 'earliest' });
    consumer.subscribe(['orders']);
    const values: string[] = [];
    for await (const record of consumer) {
      values.push(decodeText(record.value!));
      expect(decodeText(record.headers[0]!.value!)).toBe(values.at(-1)!.slice(1));
      consumer.processed(record);
      if (values.length === 100) break;
    }
    expect([...values].sort()).toEqual(sent.map((message) => message.value).sort());
    await consumer.commit();
    const committed = await client.admin().committedOffsets('readers');
    expect(committed.reduce((sum, one) => sum + one.offset, 0)).toBe(100);
  });

  test('gives records again that a loop did not process before it was left', async () => {
    fake.createTopic('orders', 1);
    await client.producer().sendAll(['a', 'b', 'c'].map((value) => ({ topic: 'orders', value })));
    const consumer = client.consumer();
    consumer.assign([{ topic: 'orders', partition: 0, offset: 0 }]);
    for await (const record of consumer) if (decodeText(record.value!) === 'b') break;
    const again: string[] = [];
    for await (const record of consumer) {
      again.push(decodeText(record.value!));
      if (again.length === 2) break;
    }
    expect(again).toEqual(['b', 'c']);
  });

  test('outlives lost connections', async () => {
    fake.createTopic('orders', 1);
    const producer = client.producer();
    await producer.send({ topic: 'orders', value: 'a' });
    front.cutAll();
    const delivery = await producer.send({ topic: 'orders', value: 'b' });
    expect(delivery.offset).toBe(1);
  });

  test('waits for memory instead of failing', async () => {
    fake.createTopic('orders', 1);
    const producer = client.producer({ bufferBytes: 2000 });
    const all = await producer.sendAll(Array.from({ length: 50 }, () => ({ topic: 'orders', value: 'x'.repeat(500) })));
    expect(all.length).toBe(50);
  });

  test('keeps the order of the calls while some of them wait for memory', async () => {
    fake.createTopic('orders', 1);
    const producer = client.producer({ bufferBytes: 2000 });
    const sent: Promise<{ readonly offset: number }>[] = [];
    const send = (): number => sent.push(producer.send({ topic: 'orders', value: 'x'.repeat(300) }));
    for (let round = 0; round < 20; round++) {
      // The last of these wait. The next call comes in the very turn in which memory becomes free.
      for (let call = 0; call < 10; call++) send();
      let full = producer.bufferedBytes;
      for (; producer.bufferedBytes >= full && full > 0; await new Promise((resolve) => setImmediate(resolve))) {
        full = producer.bufferedBytes;
      }
      send();
    }
    const offsets = (await Promise.all(sent)).map(({ offset }) => offset);
    expect(offsets).toEqual(offsets.map((_, row) => row));
  });

  test('sends what waits for memory before it closes', async () => {
    fake.createTopic('orders', 1);
    const producer = client.producer({ bufferBytes: 2000 });
    const sent = Array.from({ length: 50 }, () => producer.send({ topic: 'orders', value: 'x'.repeat(500) }));
    await producer.close();
    expect((await Promise.all(sent)).length).toBe(50);
  });

  test('ends iterations when a consumer is closed', async () => {
    fake.createTopic('orders', 1);
    const consumer = client.consumer();
    consumer.assign([{ topic: 'orders', partition: 0 }]);
    const reading = (async () => {
      for await (const record of consumer) void record;
      return 'ended';
    })();
    await consumer.close();
    expect(await reading).toBe('ended');
  });

  test('rejects what is refused with the name of the error', async () => {
    fake.createTopic('orders', 1);
    await expect(client.admin().createTopics([{ topic: 'orders' }])).rejects.toMatchObject({
      code: 'protocol-error',
      definite: true,
      details: { errorName: 'TOPIC_ALREADY_EXISTS' },
    });
    const producer = client.producer();
    await producer.close();
    await expect(producer.send({ topic: 'orders', value: null })).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('connecting', () => {
  test('fails with a name where nobody listens', async () => {
    await expect(connect({ bootstrap: 'localhost:1', connectTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'timed-out',
      message: expect.stringContaining('localhost:1'),
    });
  });

  test.each([
    ['', 'bootstrap'],
    ['host', 'bootstrap'],
    ['host:99999', 'bootstrap'],
  ])('refuses the address "%s"', async (bootstrap, option) => {
    await expect(connect({ bootstrap })).rejects.toMatchObject({ code: 'config-invalid', details: { option } });
  });

  test('refuses settings that contradict each other, by name', () => {
    expect(() => client.producer({ acks: 1 })).toThrow(/option acks/);
    expect(() => client.consumer({ heartbeatIntervalMs: 60_000 })).toThrow(/option heartbeatIntervalMs/);
    expect(() => client.consumer().subscribe(['orders'])).toThrow(/groupId/);
  });
});
