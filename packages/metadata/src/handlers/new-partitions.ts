/** The partitions of a topic that is created or grows: placed by the controller or by hand, and their first state. */
import { ErrorCode, type NodeId, type Uuid } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { type HandlerContext, refusal } from '../handler-context.ts';
import { placeReplicas } from '../placement.ts';
import type { PartitionRecord } from '../records.ts';
import type { Result } from '../requests.ts';

/** The replicas of each partition, or why there are none. */
export type Placement = { readonly replicas: readonly (readonly NodeId[])[] } | { readonly refused: Result };

/** Places partitions on registered brokers; refused where there are too few. */
export function placeAutomatically(
  context: HandlerContext,
  partitions: number,
  replicationFactor: number,
): Placement {
  const { image, config, random } = context;
  const invalid = (message: string): Placement => ({ refused: refusal(ErrorCode.INVALID_REPLICATION_FACTOR, message) });
  if (replicationFactor < 1) return invalid(`replication factor ${replicationFactor} must be larger than 0`);
  const highest = config.replicationFactorMax;
  if (replicationFactor > highest) {
    return invalid(`replication factor ${replicationFactor} is over the limit of ${highest}`);
  }
  const brokers = image.brokers
    .filter((broker) => !broker.inControlledShutdown)
    .map(({ brokerId, rack, fenced }) => ({ brokerId, rack, fenced }));
  if (replicationFactor > brokers.length) {
    const registered = `only ${brokers.length} broker(s) are registered`;
    return invalid(`the target replication factor of ${replicationFactor} cannot be reached because ${registered}`);
  }
  if (brokers.every((broker) => broker.fenced)) return invalid('all brokers are currently fenced');
  return { replicas: placeReplicas({ partitions, replicationFactor, brokers, random }) };
}

/** Checks replicas that were chosen by hand; all partitions must have as many as the first. */
export function placeByHand(
  context: HandlerContext,
  replicas: readonly (readonly NodeId[])[],
  replicationFactor: number | undefined,
): Placement {
  const expected = replicationFactor ?? replicas[0]?.length ?? 0;
  for (const ids of replicas) {
    const problem = replicasProblem(context, ids) ?? liveProblem(context.image, ids);
    if (problem !== undefined) return { refused: refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem) };
    if (ids.length !== expected) {
      const message = `the assignment [${ids}] has ${ids.length} replicas, other partitions have ${expected}`;
      return { refused: refusal(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message) };
    }
  }
  return { replicas };
}

/** Why a list of replicas may be no partition's, or undefined where it may. */
export function replicasProblem({ image, config }: HandlerContext, ids: readonly NodeId[]): string | undefined {
  if (ids.length === 0) return 'the assignment names no replica';
  const highest = config.replicationFactorMax;
  if (ids.length > highest) return `the assignment names ${ids.length} replicas, at most ${highest} are allowed`;
  if (new Set(ids).size < ids.length) return `the assignment [${ids}] names a broker twice`;
  const unknown = ids.find((id) => image.broker(id) === undefined);
  return unknown === undefined ? undefined : `the assignment [${ids}] names broker ${unknown}, which is not registered`;
}

function liveProblem(image: ClusterImage, ids: readonly NodeId[]): string | undefined {
  if (ids.some((id) => image.isActive(id))) return undefined;
  return `all brokers of the assignment [${ids}] are fenced or stopping`;
}

/** The first state of new partitions: every live replica is in sync, since there is nothing to lack. */
export function partitionRecords(
  image: ClusterImage,
  topicId: Uuid,
  firstPartition: number,
  placed: readonly (readonly NodeId[])[],
): PartitionRecord[] {
  return placed.map((replicas, at) => {
    const isr = replicas.filter((id) => image.isActive(id));
    return {
      type: 'partition',
      topicId,
      partition: firstPartition + at,
      replicas,
      isr,
      elr: [],
      lastKnownElr: [],
      leader: isr[0] ?? -1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      leaderRecoveryState: 'recovered',
      addingReplicas: [],
      removingReplicas: [],
    };
  });
}
