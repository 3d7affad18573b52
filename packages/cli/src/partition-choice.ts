/** Partitions as people name them: `orders`, or `orders:0,1`. */
import type { Admin, TopicPartition } from '@hapax/client';
import { usage } from './exit-code.ts';

/** The partitions that texts name; a topic alone names all of its. Throws `usage`. */
export async function chosenPartitions(admin: Admin, texts: readonly string[]): Promise<TopicPartition[]> {
  const wanted = texts.map((text) => {
    const found = /^(?<topic>[^:]+)(?::(?<list>\d+(?:,\d+)*))?$/u.exec(text)?.groups;
    if (found === undefined) throw usage(`${text}: write topic, or topic:0,1,2`);
    return { topic: found['topic'] ?? '', partitions: found['list']?.split(',').map(Number) };
  });
  const topics = await admin.describeTopics(wanted.map(({ topic }) => topic));
  return wanted.flatMap(({ topic, partitions }) => {
    const all = topics.find((one) => one.topic === topic)?.partitions.map(({ partition }) => partition) ?? [];
    const absent = partitions?.filter((partition) => !all.includes(partition)) ?? [];
    if (absent.length > 0)
      throw usage(`topic ${topic} has partitions 0 to ${all.length - 1}, not ${absent.join(', ')}`);
    return (partitions ?? all).map((partition) => ({ topic, partition }));
  });
}
