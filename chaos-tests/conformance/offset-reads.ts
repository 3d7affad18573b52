/** Each client reads a partition full of transactions from every offset, in both isolation levels. */
import { strict as assert } from 'node:assert';
import type { TestBed } from '../cluster/test-bed.ts';
import type { ClientUnderTest, ReadOptions } from './client-under-test.ts';
import { hapaxClient } from './hapax-client.ts';
import { ANY_ABORTS, ANY_ABORTS_END, APART_ABORTS, APART_ABORTS_END, TransactionLog } from './transaction-log.ts';

const WAYS: readonly ReadOptions[] = [
  { isolation: 'read_committed', fetches: 'all' },
  { isolation: 'read_committed', fetches: 'batch' },
  { isolation: 'read_uncommitted', fetches: 'all' },
];

/** While transactions are open, and again when all have ended. A client without transactions reads what ours wrote. */
export async function readsFromEveryOffset(client: ClientUnderTest, bed: TestBed, topic: string): Promise<void> {
  await bed.createTopic(topic, 1);
  const writer = client.transactions === undefined ? await hapaxClient(bed.bootstrap) : client;
  const { transactions } = writer;
  if (transactions === undefined) throw new Error(`${writer.name} has no transactions`);
  const log = new TransactionLog(bed, topic, transactions, (records) => writer.produce(topic, records, {}));
  const isAny = transactions.readableAborts === 'any';
  try {
    await log.write(isAny ? ANY_ABORTS : APART_ABORTS);
    const ways = WAYS.filter(({ fetches }) => isAny || fetches === 'all');
    await agreesWith(log, client, topic, ways, 'while transactions are open');
    await log.write(isAny ? ANY_ABORTS_END : APART_ABORTS_END);
    await agreesWith(log, client, topic, ways, 'when all have ended');
  } finally {
    await log.close();
    if (writer !== client) await writer.close();
  }
}

async function agreesWith(
  log: TransactionLog, client: ClientUnderTest, topic: string, ways: readonly ReadOptions[], when: string,
): Promise<void> {
  for (const way of ways) {
    const { isolation, fetches } = way;
    const reader = await client.partitionReader(topic, way);
    try {
      for (let offset = 0; offset <= log.endOffset; offset++) {
        const expected = log.visible(isolation, offset);
        const seen = await reader.readFrom(offset, expected.length);
        const where = `${isolation} (${fetches}) from offset ${offset} of ${log.endOffset}, ${when}`;
        assert.deepEqual(seen, expected, where);
      }
    } finally {
      await reader.close();
    }
  }
}
