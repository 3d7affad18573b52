/**
 * What a seed draws: sizes, timings, weather, workload and which kinds of faults there are. Each seed leaves some kinds
 * out, so that what one kind hides another seed shows. [Groce et al., Swarm Testing, ISSTA 2012]
 */
import type { CompressionName, NodeId, Random } from '@hapax/base';
import { SeededRandom } from '@hapax/base';
import type { ClusterShape, RaftShape } from './cluster-options.ts';
import type { FaultKind } from '@hapax/faults';
import { faultKindsFor } from './faults/atlas.ts';
import type { OutOfCore } from './faults/fault-world.ts';
import type { NetworkWeather } from '@hapax/testkit';
import { drawOddPlan, type OddPlan } from './workload/odd/odd-plan.ts';
import { drawQuorumPlan, type QuorumPlan } from './workload/quorum/quorum-plan.ts';
import {
  drawTransactionPlan, drawTransactionTopics, type TransactionPlan,
} from './workload/transactional/transaction-plan.ts';

/**
 * What clients do: plain records and groups, or transactions; or the controllers alone, whose quorum changes; or what
 * clients seldom do, in a calm cluster.
 */
export type WorkloadName = 'records' | 'txn' | 'raft' | 'odd';

/** Every workload. */
export const WORKLOADS: readonly WorkloadName[] = ['records', 'txn', 'raft', 'odd'];

/** Whether a text names a workload. */
export function isWorkloadName(text: string): text is WorkloadName {
  return (WORKLOADS as readonly string[]).includes(text);
}

/** A topic of the workload. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
}

/** What clients do. */
export interface WorkloadPlan {
  readonly topics: readonly TopicPlan[];
  readonly producers: number;
  readonly groups: number;
  readonly consumersPerGroup: number;
  readonly assignor: 'range' | 'roundrobin' | 'cooperative-sticky';
  readonly compression: CompressionName;
  readonly meanSendIntervalMs: number;
  readonly burst: number;
  readonly valueBytes: number;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly deliveryTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly consumerLifeMs: number;
  readonly hasOperations: boolean;
}

/** A majority that must go on while the others are gone. */
export interface CorePlan {
  readonly nodes: readonly NodeId[];
  readonly others: OutOfCore;
}

/** Everything that is drawn from a seed. */
export interface Plan {
  readonly seed: number;
  readonly shape: ClusterShape;
  readonly weather: NetworkWeather;
  readonly meanSyncMs: number;
  readonly workload: WorkloadPlan;
  /** Null for clients without transactions. */
  readonly transactions: TransactionPlan | null;
  /** Null for clusters of brokers. */
  readonly quorum: QuorumPlan | null;
  /** Null for clients that do what clients do. */
  readonly odd: OddPlan | null;
  readonly faults: readonly FaultKind[];
  readonly meanFaultIntervalMs: number;
  readonly meanFaultDurationMs: number;
  /** Who is well again first, alone; null where everybody is at once. */
  readonly core: CorePlan | null;
  /** How long faults come, in virtual time. */
  readonly faultsMs: number;
}

const CALM: NetworkWeather = {
  minDelayMs: 0.05, meanDelayMs: 0.3, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 2000,
};

/** The plan of a seed. `faultsMs` and the workload are given by whoever runs it. */
export function drawPlan(seed: number, faultsMs: number, name: WorkloadName = 'records'): Plan {
  const plan = drawCommonPlan(seed, faultsMs);
  if (name === 'records') return plan;
  if (name === 'odd') return drawOddPlan(new SeededRandom(seed).fork('odd'), plan);
  // Where voters come and go, a majority of the nodes is not always one of them.
  if (name === 'raft') return { ...drawQuorumPlan(new SeededRandom(seed).fork('raft'), plan), core: null };
  const random = new SeededRandom(seed).fork('transactions');
  const { workload, shape } = plan;
  const expiryMs = pick(random, [EXPIRY_MS, EXPIRY_MS, 6000]);
  const transactional: Plan = {
    ...plan,
    shape: { ...shape, transactionalIdExpirationMs: expiryMs },
    workload: {
      ...workload,
      topics: drawTransactionTopics(random, shape.nodes),
      meanSendIntervalMs: pick(random, [40, 120, 300]),
      groups: 0,
    },
    transactions: drawTransactionPlan(random),
  };
  // Other topics, other conditions.
  const mayCome = faultKindsFor(transactional);
  return { ...transactional, faults: plan.faults.filter((kind) => mayCome.includes(kind)) };
}

