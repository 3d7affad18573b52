/**
 * The hash by which Kafka chooses the partition of an internal topic, and so the coordinator of a group or producer.
 */

/** Java's `String.hashCode`: over UTF-16 code units, in 32-bit arithmetic. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/**
 * `abs(hash) % partitions`, where Kafka's abs of −2³¹ is 0. The partition of `__consumer_offsets` or
 * `__transaction_state`.
 */
export function coordinatorPartition(key: string, partitions: number): number {
  const hash = javaHash(key);
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitions;
}
