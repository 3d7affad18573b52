/** A member that the group has moved on without: what was meant for it is not its own any more. */
import { expect, test } from 'vitest';
import { Consuming } from './fakes/consuming.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';

test('who is removed while it lets partitions go does not take up what was assigned before', () => {
  const fake = new FakeCluster();
  fake.createTopic('orders', 4);
  const first = new Consuming(fake, {}, 1);
  first.machine.subscribe(['orders']);
  fake.time.run(5000);
  first.keepsRevoked = true;
  new Consuming(fake, {}, 2).machine.subscribe(['orders']);
  fake.time.run(8000);
  expect(first.log.at(-1)).toContain('revoking');
  for (const nodeId of [1, 2, 3]) {
    fake.network.down.add(`broker-${nodeId}:9092`);
    fake.network.cutAll(fake.endpoint(nodeId));
  }
  fake.time.run(15_000);
  expect(first.log.at(-1)).toBe('lost orders-0 orders-1 orders-2 orders-3');
  first.letGo();
  fake.time.run(10);
  expect(first.machine.groupMetadata()).toMatchObject({ generation: -1 });
  expect(first.partitions).toBe('none');
});
