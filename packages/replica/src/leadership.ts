/** Whether a node may act as the metadata says. */
import type { NodeId } from '@hapax/base';
import type { PartitionState } from './message.ts';
import type { ReplicaOptions } from './replica-options.ts';

/**
 * Whether this life of the broker may begin to lead as the state says. A state from before this life's registration is
 * about a former life. And a log that holds records of this very leader epoch was written by a former life: if a power
 * loss took a part of them, the same offsets would be given out twice in one epoch, which no truncation could tell
 * apart. The controller ends that by a new leader epoch. [KAFKA-18106, bug 86]
 */
export function mayBeginToLead(state: PartitionState, options: ReplicaOptions): boolean {
  const { nodeId, brokers, leaderEpochs, startedClean } = options;
  if (state.leader !== nodeId || brokers.epochOf(nodeId) !== options.brokerEpoch()) return false;
  const { latestEpoch } = leaderEpochs;
  return latestEpoch < state.leaderEpoch || (startedClean && latestEpoch === state.leaderEpoch);
}

/** Whether a node is to follow the leader that the state names. */
export function isToFollow(state: PartitionState, nodeId: NodeId): boolean {
  return state.leader >= 0 && state.leader !== nodeId && state.replicas.includes(nodeId);
}
