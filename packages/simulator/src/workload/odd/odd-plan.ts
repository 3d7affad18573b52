/** What a seed draws for clients that do what clients seldom do: a calm cluster, and a story that leads to a corner. */
import type { Random } from '@hapax/base';
import type { NetworkWeather } from '@hapax/testkit';
import type { ClusterShape } from '../../cluster-options.ts';
import type { Plan } from '../../swarm.ts';

/** The stories; the seeds take turns at them, so that a few seeds tell them all. */
const ODD_STORIES = [
  'requests', 'epochs', 'offsets', 'late-messages', 'former-coordinator', 'divergence', 'torn',
] as const;
export type OddStory = (typeof ODD_STORIES)[number];

/** Which story is told. */
export interface OddPlan {
  readonly story: OddStory;
}

/** Where stories write to. */
export const ODD_TOPIC = 'odd';

const CALM: NetworkWeather = {
  minDelayMs: 0.05, meanDelayMs: 0.3, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 2000,
};

const NODES: Readonly<Record<OddStory, number>> = {
  'requests': 3, 'epochs': 1, 'offsets': 3, 'late-messages': 3, 'former-coordinator': 5, 'divergence': 3, 'torn': 1,
};

/** What a story needs of the log, where it needs something. */
const SHAPES: Readonly<Partial<Record<OddStory, Partial<ClusterShape>>>> = {
  'divergence': { journalBypassBytes: 1 << 20 },
  'torn': { journalBypassBytes: 1 << 20 },
};

/** Of a slow disk. */
export const MEAN_SYNC_MS = 15;

const SYNCS_MS: Readonly<Partial<Record<OddStory, number>>> = {
  'epochs': 0.05, 'divergence': 0.2, 'torn': MEAN_SYNC_MS,
};

/** How long it takes until all epochs are used up, with something to spare. */
const EPOCHS_MS = 150_000;

/** A plan for odd clients, out of one for others. The stories bring the faults that they need. */
export function drawOddPlan(random: Random, common: Plan): Plan {
  const story = ODD_STORIES[common.seed % ODD_STORIES.length] ?? 'requests';
  const nodes = NODES[story];
  const isLong = story === 'epochs';
  const { workload, shape } = common;
  return {
    ...common,
    shape: { ...shape, nodes, voters: nodes, flush: 'fsync', sessionTimeoutMs: 1500, ...SHAPES[story] },
    weather: { ...CALM, meanDelayMs: isLong ? 0.05 : CALM.meanDelayMs },
    meanSyncMs: SYNCS_MS[story] ?? [0.2, 1, 4][random.nextInt(3)] ?? 1,
    faultsMs: isLong ? EPOCHS_MS : common.faultsMs,
    faults: [],
    core: null,
    workload: {
      ...workload,
      topics: [{
        name: ODD_TOPIC,
        partitions: 3,
        replicationFactor: Math.min(3, nodes),
        minInsyncReplicas: 1,
      }],
      groups: 0,
      producers: 0,
      hasOperations: false,
    },
    odd: { story },
  };
}
