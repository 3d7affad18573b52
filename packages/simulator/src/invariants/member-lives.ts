/** I6: who joins an ISR is active, and has acked in the life of it that is registered. [KIP-841, KIP-903] */
import type { BrokerEpoch, LeaderEpoch, NodeId, Uuid } from '@hapax/base';
import type { ClusterImage, PartitionImage } from '@hapax/metadata';
import type { Ack, Attach } from '@hapax/replica';
import { demand } from './violation.ts';

/** A partition, by what names it. */
export interface Place {
  readonly topicId: Uuid;
  readonly index: number;
}

/** What is watched of a replica: what followers tell it while it leads. */
export interface HeardReplica {
  onAttach(from: NodeId, attach: Attach, nowMs: number): void;
  onAck(from: NodeId, ack: Ack, nowMs: number): void;
}

/** What a change of the cluster's image says of brokers and partitions. */
export interface LifeChanges {
  readonly partitions: readonly PartitionImage[];
  readonly brokersChanged: readonly NodeId[];
}

/** The ghost of all attachments: it believes what followers have said, not what leaders made of it. */
export class MemberLives {
  /** By partition, leader epoch and follower: the lives that have acked. */
  private readonly acked = new Map<string, Set<BrokerEpoch>>();
  private readonly states = new Map<string, PartitionImage>();

  /** Hears from now on what the followers of a replica tell it. */
  watch({ topicId, index }: Place, replica: HeardReplica): void {
    const lifeOf = new Map<string, BrokerEpoch>();
    const onAttach = replica.onAttach.bind(replica);
    replica.onAttach = (from, attach, nowMs) => {
      const name = `${from}/${attach.attachId}`;
      // Words of a former life may come late, under the same number.
      lifeOf.set(name, Math.max(attach.brokerEpoch, lifeOf.get(name) ?? attach.brokerEpoch));
      onAttach(from, attach, nowMs);
    };
    const onAck = replica.onAck.bind(replica);
    replica.onAck = (from, ack, nowMs) => {
      const life = lifeOf.get(`${from}/${ack.attachId}`);
      if (life !== undefined) {
        const key = ackKey(topicId, index, ack.leaderEpoch, from);
        const lives = this.acked.get(key) ?? new Set();
        this.acked.set(key, lives.add(life));
      }
      onAck(from, ack, nowMs);
    };
  }

  /** A node has applied changes: the first one that does shows how each partition has come to be. */
  onMetadata(image: ClusterImage, { partitions, brokersChanged }: LifeChanges): void {
    for (const state of partitions) {
      const key = `${state.topicId}/${state.partition}`;
      const before = this.states.get(key);
      if (before !== undefined && before.partitionEpoch >= state.partitionEpoch) continue;
      this.states.set(key, state);
      if (before?.partitionEpoch !== state.partitionEpoch - 1) continue;
      for (const node of state.isr) {
        // Elections make leaders members. Of a broker that changed in the same step nobody knows which came first.
        if (before.isr.includes(node) || node === state.leader || brokersChanged.includes(node)) continue;
        this.checkJoined(image, before, state, node);
      }
    }
  }

  private checkJoined(image: ClusterImage, before: PartitionImage, state: PartitionImage, node: NodeId): void {
    const { topicId, partition } = state;
    const what = (): string => `node ${node} joins the ISR [${state.isr.join(', ')}] of ${state.topic}-${partition}`;
    demand(image.isActive(node), 'I6', () => `${what()}, and is fenced or shuts down`);
    const registered = image.broker(node)?.brokerEpoch;
    const lives = [before.leaderEpoch, state.leaderEpoch].flatMap((epoch) =>
      [...this.acked.get(ackKey(topicId, partition, epoch, node)) ?? []]);
    demand(lives.some((life) => life === registered), 'I6', () =>
      `${what()} in its life ${registered}, but has acked only in its lives [${lives.join(', ')}]`);
  }
}

function ackKey(topicId: Uuid, partition: number, leaderEpoch: LeaderEpoch, node: NodeId): string {
  return `${topicId}/${partition}/${leaderEpoch}/${node}`;
}
