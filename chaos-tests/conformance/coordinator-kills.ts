/**
 * The coordinator of transactions is killed as close behind EndTxn's answer as a client can, or while the request is on
 * its way: between the decision and the markers. Whatever the client was told must come true, whole or not at all.
 */
import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { numbered } from './records.ts';
import { during } from './expectations.ts';
import { Inbox } from '../cluster/inbox.ts';
import { WAIT_MS } from '../cluster/limits.ts';
import type { Received, Sent } from '../cluster/record.ts';
import type { TestBed } from '../cluster/test-bed.ts';
import type { ClientUnderTest, TransactionalProducer, Transactions } from './client-under-test.ts';

type Fate = 'committed' | 'aborted' | 'unknown';

/** A transaction that was tried, and what the client was told of it. */
interface Tried {
  readonly records: readonly Sent[];
  readonly fate: Fate;
}

/** The coordinator is killed when so many of the transactions that end have their answer. */
const ROUNDS: readonly { readonly answers: 'one' | 'all' }[] = [{ answers: 'all' }, { answers: 'one' }];

/** How the transactions of one coordinator end that end at once. */
const ENDS = ['commit', 'abort', 'commit'] as const;

const PARTITIONS = 4;
const CLOSE_MS = 10_000;

export async function survivesCoordinatorKills(
  client: ClientUnderTest, transactions: Transactions, bed: TestBed, topic: string,
): Promise<void> {
  await bed.createTopic(topic, PARTITIONS);
  const ids = await idsOfOneCoordinator(transactions, bed, topic);
  const applications = ids.map((id) => new Application(transactions, topic, id));
  try {
    for (const [at, { answers }] of ROUNDS.entries()) {
      await Promise.all(applications.map((each, place) => each.prepare(numbered(`${at}-${place}`, 32))));
      const coordinator = await bed.transactionCoordinator(ids[0] ?? '');
      const endings = applications.map((each, place) => each.end(ENDS[place] ?? 'abort'));
      await (answers === 'all' ? Promise.all(endings) : Promise.race(endings));
      await Promise.all([coordinator.kill(), ...endings]);
      // They go on while the node is still down.
      await Promise.all(applications.map((each, place) => each.untilCommitted(`${at}-${place}-after`)));
      await bed.repair(topic);
    }
  } finally {
    await bed.repair(topic);
    await Promise.all(applications.map((each) => each.close()));
  }
  await bed.untilStable(topic);
  const seen = await bed.readAll(topic);
  const values = new Set(seen.map(({ value }) => value));
  const visible = applications.flatMap((each) => each.judge(values));
  assertEachOnce(seen, visible);
  if (transactions.readableAborts === 'apart') return;
  const inbox = new Inbox();
  await during(client.read(topic, inbox), () => inbox.untilValues(visible.map(({ value }) => value)));
  assertEachOnce(inbox.received, visible);
}

/** Transactional ids of one partition of the log of transactions: whatever moves, one node coordinates them all. */
async function idsOfOneCoordinator(transactions: Transactions, bed: TestBed, topic: string): Promise<string[]> {
  // A first producer has that log made, if nobody has.
  await (await transactions.producer(topic)).close();
  const partition = await bed.transactionPartition(topic);
  const ids = [topic];
  for (let at = 0; ids.length < ENDS.length; at++) {
    if ((await bed.transactionPartition(`${topic}-${at}`)) === partition) ids.push(`${topic}-${at}`);
  }
  return ids;
}

function assertEachOnce(received: readonly Received[], sent: readonly Sent[]): void {
  const valuesOf = (records: readonly Sent[]): (string | null)[] => records.map(({ value }) => value).sort();
  assert.deepEqual(valuesOf(received), valuesOf(sent), 'values, each once');
}

/** Runs one transaction after the other, and starts over with a new producer where one failed, as applications do. */
class Application {
  private readonly tried: Tried[] = [];
  private readonly transactions: Transactions;
  private readonly topic: string;
  private readonly transactionalId: string;
  private producer: TransactionalProducer | undefined;
  private prepared: readonly Sent[] = [];

  constructor(transactions: Transactions, topic: string, transactionalId: string) {
    this.transactions = transactions;
    this.topic = topic;
    this.transactionalId = transactionalId;
  }

  /** Leaves a transaction with these records open. */
  async prepare(records: readonly Sent[]): Promise<void> {
    this.producer ??= await this.transactions.producer(this.transactionalId);
    await this.producer.begin();
    await this.producer.send(this.topic, records);
    this.prepared = records;
  }

  /** Ends the transaction; resolves with what the client said went wrong. */
  async end(how: 'commit' | 'abort'): Promise<Error | undefined> {
    const records = this.prepared;
    try {
      await (how === 'commit' ? this.producer?.commit() : this.producer?.abort());
      this.tried.push({ records, fate: how === 'commit' ? 'committed' : 'aborted' });
      return undefined;
    } catch (error) {
      await this.giveUp(records, how === 'commit' ? 'unknown' : 'aborted');
      return error as Error;
    }
  }

  /** Runs transactions until one is committed. Throws what the last one failed with when that takes too long. */
  async untilCommitted(prefix: string): Promise<void> {
    const deadlineMs = performance.now() + WAIT_MS;
    for (let attempt = 0; ; attempt++) {
      const records = numbered(`${prefix}-attempt-${attempt}`, 16);
      try {
        await this.prepare(records);
      } catch (error) {
        await this.giveUp(records, 'aborted');
        if (performance.now() > deadlineMs) throw error;
        continue;
      }
      const failure = await this.end('commit');
      if (failure === undefined) return;
      if (performance.now() > deadlineMs) throw failure;
    }
  }

  /** What must be seen, by what was told and by what a reader sees; throws where the two do not go together. */
  judge(seen: ReadonlySet<string | null>): Sent[] {
    return this.tried.flatMap(({ records, fate }) => {
      const count = records.filter(({ value }) => seen.has(value)).length;
      const name = records[0]?.value;
      assert.ok(count === 0 || count === records.length, `torn: ${count} of ${records.length} records from ${name} on`);
      if (fate === 'committed') assert.equal(count, records.length, `lost: committed, from ${name} on`);
      if (fate === 'aborted') assert.equal(count, 0, `seen though not committed, from ${name} on`);
      return count === 0 ? [] : records;
    });
  }

  async close(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    // A producer that was fenced or has lost its broker may not close well, or ever.
    await Promise.race([producer?.close().catch(() => undefined), sleep(CLOSE_MS, undefined, { ref: false })]);
  }

  private async giveUp(records: readonly Sent[], fate: Fate): Promise<void> {
    this.tried.push({ records, fate });
    await this.close();
    await sleep(RETRY_PAUSE_MS);
  }
}

const RETRY_PAUSE_MS = 200;
