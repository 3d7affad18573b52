/** What a seed draws for transactional clients. */
import type { Random } from '@hapax/base';
import type { TopicPlan } from '../../swarm.ts';

/** What transactional clients do. */
export interface TransactionPlan {
  /** The cluster's finalized `transaction.version`. */
  readonly version: 1 | 2;
  /** Whether a cluster of version 1 is upgraded while clients work. */
  readonly isUpgraded: boolean;
  /** Of ten clients, how many know nothing of version 2. */
  readonly cappedOfTen: number;
  /** Transactional ids that write into several partitions. */
  readonly writers: number;
  /** Members that consume, transform and produce. */
  readonly processors: number;
  readonly transactionTimeoutMs: number;
  readonly operationTimeoutMs: number;
  /** At most so many records a transaction. */
  readonly recordsMax: number;
  readonly meanGapMs: number;
  /** Of ten transactions, how many are aborted of their own accord. */
  readonly abortsOfTen: number;
  readonly writerLifeMs: number;
  readonly processorLifeMs: number;
  /** How long those sleep whose place is taken meanwhile. */
  readonly meanZombieMs: number;
  /** Whether members let go of partitions before their transaction has ended: fencing must do. [KIP-447] */
  readonly isHasty: boolean;
}

export const INPUT_TOPIC = 'input';
export const OUTPUT_TOPICS: readonly string[] = ['output-a', 'output-b'];
export const WRITTEN_TOPIC = 'written';

/** The plan for transactional clients. */
export function drawTransactionPlan(random: Random): TransactionPlan {
  const version = pick(random, [1, 2, 2] as const);
  return {
    version,
    isUpgraded: version === 1 && random.nextInt(4) === 0,
    cappedOfTen: version === 2 ? pick(random, [0, 0, 3]) : 0,
    writers: 1 + random.nextInt(3),
    processors: 1 + random.nextInt(3),
    transactionTimeoutMs: pick(random, [1500, 4000, 20_000]),
    operationTimeoutMs: pick(random, [2000, 10_000]),
    recordsMax: pick(random, [1, 5, 20]),
    meanGapMs: pick(random, [1, 10, 100]),
    abortsOfTen: pick(random, [0, 2, 5]),
    writerLifeMs: pick(random, [2000, 6000, 1_000_000]),
    processorLifeMs: pick(random, [3000, 8000, 1_000_000]),
    meanZombieMs: pick(random, [500, 3000]),
    isHasty: random.nextInt(2) === 0,
  };
}

/** The topics of transactional clients. */
export function drawTransactionTopics(random: Random, nodes: number): TopicPlan[] {
  const replicationFactor = Math.min(nodes, pick(random, [2, 3, 3]));
  const minInsyncReplicas = 1 + random.nextInt(Math.min(2, replicationFactor));
  return [INPUT_TOPIC, ...OUTPUT_TOPICS, WRITTEN_TOPIC].map((name) => ({
    name, partitions: 1 + random.nextInt(3), replicationFactor, minInsyncReplicas,
  }));
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.nextInt(choices.length)] as T;
}
