/** Transactions through the driver, over real sockets and timers. Nothing here depends on how fast they are. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decodeText } from '@hapax/base';
import { connect, isAbortable, isFatal, type Consumer, type HapaxClient } from '../src/index.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { TcpFront } from './fakes/tcp-front.ts';

let fake: FakeCluster;
let front: TcpFront;
let client: HapaxClient;

beforeEach(async () => {
  fake = new FakeCluster();
  fake.transactions.finalized = 2;
  fake.createTopic('orders', 2);
  fake.createTopic('invoices', 1);
  front = new TcpFront(fake);
  client = await connect({ bootstrap: (await front.listen()).join(',') });
});

afterEach(async () => {
  await client.close();
  front.close();
});

async function take(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = [];
  for await (const record of consumer) {
    values.push(decodeText(record.value!));
    consumer.processed(record);
    if (values.length === count) break;
  }
  return values;
}

function invoices(): Consumer {
  const consumer = client.consumer();
  consumer.assign([{ topic: 'invoices', partition: 0, offset: 0 }]);
  return consumer;
}

describe('a transactional producer', () => {
  test('consumes, transforms and produces: each order has one invoice, though a transaction fails', async () => {
    await client.producer().sendAll(['1', '2', '3', '4'].map((value) => ({ topic: 'orders', partition: 0, value })));
    const consumer = client.consumer({ groupId: 'readers', offsetReset: 'earliest', autoCommitIntervalMs: false });
    consumer.subscribe(['orders']);
    const producer = client.producer({ transactionalId: 'billing' });
    let failures = 1;
    for (let done = 0; done < 4; ) {
      for await (const batch of consumer.batches()) {
        const outcome = await producer
          .transaction(async (transaction) => {
            const values = batch.records.map((record) => `invoice ${decodeText(record.value!)}`);
            await transaction.sendAll(values.map((value) => ({ topic: 'invoices', value })));
            if (failures-- > 0) throw new Error('the application fails');
            const { topic, partition, nextOffset, leaderEpoch } = batch;
            await transaction.sendOffsets(
              [{ topic, partition, offset: nextOffset, leaderEpoch }],
              consumer.groupMetadata(),
            );
            return batch.records.length;
          })
          .catch((error: Error) => error.message);
        if (typeof outcome === 'number') done += outcome;
        else expect(outcome).toBe('the application fails');
        break;
      }
      if (done < 4) consumer.resetToCommitted();
    }
    expect(await take(invoices(), 4)).toEqual(['invoice 1', 'invoice 2', 'invoice 3', 'invoice 4']);
    const [committed] = await client.admin().committedOffsets('readers');
    expect(committed?.offset).toBe(4);
  });

  test('fences the one before it, which says so with every call', async () => {
    const first = client.producer({ transactionalId: 'billing' });
    await first.begin();
    await first.send({ topic: 'invoices', value: 'zombie' });
    const second = client.producer({ transactionalId: 'billing' });
    await second.transaction((transaction) => transaction.send({ topic: 'invoices', value: 'new' }));
    const fenced: unknown = await first.commit().catch((error: unknown) => error);
    expect(isFatal(fenced)).toBe(true);
    const details = { errorName: 'PRODUCER_FENCED' };
    expect(fenced).toMatchObject({ code: 'producer-fenced', definite: true, details });
    await expect(first.begin()).rejects.toBe(fenced);
    expect(await take(invoices(), 1)).toEqual(['new']);
  });

  test('aborts records that wait for memory, and commits all that waited', async () => {
    const producer = client.producer({ transactionalId: 'billing', bufferBytes: 2000 });
    const message = { topic: 'invoices', value: 'x'.repeat(500) };
    await producer.begin();
    const dropped = Array.from({ length: 20 }, () => producer.send(message).catch((error: unknown) => error));
    await producer.abort();
    for (const outcome of await Promise.all(dropped))
      if (outcome instanceof Error) expect(isAbortable(outcome)).toBe(true);
    await producer.begin();
    const kept = Array.from({ length: 20 }, () => producer.send(message));
    await producer.commit();
    expect((await Promise.all(kept)).length).toBe(20);
    expect((await take(invoices(), 20)).length).toBe(20);
  });

  test('aborts an open transaction when it is closed', async () => {
    const producer = client.producer({ transactionalId: 'billing' });
    await producer.begin();
    await producer.send({ topic: 'invoices', value: 'left' });
    await producer.close();
    await client.producer().send({ topic: 'invoices', value: 'behind' });
    expect(await take(invoices(), 1)).toEqual(['behind']);
    await expect(producer.begin()).rejects.toMatchObject({ code: 'closed' });
  });

  test('refuses settings that make no sense, by name', () => {
    expect(() => client.producer({ transactionalId: '' })).toThrow(/option transactionalId/);
    expect(() => client.producer({ transactionalId: 'a', transactionTimeoutMs: 0 })).toThrow(/transactionTimeoutMs/);
  });
});

describe('the administration of transactions', () => {
  test('lists and describes them, finds who holds a partition back, and fences', async () => {
    const admin = client.admin();
    const producer = client.producer({ transactionalId: 'billing' });
    await producer.begin();
    await producer.send({ topic: 'invoices', value: 'open' });
    expect(await admin.listTransactions({ states: ['Ongoing'] })).toMatchObject([{ transactionalId: 'billing' }]);
    expect(await admin.listTransactions({ states: ['Empty'] })).toEqual([]);
    const [described] = await admin.describeTransactions(['billing']);
    expect(described).toMatchObject({
      state: 'Ongoing',
      partitions: [{ topic: 'invoices', partition: 0 }],
      coordinatorId: 1,
      timeoutMs: 60_000,
    });
    const [held] = await admin.describeProducers([{ topic: 'invoices', partition: 0 }]);
    expect(held?.producers).toMatchObject([{ producerId: described!.producerId, currentTxnStartOffset: 0 }]);
    await admin.fenceProducer('billing');
    expect(isFatal(await producer.commit().catch((error: unknown) => error))).toBe(true);
    await expect(admin.describeTransaction('nobody')).rejects.toMatchObject({
      details: { errorName: 'TRANSACTIONAL_ID_NOT_FOUND' },
    });
  });

  test('ends a hanging transaction with a marker, unless the partition has seen a newer one', async () => {
    const producer = client.producer({ transactionalId: 'billing' });
    await producer.begin();
    await producer.send({ topic: 'invoices', value: 'hangs' });
    const { producerId, epoch } = fake.transactions.byId.get('billing')!;
    const hanging = { topic: 'invoices', partition: 0, producerId, coordinatorEpoch: -1 };
    await expect(client.admin().abortTransaction({ ...hanging, producerEpoch: epoch - 1 })).rejects.toMatchObject({
      details: { errorName: 'INVALID_PRODUCER_EPOCH' },
    });
    await client.admin().abortTransaction({ ...hanging, producerEpoch: epoch });
    expect(fake.log('invoices', 0).lastStableOffset).toBe(2);
  });

  test('tells which features the cluster has', async () => {
    expect(await client.admin().describeFeatures()).toEqual([
      { feature: 'transaction.version', supportedMin: 0, supportedMax: 2, finalizedLevel: 2 },
    ]);
  });
});
