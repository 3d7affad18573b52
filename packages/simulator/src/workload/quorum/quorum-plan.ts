/** What a seed draws for a run of controllers alone: a quorum that changes, on a network that keeps no order. */
import type { Random } from '@hapax/base';
import type { FaultKind } from '@hapax/faults';
import type { Disorder } from '../../disorderly-peers.ts';
import { faultKindsFor } from '../../faults/atlas.ts';
import type { Plan } from '../../swarm.ts';

/** What is done to the quorum, and how often on average. */
export interface QuorumPlan {
  readonly meanOperationIntervalMs: number;
  /** By operation, out of the sum of all. */
  readonly weights: Readonly<Record<QuorumOperation, number>>;
  /** How often, from 0 to 1, something is asked of a leader at the moment when it came to lead. */
  readonly eagerness: number;
  /** Raft promises to work on a network that delivers late, twice and in any order. Null for TCP as it is. */
  readonly disorder: Disorder | null;
}

export type QuorumOperation = 'write' | 'read' | 'read-index' | 'change-members' | 'replace-members' | 'hand-over';

/** Faults that mean something to controllers. Their power may always fail: Raft never acknowledges without a sync. */
const FAULTS: readonly FaultKind[] = [
  'partition', 'one-way-partition', 'isolate', 'bridge', 'swizzle-clog', 'slow-link', 'reset', 'half-open', 'delay',
  'delay-past-event', 'late-delivery', 'reorder', 'drop', 'crash', 'crash-at-event', 'power-loss', 'power-loss-of-set',
  'pause', 'stall', 'crash-loop', 'zombie', 'slow-start', 'controlled-stop', 'slow-disk', 'wall-jump', 'timer-skew',
  'leadership-transfer',
];

/** A plan for controllers alone, out of one for brokers. */
export function drawQuorumPlan(random: Random, common: Plan): Plan {
  const nodes = pick(random, [1, 3, 4, 5, 5, 5]);
  const electionTimeoutMs = pick(random, [150, 300, 600]);
  const plan: Plan = {
    ...common,
    // Which nodes vote at the end is not known before: no part of them can be told to go on alone.
    core: null,
    shape: {
      ...common.shape,
      nodes,
      voters: Math.min(nodes, pick(random, [1, 2, 3, 3, 3, 5])),
      roles: 'controllers',
      flush: 'fsync',
      raft: {
        electionTimeoutMs,
        heartbeatIntervalMs: electionTimeoutMs / pick(random, [3, 6]),
        snapshotEveryEntries: pick(random, [2, 5, 20, 1000]),
        maxAppendBytes: pick(random, [1, 300, 1000, 1 << 20]),
        maxInflightAppends: pick(random, [1, 3, 64]),
      },
    },
    meanSyncMs: pick(random, [0.2, 4, 20, 60]),
    meanFaultIntervalMs: pick(random, [150, 400, 1000]),
    meanFaultDurationMs: pick(random, [100, 500, 2000]),
    quorum: {
      meanOperationIntervalMs: pick(random, [10, 30, 100]),
      weights: {
        write: pick(random, [10, 30]),
        read: pick(random, [0, 5]),
        'read-index': pick(random, [3, 10, 30]),
        'change-members': pick(random, [0, 3, 10]),
        'replace-members': pick(random, [0, 3]),
        'hand-over': pick(random, [0, 1, 4]),
      },
      eagerness: pick(random, [0, 0.3, 1]),
      disorder: random.nextInt(2) === 0 ? null : {
        lateProbability: pick(random, [0.01, 0.05]),
        twiceProbability: pick(random, [0, 0.03, 0.1]),
        meanLateMs: pick(random, [20, 200, 1000]),
      },
    },
  };
  if (random.nextInt(20) === 0) return { ...plan, faults: [] };
  const share = pick(random, [0.1, 0.3, 0.6]);
  const kinds = faultKindsFor(plan).filter((kind) => FAULTS.includes(kind));
  return { ...plan, faults: kinds.filter(() => random.nextFloat() < share) };
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.nextInt(choices.length)] as T;
}
