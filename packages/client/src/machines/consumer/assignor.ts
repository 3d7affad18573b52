/** Assignors decide, at the leader of a group, who reads what; and how members and leader write to each other. */
import { consumerProtocolAssignment, consumerProtocolSubscription } from '@hapax/wire';
import { byTopic, type TopicPartition } from '../leader-fan-out.ts';

/** A member as its leader sees it. */
export interface Subscriber {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly string[];
  readonly owned: readonly TopicPartition[];
  /** The generation in which it owned them; −1 where it does not say. */
  readonly generation: number;
}

/** A way to divide partitions among members. The same input must give the same output on every member. */
export interface Assignor {
  /** Kafka's name, by which members of different clients agree. */
  readonly name: string;
  /** Whether members keep what they have while the rest moves. */
  readonly cooperative: boolean;
  /** Divides the partitions of topics (their numbers given) among those who want them. */
  assign(subscribers: readonly Subscriber[], partitions: ReadonlyMap<string, number>): Map<string, TopicPartition[]>;
}

/** What a member tells the leader. Read by Kafka's own assignors too. */
export function encodeSubscription(
  assignor: Assignor,
  topics: readonly string[],
  owned: readonly TopicPartition[],
  generation: number,
): Uint8Array {
  const ownedPartitions = byTopic(owned).map(({ topic, items }) => ({
    topic,
    partitions: items.map((item) => item.partition),
  }));
  return consumerProtocolSubscription.encode(3, {
    topics: [...topics].sort(),
    // Members before version 2 of this message tell the generation here.
    userData: assignor.cooperative ? int32Bytes(generation) : null,
    ownedPartitions,
    generationId: generation,
  });
}

/** Reads what a member told. Throws `frame-malformed`. */
export function decodeSubscription(memberId: string, groupInstanceId: string | null, metadata: Uint8Array): Subscriber {
  const { value } = consumerProtocolSubscription.decode(metadata);
  const owned = value.ownedPartitions.flatMap(({ topic, partitions }) =>
    partitions.map((partition) => ({ topic, partition })),
  );
  const told = value.generationId >= 0 ? value.generationId : int32Of(value.userData);
  return { memberId, groupInstanceId, topics: value.topics, owned, generation: told };
}

/** What the leader gives to a member. */
export function encodeAssignment(partitions: readonly TopicPartition[]): Uint8Array {
  const assignedPartitions = byTopic(partitions).map(({ topic, items }) => ({
    topic,
    partitions: items.map((item) => item.partition),
  }));
  return consumerProtocolAssignment.encode(0, { assignedPartitions, userData: null });
}

/** Reads what the leader gave; nothing at all means no partitions. Throws `frame-malformed`. */
export function decodeAssignment(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  const { assignedPartitions } = consumerProtocolAssignment.decode(bytes).value;
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

/** The name of a partition in maps and messages. */
export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** Members in an order that all of them agree on: static ones by instance id first. */
export function inOrder(subscribers: readonly Subscriber[]): Subscriber[] {
  return [...subscribers].sort((a, b) => {
    if (a.groupInstanceId !== null && b.groupInstanceId !== null) return compare(a.groupInstanceId, b.groupInstanceId);
    if (a.groupInstanceId !== null) return -1;
    if (b.groupInstanceId !== null) return 1;
    return compare(a.memberId, b.memberId);
  });
}

/** Order by UTF-16 code units, as Java's. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function int32Bytes(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function int32Of(bytes: Uint8Array | null): number {
  if (bytes === null || bytes.length < 4) return -1;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(0);
}