function drawCommonPlan(seed: number, faultsMs: number): Plan {
  const random = new SeededRandom(seed).fork('plan');
  const nodes = pick(random, [1, 3, 3, 3, 3, 3, 5]);
  const shape: ClusterShape = {
    nodes,
    voters: nodes,
    roles: 'both',
    flush: pick(random, ['fsync', 'fsync', 'fsync', 'os']),
    segmentBytes: pick(random, [4096, 16_384, 65_536, 1 << 20]),
    journalFileBytes: pick(random, [256 << 10, 512 << 10, 1 << 20]),
    journalBypassBytes: pick(random, [300, 2000, 1 << 20]),
    raft: { ...RAFT, snapshotEveryEntries: pick(random, [5, 20, 100, 1000]) },
    lagTimeMaxMs: pick(random, [500, 1000, 3000]),
    sessionTimeoutMs: pick(random, [1500, 3000, 6000]),
    transactionalIdExpirationMs: EXPIRY_MS,
  };
  const weather = pick(random, [0, 1, 2]) === 0 ? CALM : {
    minDelayMs: 0.05,
    meanDelayMs: pick(random, [0.2, 1, 5]),
    hiccupProbability: pick(random, [0, 0.001, 0.01]),
    hiccupMs: pick(random, [20, 100, 400]),
    keepaliveMs: pick(random, [1000, 2000, 5000]),
  };
  const isCalmSeed = random.nextInt(20) === 0;
  const plan: Plan = {
    seed,
    shape,
    weather,
    meanSyncMs: pick(random, [0.2, 1, 4, 15]),
    workload: drawWorkload(random, nodes),
    transactions: null,
    quorum: null,
    odd: null,
    faults: [],
    core: drawCore(new SeededRandom(seed).fork('core'), nodes),
    meanFaultIntervalMs: pick(random, [400, 1000, 2500]),
    meanFaultDurationMs: pick(random, [200, 1000, 3000]),
    faultsMs,
  };
  // Few kinds show what many of them hide, and the other way round.
  const share = pick(random, [0.1, 0.3, 0.6]);
  const kinds = faultKindsFor(plan).filter(() => random.nextFloat() < share);
  return { ...plan, shape: withClosedSegments(shape, kinds), faults: isCalmSeed ? [] : kinds };
}

/** Where closed segments are to be damaged, there must be some. */
function withClosedSegments(shape: ClusterShape, kinds: readonly FaultKind[]): ClusterShape {
  const damages = kinds.some((kind) => kind === 'bit-rot' || kind === 'truncated-file' || kind === 'deleted-file');
  return damages ? { ...shape, segmentBytes: Math.min(shape.segmentBytes, SMALL_SEGMENT_BYTES) } : shape;
}

const SMALL_SEGMENT_BYTES = 4096;

/** Of every cluster of brokers. */
export const RAFT: RaftShape = {
  electionTimeoutMs: 600,
  heartbeatIntervalMs: 100,
  snapshotEveryEntries: 1000,
  maxAppendBytes: 1 << 20,
  maxInflightAppends: 64,
};

/** Every third seed has one. */
function drawCore(random: Random, nodes: number): CorePlan | null {
  if (nodes < 3 || random.nextInt(3) > 0) return null;
  const least = Math.floor(nodes / 2) + 1;
  const ids = Array.from({ length: nodes }, (_, id) => id);
  for (let left = least + random.nextInt(nodes - least); ids.length > left; ) ids.splice(random.nextInt(ids.length), 1);
  return { nodes: ids, others: pick(random, ['crash', 'pause', 'isolate']) };
}

const EXPIRY_MS = 7 * 86_400_000;

function drawWorkload(random: Random, nodes: number): WorkloadPlan {
  const topics: TopicPlan[] = [];
  for (let index = 0; index < 1 + random.nextInt(2); index++) {
    const replicationFactor = Math.min(nodes, pick(random, [1, 2, 3, 3, 3]));
    topics.push({
      name: `topic-${index}`,
      partitions: 1 + random.nextInt(4),
      replicationFactor,
      minInsyncReplicas: 1 + random.nextInt(Math.min(2, replicationFactor)),
    });
  }
  return {
    topics,
    producers: 1 + random.nextInt(3),
    groups: random.nextInt(3),
    consumersPerGroup: 1 + random.nextInt(3),
    assignor: pick(random, ['range', 'roundrobin', 'cooperative-sticky']),
    compression: pick(random, ['none', 'none', 'none', 'gzip']),
    meanSendIntervalMs: pick(random, [15, 40, 120]),
    burst: pick(random, [1, 2, 6]),
    valueBytes: pick(random, [20, 100, 600]),
    lingerMs: pick(random, [0, 0, 5, 50]),
    batchBytes: pick(random, [200, 1000, 16_384]),
    deliveryTimeoutMs: pick(random, [3000, 10_000, 120_000]),
    requestTimeoutMs: pick(random, [1000, 3000]),
    consumerLifeMs: pick(random, [2000, 8000, 1_000_000]),
    hasOperations: random.nextInt(2) === 0,
  };
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.nextInt(choices.length)] as T;
}
