/** A controller of one partition, with no failures of its own: elections, ISR changes, fencing, ELR. [H7, H11, H12] */
import { ErrorCode, type BrokerEpoch, type NodeId } from '@hapax/base';
import type { AlterPartition, AlterPartitionAnswer, PartitionState } from '../src/index.ts';

/** What the metadata says at one moment. */
export interface Metadata {
  readonly state: PartitionState;
  readonly brokers: ReadonlyMap<NodeId, { readonly epoch: BrokerEpoch; readonly isFenced: boolean }>;
}

export const TOPIC_ID = 'hapaxTestTopicIdAAAAAA';

/** Keeps every version of the metadata, so that each node can be as late as the test likes. */
export class MiniController {
  readonly versions: Metadata[];
  private readonly minIsr: number;
  private nextBrokerEpoch = 1;

  constructor(options: { readonly nodes: readonly NodeId[]; readonly minIsr: number }) {
    this.minIsr = options.minIsr;
    const state: PartitionState = {
      topicId: TOPIC_ID, partition: 0, replicas: options.nodes, isr: options.nodes, elr: [], leader: -1,
      leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 'recovered',
    };
    this.versions = [{ state, brokers: new Map() }];
  }

  get now(): Metadata {
    return this.versions.at(-1) as Metadata;
  }

  get state(): PartitionState {
    return this.now.state;
  }

  /** A broker starts: its former life is fenced first, so that whatever that one led gets a new leader epoch. */
  register(node: NodeId): BrokerEpoch {
    this.fence(node);
    const epoch = this.nextBrokerEpoch++;
    this.setBroker(node, { epoch, isFenced: true });
    return epoch;
  }

  fence(node: NodeId): void {
    const broker = this.now.brokers.get(node);
    if (broker !== undefined) this.setBroker(node, { ...broker, isFenced: true });
    const { state } = this;
    if (state.isr.includes(node)) this.change(state.isr.filter((id) => id !== node), state);
    if (this.state.leader === node) this.elect();
  }

  unfence(node: NodeId): void {
    const broker = this.now.brokers.get(node);
    if (broker === undefined || !broker.isFenced) return;
    this.setBroker(node, { ...broker, isFenced: false });
    if (this.state.leader === -1) this.elect();
  }

  /** Moves the leadership to a member of the ISR. */
  move(to: NodeId): void {
    const { state } = this;
    if (state.leader === to || !state.isr.includes(to) || !this.isLive(to)) return;
    this.commit({ ...state, leader: to, leaderEpoch: state.leaderEpoch + 1 });
  }

  /** Elects a leader that may lack committed records: the operator's last resort. */
  electUncleanly(node: NodeId): void {
    const { state } = this;
    this.commit({
      ...state, leader: node, isr: [node], elr: [], leaderEpoch: state.leaderEpoch + 1,
      leaderRecoveryState: 'recovering',
    });
  }

  alterPartition(from: NodeId, request: AlterPartition): AlterPartitionAnswer {
    const { leaderEpoch, partitionEpoch } = request;
    const error = this.check(from, request);
    if (error !== ErrorCode.NONE) return { leaderEpoch, partitionEpoch, error };
    this.change(request.isr.map((member) => member.id), { ...this.state, leaderRecoveryState: 'recovered' });
    return { leaderEpoch, partitionEpoch, error, state: this.state };
  }

  private check(from: NodeId, request: AlterPartition): ErrorCode {
    const { state } = this;
    if (request.leaderEpoch < state.leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
    if (request.leaderEpoch > state.leaderEpoch) return ErrorCode.NOT_CONTROLLER;
    if (request.partitionEpoch !== state.partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;
    const ids = request.isr.map((member) => member.id);
    if (state.leader !== from || !ids.includes(from)) return ErrorCode.INVALID_REQUEST;
    if (state.leaderRecoveryState === 'recovering' && ids.length > 1) return ErrorCode.INVALID_REQUEST;
    for (const { id, epoch } of request.isr) {
      const broker = this.now.brokers.get(id);
      if (!this.isLive(id) || (epoch !== -1 && epoch !== broker?.epoch)) return ErrorCode.INELIGIBLE_REPLICA;
    }
    return ErrorCode.NONE;
  }

  /** Sets the ISR. Members that leave it below min ISR stay electable. */
  private change(isr: readonly NodeId[], state: PartitionState): void {
    const left = state.isr.filter((id) => !isr.includes(id));
    const elr = isr.length >= this.minIsr ? [] : [...state.elr.filter((id) => !isr.includes(id)), ...left];
    this.commit({ ...state, isr, elr });
  }

  private elect(): void {
    const { state } = this;
    const leaderEpoch = state.leaderEpoch + 1;
    const fromIsr = state.replicas.find((id) => state.isr.includes(id) && this.isLive(id));
    const fromElr = state.replicas.find((id) => state.elr.includes(id) && this.isLive(id));
    if (fromIsr !== undefined) this.commit({ ...state, leader: fromIsr, leaderEpoch });
    else if (fromElr !== undefined && state.isr.length === 0) {
      const elr = 1 >= this.minIsr ? [] : state.elr.filter((id) => id !== fromElr);
      this.commit({ ...state, leader: fromElr, leaderEpoch, isr: [fromElr], elr });
    } else if (state.leader !== -1) this.commit({ ...state, leader: -1, leaderEpoch });
  }

  private isLive(node: NodeId): boolean {
    return this.now.brokers.get(node)?.isFenced === false;
  }

  private setBroker(node: NodeId, broker: { readonly epoch: BrokerEpoch; readonly isFenced: boolean }): void {
    this.versions.push({ state: this.state, brokers: new Map(this.now.brokers).set(node, broker) });
  }

  private commit(state: PartitionState): void {
    this.versions.push({ ...this.now, state: { ...state, partitionEpoch: this.state.partitionEpoch + 1 } });
  }
}
