/** The committed offsets of one group. */
import type { Offset } from '@hapax/base';
import type { CommittedOffset } from './group-record.ts';

/** A committed offset and where its record stands. */
export interface StoredOffset extends CommittedOffset {
  /** The offset of the record in `__consumer_offsets`: of two commits, the later record counts. [O6] */
  readonly recordOffset: Offset;
}

/** Offsets by topic and partition. */
export class GroupOffsets {
  private readonly topics = new Map<string, Map<number, StoredOffset>>();
  private count = 0;

  /** How many partitions have an offset. */
  get size(): number {
    return this.count;
  }

  find(topic: string, partition: number): StoredOffset | undefined {
    return this.topics.get(topic)?.get(partition);
  }

  set(topic: string, partition: number, stored: StoredOffset): void {
    let partitions = this.topics.get(topic);
    if (partitions === undefined) this.topics.set(topic, (partitions = new Map()));
    if (!partitions.has(partition)) this.count += 1;
    partitions.set(partition, stored);
  }

  delete(topic: string, partition: number): void {
    const partitions = this.topics.get(topic);
    if (partitions === undefined || !partitions.delete(partition)) return;
    this.count -= 1;
    if (partitions.size === 0) this.topics.delete(topic);
  }

  /** The topics that have offsets, in the order of their first commit. */
  topicNames(): string[] {
    return [...this.topics.keys()];
  }

  /** Partitions and offsets of a topic; none where the topic has no offsets. */
  partitionsOf(topic: string): readonly (readonly [partition: number, stored: StoredOffset])[] {
    return [...(this.topics.get(topic) ?? [])];
  }
}
