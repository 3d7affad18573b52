/** What people see of transactions, and how they end them, against a cluster of three processes. */
import { readdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExitCode, runProgram } from '@hapax/cli';
import { connect, type HapaxClient, type TransactionalProducer } from '@hapax/client';
import { LocalCluster } from '@hapax/node/local-cluster';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testTerminal } from './test-terminal.ts';

const START_TIMEOUT_MS = 120_000;

let directory: string;
let cluster: LocalCluster;
let client: HapaxClient;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'hapax-cli-txn-'));
  const settings = { 'log.level': 'warn', 'flush': 'os' };
  cluster = await LocalCluster.start({ nodes: 3, directory: join(directory, 'cluster'), settings });
  client = await connect({ bootstrap: bootstrap() });
}, START_TIMEOUT_MS);

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
  rmSync(directory, { recursive: true, force: true });
});

function bootstrap(): string {
  return cluster.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',');
}

interface Ran {
  readonly code: ExitCode;
  readonly out: string;
  readonly notes: string;
}

async function hapax(line: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const terminal = testTerminal('', { HAPAX_BOOTSTRAP: bootstrap(), ...environment });
  const code = await runProgram(line, terminal, '0');
  return { code, out: terminal.written(), notes: terminal.notes() };
}

async function succeeds(...line: string[]): Promise<Ran> {
  const ran = await hapax(line);
  expect(ran.code, ran.notes).toBe(ExitCode.ok);
  return ran;
}

async function json<T>(...line: string[]): Promise<T> {
  return JSON.parse((await succeeds(...line, '--json')).out) as T;
}

/** A producer that has written one record in a transaction, and not ended it. */
async function openedBy(transactionalId: string, topic: string): Promise<TransactionalProducer> {
  const producer = client.producer({ transactionalId });
  await producer.begin();
  await producer.send({ topic, partition: 0, value: Buffer.from('open') });
  return producer;
}

interface Described {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly state: string;
  readonly coordinatorId: number;
}

interface Partition {
  readonly leaderId: number;
  readonly logEndOffset: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly blockedBy: { readonly transactionalId: string | null; readonly verdict: string } | null;
  readonly replicas: readonly { readonly logEndOffset: number | null }[];
}

async function partitionOf(topic: string): Promise<Partition> {
  const [found] = await json<Partition[]>('partition', 'describe', `${topic}:0`);
  if (found === undefined) throw new Error(`${topic}-0 was not described`);
  return found;
}

