/** Which partition a record goes to: the same as with Kafka's own producer. */
import murmurhash from 'murmurhash';
import { assert, type Random } from '@hapax/base';

/** The seed of Kafka's murmur2. */
const SEED = 0x9747b28c;

/** Kafka's hash of a key, as a signed 32-bit number. */
export function keyHash(key: Uint8Array): number {
  return murmurhash.v2(key, SEED) | 0;
}

/** The partition of a key: equal keys share one for as long as their number stays. */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  assert(partitions >= 1, `${partitions} partitions hold no record`);
  return (keyHash(key) & 0x7fffffff) % partitions;
}

/** Chooses partitions for records without keys: one for about a batch of bytes, then another at random. [KIP-794] */
export class StickyPartitioner {
  readonly #random: Random;
  readonly #switchBytes: number;
  readonly #current = new Map<string, { partition: number; bytes: number }>();

  constructor(random: Random, switchBytes: number) {
    this.#random = random;
    this.#switchBytes = switchBytes;
  }

  /** The partition of the next record. `available` are those with a leader, at least one. */
  choose(topic: string, available: readonly number[], sizeBytes: number): number {
    const current = this.#current.get(topic);
    if (current !== undefined && current.bytes < this.#switchBytes && available.includes(current.partition)) {
      current.bytes += sizeBytes;
      return current.partition;
    }
    const others = available.length > 1 ? available.filter((partition) => partition !== current?.partition) : available;
    const partition = others[this.#random.nextInt(others.length)];
    assert(partition !== undefined, 'a topic without partitions was given');
    this.#current.set(topic, { partition, bytes: sizeBytes });
    return partition;
  }
}
