/** Kafka's range and round-robin assignors: simple, and with no memory of who had what. */
import type { TopicPartition } from '../leader-fan-out.ts';
import { compare, inOrder, type Assignor, type Subscriber } from './assignor.ts';

/** Gives each member a range of every topic, so that equal partitions of topics meet at one member. */
export const rangeAssignor: Assignor = {
  name: 'range',
  cooperative: false,
  assign(subscribers, partitions) {
    const assignment = emptyAssignment(subscribers);
    for (const [topic, count] of partitions) {
      const readers = inOrder(subscribers.filter((one) => one.topics.includes(topic)));
      let next = 0;
      for (const [index, reader] of readers.entries()) {
        const share = Math.floor(count / readers.length) + (index < count % readers.length ? 1 : 0);
        for (let taken = 0; taken < share; taken++) assignment.get(reader.memberId)?.push({ topic, partition: next++ });
      }
    }
    return assignment;
  },
};

/** Deals all partitions of all topics out in turn. */
export const roundRobinAssignor: Assignor = {
  name: 'roundrobin',
  cooperative: false,
  assign(subscribers, partitions) {
    const assignment = emptyAssignment(subscribers);
    const members = inOrder(subscribers);
    let at = 0;
    for (const item of allPartitions(partitions)) {
      if (!members.some((member) => member.topics.includes(item.topic))) continue;
      while (members[at % members.length]?.topics.includes(item.topic) !== true) at += 1;
      assignment.get(members[at % members.length]?.memberId ?? '')?.push(item);
      at += 1;
    }
    return assignment;
  },
};

/** Nobody has anything. */
export function emptyAssignment(subscribers: readonly Subscriber[]): Map<string, TopicPartition[]> {
  return new Map(subscribers.map((one) => [one.memberId, []]));
}

/** Every partition, by topic and number. */
export function allPartitions(partitions: ReadonlyMap<string, number>): TopicPartition[] {
  const topics = [...partitions].sort(([a], [b]) => compare(a, b));
  return topics.flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => ({ topic, partition })));
}
