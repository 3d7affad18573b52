/**
 * The ISR as a leader sees it: what is committed, what was proposed, and the larger of both. [KIP-497]
 *
 *     idle --propose--> proposed --answer 55, 107--> refused (the committed set stands) --time--> idle
 *                          |  \--other answers--> retry --time--> proposed (the same again)
 *                          |  \--answer 3, 42, 74, 95, 100, 108--> stale
 *                          '--newer state--> idle        stale --newer state--> idle
 */
import { type BrokerEpoch, ErrorCode, type NodeId, NONE, type PartitionEpoch, reachable } from '@hapax/base';
import type { AlterPartition, AlterPartitionAnswer, PartitionState } from './message.ts';

/** How long after an answer that settled nothing the next proposal (the same, or after a refusal another) is sent. */
const RETRY_AFTER_MS = 100;

type Phase = 'idle' | 'proposed' | 'refused' | 'retry' | 'stale';

/** One leader epoch's view of the ISR. One change is under way at most. */
export class InSyncSet {
  private state: PartitionState;
  private phase: Phase = 'idle';
  private proposal: AlterPartition | undefined;
  private retryAtMs = 0;

  constructor(state: PartitionState) {
    this.state = state;
  }

  /** The ISR that the controller committed. */
  get committed(): readonly NodeId[] {
    return this.state.isr;
  }

  get partitionEpoch(): PartitionEpoch {
    return this.state.partitionEpoch;
  }

  get replicas(): readonly NodeId[] {
    return this.state.replicas;
  }

  /** Whether something may be proposed: nothing is under way, and a refusal is some time ago. */
  mayPropose(nowMs: number): boolean {
    return this.phase === 'idle' || (this.phase === 'refused' && nowMs >= this.retryAtMs);
  }

  /** Whether this leader was elected uncleanly and did not say yet that it goes on. */
  get isRecovering(): boolean {
    return this.state.leaderRecoveryState === 'recovering';
  }

  /**
   * Whether a node is in the maximal ISR: one that is to leave still counts until the controller agreed, one that is to
   * join counts at once. Whatever the controller's log says by now, commits waited for all of it. [H9]
   */
  maximalHas(nodeId: NodeId): boolean {
    return this.state.isr.includes(nodeId) || (this.proposal?.isr.some((member) => member.id === nodeId) ?? false);
  }

  /** How many members the maximal ISR has. */
  get maximalSize(): number {
    const joining = this.proposal?.isr.filter((member) => !this.state.isr.includes(member.id)) ?? [];
    return this.state.isr.length + joining.length;
  }

  /** Takes over a state that the controller committed; whatever was proposed is settled by it. */
  commit(state: PartitionState): void {
    this.state = state;
    this.settle();
  }

  /** Begins a change. `epochOf` says which life of each member the leader decided by. [KIP-903, bug 83] */
  propose(isr: readonly NodeId[], epochOf: (nodeId: NodeId) => BrokerEpoch | undefined): AlterPartition {
    this.proposal = {
      leaderEpoch: this.state.leaderEpoch,
      partitionEpoch: this.state.partitionEpoch,
      isr: isr.map((id) => ({ id, epoch: epochOf(id) ?? NONE })),
      leaderRecoveryState: 'recovered',
    };
    this.phase = 'proposed';
    return this.proposal;
  }

  /** The proposal to send again, once its time has come. */
  takeRetry(nowMs: number): AlterPartition | undefined {
    if (this.phase !== 'retry' || nowMs < this.retryAtMs) return undefined;
    this.phase = 'proposed';
    return this.proposal;
  }

  /**
   * Takes the controller's answer. An answer to another proposal, or to one of an earlier leadership, is dropped.
   * [bug 90] Answers the members whose joining was refused for now, which is empty in all other cases.
   */
  onAnswer(answer: AlterPartitionAnswer, nowMs: number): readonly NodeId[] {
    const { proposal } = this;
    if (
      proposal === undefined || this.phase !== 'proposed' ||
      answer.leaderEpoch !== proposal.leaderEpoch || answer.partitionEpoch !== proposal.partitionEpoch
    ) {
      return [];
    }
    switch (answer.error) {
      case ErrorCode.NONE:
        // Committed; what it became is in the answer or comes with the metadata. Or there was nothing to change.
        if (answer.state?.partitionEpoch === this.state.partitionEpoch) this.settle();
        else this.phase = 'stale';
        return [];
      case ErrorCode.OPERATION_NOT_ATTEMPTED:
      case ErrorCode.INELIGIBLE_REPLICA: {
        const refused = proposal.isr.map((member) => member.id).filter((id) => !this.state.isr.includes(id));
        reachable('replica: the controller refuses a member of the ISR');
        this.settle();
        this.phase = 'refused';
        this.retryAtMs = nowMs + RETRY_AFTER_MS;
        return refused;
      }
      case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
      case ErrorCode.UNKNOWN_TOPIC_ID:
      case ErrorCode.FENCED_LEADER_EPOCH:
      case ErrorCode.INVALID_UPDATE_VERSION:
      case ErrorCode.INVALID_REQUEST:
      case ErrorCode.NEW_LEADER_ELECTED:
        reachable('replica: a proposal finds the controller ahead');
        // The controller is ahead, perhaps because an earlier copy of this very proposal was committed: its result is
        // on the way with the metadata, and until it is here both sets count. [H8, bug 88]
        this.phase = 'stale';
        return [];
      default:
        this.phase = 'retry';
        this.retryAtMs = nowMs + RETRY_AFTER_MS;
        return [];
    }
  }

  private settle(): void {
    this.phase = 'idle';
    this.proposal = undefined;
  }
}
