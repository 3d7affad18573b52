/** What every client must be able to do with the cluster, written once for all of them. */
import type { CompressionName } from '@hapax/base';
import { strict as assert } from 'node:assert';
import type { Received, Sent } from '../cluster/record.ts';
import type { ClientUnderTest } from './client-under-test.ts';
import { assertExactlyOnce, during, partitionsOf, values } from './expectations.ts';
import { Inbox } from '../cluster/inbox.ts';
import { numbered, streamOf } from './records.ts';
import { readsFromEveryOffset } from './offset-reads.ts';
import { survivesCoordinatorKills } from './coordinator-kills.ts';
import { aborts, commits, fences, transforms, withTransactions } from './transaction-checks.ts';
import { storedBatches } from '../cluster/stored-batches.ts';
import type { TestBed } from '../cluster/test-bed.ts';

/** One row of the matrix. */
export interface Check {
  readonly name: string;
  /** Throws what is wrong. The topic's name is free to use and not made yet. */
  run(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void>;
  /** A client without transactions has no such cell; its notes say so. */
  readonly needsTransactions?: true;
}

const CODECS: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const PARTITIONS = 4;

export const CHECKS: readonly Check[] = [
  { name: 'create a topic', run: createsTopic },
  ...CODECS.map((codec) => ({ name: `produce and consume, ${codec}`, run: producesWith(codec) })),
  { name: 'keys, headers and nulls', run: keepsKeysHeadersAndNulls },
  { name: 'produce idempotently', run: producesIdempotently },
  { name: 'a group with a rebalance', run: rebalances },
  { name: 'commit and resume', run: resumes },
  { name: 'produce while the leader is killed', run: producesOverLeaderKill },
  { name: 'consume while the leader is killed', run: consumesOverLeaderKill },
  { name: 'read committed and uncommitted from every offset', run: readsFromEveryOffset },
  transactional('commit a transaction', commits),
  transactional('abort a transaction', aborts),
  transactional('a second instance fences the first', fences),
  transactional('consume, transform, produce with offsets', transforms),
  transactional('the coordinator is killed behind EndTxn', survivesCoordinatorKills),
];

function transactional(name: string, run: Parameters<typeof withTransactions>[0]): Check {
  return { name, run: withTransactions(run), needsTransactions: true };
}

async function createsTopic(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await client.createTopic(topic, PARTITIONS);
  const count = await bed.partitionCount(topic);
  // kcat can only have topics made with the cluster's own number of partitions.
  if (client.name === 'kcat') assert.ok(count >= 1);
  else assert.equal(count, PARTITIONS, 'partitions of the topic');
}

function producesWith(compression: CompressionName): Check['run'] {
  return async (client, bed, topic) => {
    await bed.createTopic(topic, PARTITIONS);
    const records = numbered(`value that compresses well ${'='.repeat(200)}`, 100);
    await client.produce(topic, streamOf(records), { compression });
    const batches = storedBatches(bed.dataDirectory(bed.cluster.node(1)), topic);
    const codecs = new Set(batches.map((batch) => batch.compression));
    assert.deepEqual([...codecs], [compression], 'codecs of the stored batches');
    assertExactlyOnce(await bed.readAll(topic), records);
    const inbox = new Inbox();
    await during(client.read(topic, inbox), () => inbox.untilValues(values(records)));
    assertExactlyOnce(inbox.received, records);
  };
}

async function keepsKeysHeadersAndNulls(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, 1);
  const records: readonly Sent[] = [
    { key: 'a key', value: 'a value' }, { key: 'deleted', value: null }, { key: null, value: 'žluťoučký 🐎' },
  ];
  await client.produce(topic, streamOf(records), { headers: { origin: 'conformance', empty: '' } });
  const inbox = new Inbox();
  await during(client.read(topic, inbox), () => inbox.until('three records', ({ length }) => length >= records.length));
  const expected = records.map((record) => ({ ...record, headers: { origin: 'conformance', empty: '' } }));
  const content = ({ key, value, headers }: Received) => ({ key, value, headers: { ...headers } });
  assert.deepEqual((await bed.readAll(topic)).map(content), expected, 'as stored');
  assert.deepEqual(inbox.received.map(content), expected, 'as read by the client');
}

