/** The names of what can go wrong in a history, and which of them are no fault. [Jepsen, tests/kafka.clj] */
import type { PartitionName, Work } from './operation.ts';

/** What each anomaly means. */
export const ANOMALIES = {
  'inconsistent-offsets': 'two values were seen at one offset',
  'duplicate': 'one value was seen at two offsets',
  'aborted-read': 'G1a: a committed read saw what certainly was not committed',
  'intermediate-read': 'G1b: a read went past all that a transaction wrote to a partition, and saw only some of it',
  'precommitted-read': 'a transaction read at read-committed what it wrote itself',
  'lost-write': 'something later in the partition was read, but this committed value never was',
  'unseen': 'a committed value was not read by anybody, though everything was read at the end',
  'int-poll-skip': 'within one operation, polls left out values that are in the partition',
  'int-nonmonotonic-poll': 'within one operation, polls went back',
  'int-send-skip': 'within one operation, others wrote between two sends',
  'int-nonmonotonic-send': 'within one operation, a later send lies before an earlier one',
  'poll-skip': 'from one operation to the next, a reader left out values',
  'nonmonotonic-poll': 'from one operation to the next, a reader went back',
  'nonmonotonic-send': 'what a client sent later lies before what it sent earlier',
  'G0': 'a cycle of writes: transactions overtook one another in different partitions',
  'G1c': 'a cycle of reads: transactions saw one another',
  'G1c-ww': 'a cycle of reads and writes',
} as const;

export type AnomalyName = keyof typeof ANOMALIES;

/** One case. */
export interface Finding {
  readonly anomaly: AnomalyName;
  /** What was found, with partition, offsets and values. */
  readonly message: string;
  readonly partition: PartitionName | undefined;
  readonly values: readonly string[];
  /** The operations that show it. */
  readonly operations: readonly Work[];
}

/** How the clients of a history worked. */
export interface Circumstances {
  /** Whether partitions were given to readers by groups, rather than chosen by themselves. */
  readonly usesSubscribe: boolean;
  /** Whether everything was read once more at the end: then nothing may be unseen. */
  readonly hasFinalReads: boolean;
}

/**
 * What is no fault. Writes of transactions interleave in Kafka, so writes alone may form cycles, and sends have gaps; a
 * cycle that needs a write edge then says nothing either. Members of a group may skip and go back between polls, since
 * partitions come and go. [Jepsen, allowed-error-types]
 */
export function allowedAnomalies(circumstances: Circumstances): ReadonlySet<AnomalyName> {
  const allowed = new Set<AnomalyName>(['int-send-skip', 'G0', 'G1c-ww']);
  if (circumstances.usesSubscribe) {
    allowed.add('poll-skip');
    allowed.add('nonmonotonic-poll');
  }
  if (!circumstances.hasFinalReads) allowed.add('unseen');
  return allowed;
}
