/** Whether a cluster is well, as its metadata tells. */
import type { Admin, TopicMetadata } from '@hapax/client';

export interface Health {
  readonly healthy: boolean;
  readonly brokers: number;
  readonly controllerId: number;
  readonly topics: number;
  readonly partitions: number;
  /** Partitions that nobody can read or write. */
  readonly withoutLeader: readonly string[];
  /** Partitions of which a replica is behind or away. */
  readonly underReplicated: readonly string[];
  /** What is wrong, worst first, each a sentence. */
  readonly problems: readonly string[];
}

const NAMED_MAX = 5;

/** Looks at brokers, controller and every partition. */
export async function examineHealth(admin: Admin, brokersExpected: number): Promise<Health> {
  const [cluster, topics] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
  return judgeHealth({ brokers: cluster.brokers.length, controllerId: cluster.controllerId, topics, brokersExpected });
}

/** The verdict on what was found. */
export function judgeHealth(found: {
  readonly brokers: number;
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
  readonly brokersExpected: number;
}): Health {
  const { brokers, controllerId, topics, brokersExpected } = found;
  const all = topics.flatMap(({ topic, partitions }) =>
    partitions.map((one) => ({ ...one, place: `${topic}-${one.partition}` })),
  );
  const withoutLeader = all.filter(({ leaderId }) => leaderId < 0).map(({ place }) => place);
  const underReplicated = all
    .filter((one) => one.inSyncReplicas.length < one.replicas.length)
    .map(({ place }) => place);
  const problems = [
    ...(withoutLeader.length > 0 ? [`${withoutLeader.length} partitions have no leader: ${named(withoutLeader)}`] : []),
    ...(controllerId < 0 ? ['there is no controller: most controller nodes are down or cut off'] : []),
    ...(brokers < brokersExpected ? [`${brokers} brokers are here, ${brokersExpected} should be`] : []),
    ...(underReplicated.length > 0
      ? [`${underReplicated.length} partitions have replicas that are not in sync: ${named(underReplicated)}`]
      : []),
  ];
  return {
    healthy: problems.length === 0,
    brokers,
    controllerId,
    topics: topics.length,
    partitions: all.length,
    withoutLeader,
    underReplicated,
    problems,
  };
}

function named(places: readonly string[]): string {
  const rest = places.length - NAMED_MAX;
  return places.slice(0, NAMED_MAX).join(', ') + (rest > 0 ? `, and ${rest} more` : '');
}
