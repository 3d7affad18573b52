/** Offsets that were written in transactions which have not ended: nobody reads them yet. [O5, KIP-98] */
import type { ProducerId } from '@hapax/base';
import { PartitionMap, type GroupOffsets, type StoredOffset } from './offsets.ts';

/** A partition of which a group keeps an offset. */
export interface GroupPartition {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
}

/** Pending offsets by producer, and which producers each partition of a group waits for. */
export class PendingOffsets {
  private readonly byProducer = new Map<ProducerId, Map<string, GroupOffsets>>();
  /** Invariant: names exactly what {@link byProducer} holds; no set, map or group in it is empty. */
  private readonly producersOf = new Map<string, PartitionMap<Set<ProducerId>>>();

  /** Whether a transaction that has not ended wrote an offset of the partition. [O7] */
  has({ groupId, topic, partition }: GroupPartition): boolean {
    return this.producersOf.get(groupId)?.find(topic, partition) !== undefined;
  }

  /** Whether a transaction that has not ended wrote an offset of the group. [O8] */
  hasGroup(groupId: string): boolean {
    return this.producersOf.has(groupId);
  }

  /** The groups with pending offsets. */
  groupIds(): string[] {
    return [...this.producersOf.keys()];
  }

  /** The groups in which a producer's transaction has pending offsets. */
  groupsOf(producerId: ProducerId): string[] {
    return [...(this.byProducer.get(producerId)?.keys() ?? [])];
  }

  /** The partitions of a group with pending offsets. */
  topicNames(groupId: string): string[] {
    return this.producersOf.get(groupId)?.topicNames() ?? [];
  }

  /** The partitions of a group's topic with pending offsets. */
  partitionsOf(groupId: string, topic: string): number[] {
    return this.producersOf.get(groupId)?.partitionsOf(topic).map(([partition]) => partition) ?? [];
  }

  /** What a producer wrote last for the partition in its transaction. */
  find(producerId: ProducerId, { groupId, topic, partition }: GroupPartition): StoredOffset | undefined {
    return this.byProducer.get(producerId)?.get(groupId)?.find(topic, partition);
  }

  /** Of two offsets of one producer and partition, the later counts. */
  set(producerId: ProducerId, at: GroupPartition, stored: StoredOffset): void {
    const { groupId, topic, partition } = at;
    const groups = getOrMake(this.byProducer, producerId, () => new Map<string, GroupOffsets>());
    getOrMake(groups, groupId, () => new PartitionMap<StoredOffset>()).set(topic, partition, stored);
    const producers = getOrMake(this.producersOf, groupId, () => new PartitionMap<Set<ProducerId>>());
    const known = producers.find(topic, partition);
    if (known === undefined) producers.set(topic, partition, new Set([producerId]));
    else known.add(producerId);
  }

  /** The offset of the partition was deleted: so are those that transactions were about to give it. [O8] */
  drop(at: GroupPartition): void {
    const { groupId, topic, partition } = at;
    for (const producerId of [...(this.producersOf.get(groupId)?.find(topic, partition) ?? [])]) {
      this.forget(producerId, at);
      const groups = this.byProducer.get(producerId);
      groups?.get(groupId)?.delete(topic, partition);
      if (groups?.get(groupId)?.size === 0) groups.delete(groupId);
      if (groups?.size === 0) this.byProducer.delete(producerId);
    }
  }

  /** The transaction of a producer ended: takes out what it wrote. */
  take(producerId: ProducerId): readonly { readonly at: GroupPartition; readonly stored: StoredOffset }[] {
    const taken: { at: GroupPartition; stored: StoredOffset }[] = [];
    for (const [groupId, offsets] of this.byProducer.get(producerId) ?? []) {
      for (const topic of offsets.topicNames()) {
        for (const [partition, stored] of offsets.partitionsOf(topic)) {
          taken.push({ at: { groupId, topic, partition }, stored });
        }
      }
    }
    this.byProducer.delete(producerId);
    for (const { at } of taken) this.forget(producerId, at);
    return taken;
  }

  private forget(producerId: ProducerId, { groupId, topic, partition }: GroupPartition): void {
    const partitions = this.producersOf.get(groupId);
    const producers = partitions?.find(topic, partition);
    producers?.delete(producerId);
    if (producers?.size === 0) partitions?.delete(topic, partition);
    if (partitions?.size === 0) this.producersOf.delete(groupId);
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
