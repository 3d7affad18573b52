/** Values by topic and partition, first of all the committed offsets of one group. */
import type { Offset } from '@hapax/base';
import type { CommittedOffset } from './group-record.ts';

/** A committed offset and where its record stands. */
export interface StoredOffset extends CommittedOffset {
  /** The offset of the record in `__consumer_offsets`: of two commits, the later record counts. [O6] */
  readonly recordOffset: Offset;
}

/** The committed offsets of one group. */
export type GroupOffsets = PartitionMap<StoredOffset>;

/** One value for each partition that has one. */
export class PartitionMap<V> {
  private readonly topics = new Map<string, Map<number, V>>();
  private count = 0;

  /** How many partitions have a value. */
  get size(): number {
    return this.count;
  }

  find(topic: string, partition: number): V | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, value: V): void {
    let partitions = this.topics.get(topic);
    if (partitions === undefined) this.topics.set(topic, (partitions = new Map()));
    if (!partitions.has(partition)) this.count += 1;
    partitions.set(partition, value);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.topics.get(topic);
    if (partitions === undefined || !partitions.delete(partition)) return;
    this.count -= 1;
    if (partitions.size === 0) this.topics.delete(topic);
  }

  /** The topics that have values, in the order of their first one. */
  topicNames(): string[] {
    return [...this.topics.keys()];
  }

  /** Partitions and values of a topic; none where the topic has none. */
  partitionsOf(topic: string): readonly (readonly [partition: number, value: V])[] {
    return [...(this.topics.get(topic) ?? [])];
  }
}
