/** What every client with transactions must be able to do with them, written once for all of them. */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sent } from '../cluster/record.ts';
import type { TestBed } from '../cluster/test-bed.ts';
import { ABORTED, COMMITTED, type ClientUnderTest, type Transactions } from './client-under-test.ts';
import { Inbox } from '../cluster/inbox.ts';
import { assertExactlyOnce, during, values } from './expectations.ts';
import { numbered } from './records.ts';
import { WAIT_MS } from '../cluster/limits.ts';

const PARTITIONS = 4;

/** A check of a client that has transactions. */
export function withTransactions(
  run: (client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string) => Promise<void>,
) {
  return (client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> => {
    if (client.transactions === undefined) throw new Error(`${client.name} has no transactions`);
    return run(client, client.transactions, bed, topic);
  };
}

/** Nothing is seen before the commit, and everything after it. */
export async function commits(client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string) {
  await bed.createTopic(topic, PARTITIONS);
  const records = numbered('committed', 60);
  const producer = await transactions.producer(topic);
  try {
    await producer.begin();
    await producer.send(topic, records);
    assertExactlyOnce(await bed.readAll(topic, 'read_uncommitted'), records);
    assert.deepEqual(await bed.readAll(topic), [], 'seen before the commit');
    await producer.commit();
    await bed.untilStable(topic);
    assertExactlyOnce(await bed.readAll(topic), records);
  } finally {
    await producer.close();
  }
  const inbox = new Inbox();
  await during(client.read(topic, inbox), () => inbox.untilValues(values(records)));
  assertExactlyOnce(inbox.received, records);
}

/** Nothing of it is ever seen, and the same producer goes on. */
export async function aborts(client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string) {
  await bed.createTopic(topic, PARTITIONS);
  const [aborted, committed] = [numbered('aborted', 60), numbered('committed', 60)];
  const producer = await transactions.producer(topic);
  try {
    await producer.begin();
    await producer.send(topic, aborted);
    await producer.abort();
    await bed.untilStable(topic);
    assert.deepEqual(await bed.readAll(topic), [], 'seen though aborted');
    assertExactlyOnce(await bed.readAll(topic, 'read_uncommitted'), aborted);
    await producer.begin();
    await producer.send(topic, committed);
    await producer.commit();
  } finally {
    await producer.close();
  }
  await bed.untilStable(topic);
  assertExactlyOnce(await bed.readAll(topic), committed);
  const inbox = new Inbox();
  await during(client.read(topic, inbox), () => inbox.untilValues(values(committed)));
  assertExactlyOnce(inbox.received, committed);
}

/** A second instance ends what the first one left open, and the first one is told that it is no longer the one. */
export async function fences(client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string) {
  await bed.createTopic(topic, PARTITIONS);
  const [ofZombie, late, ofSuccessor] = [numbered('zombie', 20), numbered('late', 20), numbered('successor', 20)];
  const zombie = await transactions.producer(topic);
  await zombie.begin();
  await zombie.send(topic, ofZombie);
  const successor = await transactions.producer(topic);
  try {
    await successor.begin();
    await successor.send(topic, ofSuccessor);
    await assert.rejects(async () => {
      await zombie.send(topic, late);
      await zombie.commit();
    }, /epoch|fenced/iu, `the first instance of ${client.name} is told that it is fenced`);
    await successor.commit();
  } finally {
    await Promise.allSettled([zombie.close(), successor.close()]);
  }
  await bed.untilStable(topic);
  assertExactlyOnce(await bed.readAll(topic), ofSuccessor);
}

/** Each record of the input is in the output once; a second instance goes on where the first one committed. */
export async function transforms(_client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string) {
  const output = `${topic}-out`;
  await Promise.all([bed.createTopic(topic, PARTITIONS), bed.createTopic(output, PARTITIONS)]);
  const [first, second] = [numbered('first', 120), numbered('second', 60)];
  const outcomes: string[] = [];
  for (const [instance, records] of [first, second].entries()) {
    await bed.feed(topic, records);
    const done = instance === 0 ? first : [...first, ...second];
    let failure: Error | undefined;
    const loop = transactions.transform({
      transactionalId: `${topic}-transform`, group: topic, input: topic, output,
      onEnded: (outcome) => void outcomes.push(outcome),
      onFailure: (error) => {
        failure ??= error;
      },
    });
    await during(loop, async () => {
      const deadlineMs = performance.now() + WAIT_MS;
      for (;;) {
        if (failure !== undefined) throw failure;
        const count = (await bed.readAll(output)).length;
        if (count >= done.length) break;
        if (performance.now() > deadlineMs) throw new Error(`${count} of ${done.length} records came out: ${outcomes}`);
        await sleep(LOOK_AGAIN_MS);
      }
    });
    await bed.untilStable(output);
    assertExactlyOnce(await bed.readAll(output), suffixed(done, COMMITTED));
  }
  assert.ok(outcomes.includes('abort'), 'a transaction was aborted');
  const all = (await bed.readAll(output, 'read_uncommitted')).map(({ value }) => value ?? '');
  assert.ok(all.some((value) => value.endsWith(ABORTED)), 'records of aborted transactions are in the log');
}

const LOOK_AGAIN_MS = 100;

function suffixed(records: readonly Sent[], suffix: string): Sent[] {
  return records.map(({ key, value }) => ({ key, value: `${value}${suffix}` }));
}