async function producesIdempotently(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const records = numbered('idempotent', 100);
  await client.produce(topic, streamOf(records), { isIdempotent: true });
  assertExactlyOnce(await bed.readAll(topic), records);
  const batches = storedBatches(bed.dataDirectory(bed.cluster.node(1)), topic);
  for (const { producerId, baseSequence } of batches) {
    assert.ok(producerId >= 0n && baseSequence >= 0, `a batch of producer ${producerId} with sequence ${baseSequence}`);
  }
}

/** A second member takes over a share, and hands it back when it leaves. */
async function rebalances(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const feeder = new Feeder(bed, topic);
  const [first, second] = [new Inbox(), new Inbox()];
  await during(client.join(topic, topic, first), async () => {
    const hasAll = (): boolean => partitionsOf(first.received).size === PARTITIONS;
    await feeder.until(hasAll, 'the first member reads every partition');
    let before = 0;
    await during(client.join(topic, topic, second), async () => {
      await feeder.until(() => second.received.length > 0, 'the second member reads');
      before = first.received.length;
      await feeder.until(() => first.received.length > before, 'the first member keeps a share');
      before = first.received.length;
    });
    const isBack = (): boolean => partitionsOf(first.received.slice(before)).size === PARTITIONS;
    await feeder.until(isBack, 'the first member reads every partition again');
    const seenBySecond = new Set(second.received.map(({ value }) => value));
    await first.untilValues(feeder.sent.filter((value) => !seenBySecond.has(value)));
  });
}

async function resumes(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const [before, after] = [numbered('before', 60), numbered('after', 60)];
  await bed.feed(topic, before);
  const first = new Inbox();
  await during(client.join(topic, topic, first), () => first.untilValues(values(before)));
  await bed.feed(topic, after);
  const second = new Inbox();
  await during(client.join(topic, topic, second), () => second.untilValues(values(after)));
  assertExactlyOnce(first.received, before);
  assertExactlyOnce(second.received, after);
}

async function producesOverLeaderKill(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const records = numbered('over a kill', 400);
  const kill = async (): Promise<void> => void (await bed.killLeader(topic, 0));
  try {
    await client.produce(topic, streamOf(records, 150, kill), { isIdempotent: true });
    assertExactlyOnce(await bed.readAll(topic), records);
  } finally {
    await bed.repair(topic);
  }
  assertExactlyOnce(await bed.readAll(topic), records);
}

async function consumesOverLeaderKill(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const [before, after] = [numbered('before', 100), numbered('after', 100)];
  await bed.feed(topic, before);
  const inbox = new Inbox();
  try {
    await during(client.join(topic, topic, inbox), async () => {
      await inbox.untilValues(values(before));
      await bed.killLeader(topic, 0);
      await bed.feed(topic, after);
      // A group reads at least once: what was not committed when a coordinator died comes again.
      await inbox.untilValues(values(after));
    });
  } finally {
    await bed.repair(topic);
  }
}

/** Produces a few records at a time to every partition for as long as something is waited for. */
class Feeder {
  readonly sent: string[] = [];
  private readonly bed: TestBed;
  private readonly topic: string;

  constructor(bed: TestBed, topic: string) {
    this.bed = bed;
    this.topic = topic;
  }

  async until(isMet: () => boolean, what: string): Promise<void> {
    const deadlineMs = performance.now() + FEED_MS;
    while (!isMet()) {
      if (performance.now() > deadlineMs) {
        throw new Error(`${what}: not within ${FEED_MS} ms and ${this.sent.length} records`);
      }
      const records = numbered(`fed-${this.sent.length}`, 32);
      this.sent.push(...records.map(({ value }) => value as string));
      await this.bed.feed(this.topic, records);
      await new Promise((resolve) => setTimeout(resolve, FEED_PAUSE_MS));
    }
  }
}

const FEED_MS = 90_000;
const FEED_PAUSE_MS = 100;