/** Waits until the last marker is replicated: only then do readers of committed records see the end. */
async function settled(topic: string): Promise<Partition> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = await partitionOf(topic);
    if (found.lastStableOffset === found.logEndOffset) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the last stable offset of ${topic}-0 stays behind its end`);
}

describe('an open transaction', () => {
  test('is listed, described, followed through time, and named as what blocks readers', async () => {
    await succeeds('topic', 'create', 'seen', '-p', '1', '--wait');
    const producer = await openedBy('seen-by-people', 'seen');
    expect((await succeeds('txn', 'list', '--state', 'ongoing')).out).toMatch(/^seen-by-people +[\d,]+ +Ongoing$/mu);
    expect(await json('txn', 'list', '--min-duration', '1h')).toEqual([]);
    const [described] = await json<Described[]>('txn', 'describe', 'seen-by-people');
    expect(described).toMatchObject({ state: 'Ongoing', partitions: [{ topic: 'seen', partition: 0 }] });
    const { producerId } = described as Described;
    expect(await json('txn', 'list', '--producer-id', String(producerId))).toHaveLength(1);

    const blocked = await partitionOf('seen');
    expect(blocked).toMatchObject({ logEndOffset: 1, highWatermark: 1, lastStableOffset: 0 });
    expect(blocked.blockedBy).toMatchObject({ transactionalId: 'seen-by-people', verdict: 'open' });
    expect(blocked.replicas).toHaveLength(3);
    const { out } = await succeeds('partition', 'describe', 'seen');
    expect(out).toContain('1 offsets below the high watermark, blocked by seen-by-people');
    expect(await succeeds('txn', 'find-hanging', '--topic', 'seen')).toMatchObject({ notes: '' });

    await producer.commit();
    expect((await settled('seen')).blockedBy).toBeNull();
    const timeline = await succeeds('txn', 'timeline', 'seen-by-people');
    const moves = timeline.out.matchAll(/ (?<state>Empty|Ongoing|PrepareCommit|CompleteCommit) /gu);
    const states = [...moves].map(({ groups }) => groups?.['state']);
    expect(states).toEqual(['Empty', 'Ongoing', 'PrepareCommit', 'CompleteCommit']);
    expect(timeline.out).toContain('hapax');
    await producer.close();
  });

  test('is aborted by its id through its coordinator, and the log of fences says who was fenced by whom', async () => {
    await succeeds('topic', 'create', 'ended', '-p', '1', '--wait');
    const producer = await openedBy('ended-by-people', 'ended');
    const dry = await succeeds('txn', 'abort', 'ended-by-people', '--dry-run');
    expect(dry.notes).toMatch(/coordinator \d fences ended-by-people .* aborts its transaction in 1 partitions/u);
    const asked = await hapax(['txn', 'abort', 'ended-by-people']);
    expect(asked).toMatchObject({ code: ExitCode.usage });
    expect(asked.notes).toContain('add --yes');

    const done = await succeeds('txn', 'abort', 'ended-by-people', '--yes');
    expect(done.notes).toContain('aborted by its coordinator; the producer is fenced');
    await expect(producer.commit()).rejects.toMatchObject({ retriable: false });
    expect(await settled('ended')).toMatchObject({ blockedBy: null });
    const fences = await succeeds('txn', 'fences', '--id', 'ended-by-people');
    expect(fences.out).toMatch(/ended-by-people +new-producer +hapax.* hapax-cli/u);
    const again = await hapax(['txn', 'abort', 'ended-by-people', '--yes']);
    expect(again).toMatchObject({ code: ExitCode.usage });
    expect(again.notes).toContain('nothing is open');
    producer.abandon();
  });

  test('that is named by its place goes through the coordinator all the same', async () => {
    await succeeds('topic', 'create', 'placed', '-p', '1', '--wait');
    const producer = await openedBy('named-by-place', 'placed');
    const place = ['txn', 'abort', '--topic', 'placed', '--partition', '0'];
    const wrong = await hapax([...place, '--start-offset', '7', '--yes']);
    expect(wrong).toMatchObject({ code: ExitCode.usage });
    expect(wrong.notes).toMatch(/no open transaction from offset 7 on; open there: producer \d+ from offset 0 on/u);
    expect((await succeeds(...place, '--start-offset', '0', '--yes')).notes).toContain('aborted by its coordinator');
    expect(await settled('placed')).toMatchObject({ blockedBy: null });
    producer.abandon();
  });
});

test('a transaction that is decided cannot be aborted, and ends when the leader of its partition is back', async () => {
  await succeeds('topic', 'create', 'away', '-p', '1', '-r', '1', '--wait');
  const { leaderId } = await partitionOf('away');
  // The coordinator must stay while the leader goes.
  let producer: TransactionalProducer | undefined;
  let transactionalId = '';
  for (let attempt = 0; producer === undefined; attempt++) {
    transactionalId = `decided-${attempt}`;
    const candidate = await openedBy(transactionalId, 'away');
    const [described] = await json<Described[]>('txn', 'describe', transactionalId);
    if (described?.coordinatorId !== leaderId) producer = candidate;
    else await candidate.abort();
  }
  await cluster.node(leaderId).kill();
  await producer.commit();
  const refused = await hapax(['txn', 'abort', transactionalId, '--yes']);
  expect(refused).toMatchObject({ code: ExitCode.usage });
  expect(refused.notes).toContain('is in PrepareCommit: it is decided');
  const searched = await hapax(['txn', 'find-hanging']);
  expect(searched.notes).toContain('left out, for they have no leader: away-0');

  cluster.node(leaderId).start();
  await cluster.node(leaderId).waitReady(START_TIMEOUT_MS);
  expect(await settled('away')).toMatchObject({ blockedBy: null });
  await producer.close();
});

test('nodes that cannot be asked are told of, with what to do', async () => {
  const lost = await hapax(['txn', 'fences', '--peers', '127.0.0.1:1']);
  expect(lost).toMatchObject({ code: ExitCode.failed });
  expect(lost.notes).toContain('name them with --peers');
  const partial = await hapax(['partition', 'describe', 'seen'], { HAPAX_PEERS: '127.0.0.1:1' });
  expect(partial).toMatchObject({ code: ExitCode.ok });
  expect(partial.notes).toContain('without log ends');
  expect(partial.out).toContain('high watermark 2, log end ?');
  const unknown = await hapax(['txn', 'describe', 'nobody-has-this']);
  expect(unknown.notes).toContain('`hapax txn list` shows the transactional ids');
});

test('a transaction that no coordinator knows any more is found, and ended by a marker', async () => {
  await succeeds('topic', 'create', 'hung', '-p', '1', '--wait');
  const producer = await openedBy('forgotten', 'hung');
  const [described] = await json<Described[]>('txn', 'describe', 'forgotten');
  producer.abandon();
  // Nothing that the broker does lets a transaction hang, so its coordinators lose their disks.
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  for (const node of cluster.nodes) {
    const logs = join(directory, 'cluster', `node-${node.id}`, 'logs');
    for (const name of readdirSync(logs).filter((one) => one.startsWith('__transaction_state-')))
      rmSync(join(logs, name), { recursive: true });
  }
  await cluster.startAll();
  await succeeds('cluster', 'health', '--wait', '--brokers', '3');

  const found = await hapax(['txn', 'find-hanging']);
  expect(found, found.notes).toMatchObject({ code: ExitCode.verdictFailed });
  expect(found.out).toMatch(new RegExp(`^hung +0 +0 +${described?.producerId.toLocaleString('en')} .* hanging$`, 'mu'));
  expect(found.notes).toBe('next: hapax txn abort --topic hung --partition 0 --start-offset 0\n');
  const place = ['--topic', 'hung', '--partition', '0', '--producer-id', String(described?.producerId)];
  expect((await succeeds('txn', 'abort', ...place, '--dry-run')).notes).toContain('no coordinator knows producer');
  expect((await succeeds('txn', 'abort', ...place, '--yes')).notes).toBe('aborted in hung-0 by a marker\n');
  expect(await settled('hung')).toMatchObject({ blockedBy: null, logEndOffset: 2 });
  await succeeds('txn', 'find-hanging');
});
