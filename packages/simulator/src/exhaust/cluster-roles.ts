/** Who is what in a cluster, so that a name means the same whichever node has which number. */
import type { NodeId, Uuid } from '@hapax/base';
import type { ClusterWatch } from '../cluster-watch.ts';

/** A partition in words. */
export type PartitionLabel = (topic: string, partition: number) => string;

/** Roles of nodes in partitions, as the metadata says at this moment. */
export class ClusterRoles {
  private readonly watch: ClusterWatch;
  private readonly label: PartitionLabel;

  constructor(watch: ClusterWatch, label: PartitionLabel) {
    this.watch = watch;
    this.label = label;
  }

  /** The partition of an id; undefined where nobody knows it. */
  partition(topicId: Uuid, index: number) {
    return this.watch.inSync.partitions().find((one) => one.topicId === topicId && one.partition === index);
  }

  labelOf(topicId: Uuid, index: number): string {
    return this.label(this.partition(topicId, index)?.topic ?? 'unknown', index);
  }

  labelOfNamed(topic: string, index: number): string {
    return this.label(topic, index);
  }

  /** `leader`, or `follower N`: the followers are counted in the order of the replicas. */
  roleIn(topicId: Uuid, index: number, node: NodeId): string {
    const state = this.partition(topicId, index);
    if (state === undefined || state.leader === node) return 'leader';
    return `follower ${state.replicas.filter((one) => one !== state.leader).indexOf(node) + 1}`;
  }

  /** Of the controllers: `leader`, or `follower N` in the order of their numbers. */
  controllerRole(node: NodeId): string {
    const leader = this.watch.raft.newestLeader;
    if (leader === undefined) return `voter ${node + 1}`;
    if (leader === node) return 'leader';
    return `follower ${this.watch.nodes.filter(({ id }) => id !== leader).findIndex(({ id }) => id === node) + 1}`;
  }
}

/** The number of a host that is called `node-N`; undefined for any other. */
export function nodeOfHost(host: string): NodeId | undefined {
  return host.startsWith('node-') ? Number(host.slice('node-'.length)) : undefined;
}
