/** A fake cluster for transactions, and what consumers see of them in the end. */
import { Consuming } from './consuming.ts';
import { FakeCluster, type Fault } from './fake-cluster.ts';

export function world(version: number, partitions = 3): FakeCluster {
  const fake = new FakeCluster();
  fake.transactions.finalized = version;
  fake.createTopic('orders', partitions);
  return fake;
}

/** What a new read_committed (or other) consumer sees in the end. */
export function visible(
  fake: FakeCluster,
  isolationLevel: 'read_committed' | 'read_uncommitted' = 'read_committed',
): string[] {
  const consuming = new Consuming(fake, { groupId: null, isolationLevel }, 99);
  const partitions = fake.topics.get('orders')!.map((_, partition) => ({ topic: 'orders', partition, offset: 0 }));
  consuming.machine.assign(partitions);
  fake.time.run(3000);
  if (consuming.failures[0] !== undefined) throw consuming.failures[0];
  consuming.machine.close(() => {});
  consuming.cluster.close();
  return consuming.values.sort();
}

export function faultOnce(fake: FakeCluster, apiName: string, fault: Fault): void {
  let left = 1;
  fake.fault = (context) => (context.apiName === apiName && left-- > 0 ? fault : 'none');
}
