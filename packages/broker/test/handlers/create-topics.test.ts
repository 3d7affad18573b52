/** CreateTopics over the wire, against three brokers. */
import { createTopics } from '@hapax/wire';
import { expect, test } from 'vitest';
import { TestCluster } from '../support/test-cluster.ts';

test('a topic is there with leaders when the answer comes', () => {
  const cluster = new TestCluster();
  const client = cluster.connect(cluster.follower);
  const topic = { name: 'orders', numPartitions: 6, replicationFactor: 3, assignments: [], configs: [{ name: 'retention.ms', value: '1000' }] };
  const response = client.call(createTopics, 7, { topics: [topic], timeoutMs: 5000, validateOnly: false });
  expect(response.topics[0]).toMatchObject({ name: 'orders', errorCode: 0, numPartitions: 6, replicationFactor: 3 });
});
