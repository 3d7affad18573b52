/** Records that retention drops: leaders and followers know of it, and a new copy begins where the log begins. */
import { alterPartitionReassignments, produce } from '@hapax/wire';
import { expect, test } from 'vitest';
import { batchOf, START_MS } from './support/batches.ts';
import { TestCluster } from './support/test-cluster.ts';
import type { TestNode } from './support/test-node.ts';

test('a broker that gets a copy of a log whose beginning is gone comes in sync', () => {
  const cluster = new TestCluster();
  const configs = [{ name: 'retention.ms', value: '5000' }];
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
  cluster.createTopic('short', { numPartitions: -1, replicationFactor: -1, assignments, configs });
  const leader = cluster.leaderOf('short') as TestNode;
  const write = (text: string): void => {
    const records = batchOf([text], { firstMs: START_MS + cluster.time.nowMs });
    const topicData = [{ name: 'short', partitionData: [{ index: 0, records }] }];
    const client = cluster.connect(leader);
    const [result] =
      client.call(produce, 9, { acks: -1, timeoutMs: 5000, topicData }).responses[0]?.partitionResponses ?? [];
    expect(result?.errorCode).toBe(0);
  };
  for (const text of ['a', 'b', 'c']) write(text);
  const partition = leader.broker.services.partitions.findByName('short', 0);
  cluster.runUntil('retention drops them', () => partition?.log.startOffset === 3);
  cluster.runFor(1000);
  expect(partition?.replica.logStartOffset).toBe(3);
  write('d');
  const topics = [{ name: 'short', partitions: [{ partitionIndex: 0, replicas: [1, 3] }] }];
  cluster.connect(leader).call(alterPartitionReassignments, 1, { timeoutMs: 5000, topics });
  const isr = (): readonly number[] =>
    leader.broker.services.metadata.image.topicByName('short')?.partitions[0]?.isr ?? [];
  cluster.runUntil('the new copy is in sync', () => isr().includes(3) && !isr().includes(2));
  const copy = cluster.node(3).broker.services.partitions.findByName('short', 0);
  expect([copy?.log.startOffset, copy?.log.endOffset]).toEqual([3, 4]);
});
