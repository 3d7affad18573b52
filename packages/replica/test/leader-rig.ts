/** One leader over a log in memory, with a follower that does what a test says: what the tables of rules drive. */
import { assert, ErrorCode, errorName, type NodeId, type Offset } from '@hapax/base';
import {
  type AlterPartition, type AppendOptions, type PartitionState, Replica, type ReplicaOptions,
} from '../src/index.ts';
import { CLIENT, makeBatch } from './batches.ts';
import { MemoryLog, type StoredBatch } from './memory-log.ts';
import { TOPIC_ID } from './mini-controller.ts';

export const LAG_MS = 1_000;
const BROKER_EPOCH = 100;
const LEADER_EPOCH = 5;

/** What a rule may want otherwise. */
export interface RigOptions {
  readonly isr?: readonly NodeId[];
  readonly replicas?: readonly NodeId[];
  readonly minIsr?: number;
  /** Already in the log when this node comes to lead. */
  readonly inherited?: readonly StoredBatch[];
  readonly highWatermark?: Offset;
}

/** Node 1 leads in leader epoch 5. All it appends is durable on it at once. */
export class LeaderRig {
  readonly log = new MemoryLog();
  readonly replica: Replica<string>;
  nowMs = 0;
  minIsr: number;
  /** What the metadata says of the followers. */
  registered = { epoch: BROKER_EPOCH, isEligible: true };
  /** Proposals that were sent, oldest first. */
  readonly proposals: AlterPartition[] = [];
  readonly answers = new Map<string, ErrorCode>();
  private state: PartitionState;
  private attaches = 0;

  constructor(options: RigOptions = {}) {
    const { isr = [1, 2], replicas = [1, 2], minIsr = 1, inherited = [], highWatermark = 0 } = options;
    this.minIsr = minIsr;
    this.log.append(inherited, 0);
    this.replica = new Replica<string>(this.replicaOptions(highWatermark));
    this.state = {
      topicId: TOPIC_ID, partition: 0, replicas, isr, elr: [], leader: 1, leaderEpoch: LEADER_EPOCH, partitionEpoch: 7,
      leaderRecoveryState: 'recovered',
    };
    this.replica.onPartitionState(this.state, this.nowMs);
    this.settle();
  }

  /** The controller changed the partition. */
  become(change: Partial<PartitionState>): void {
    this.state = { ...this.state, partitionEpoch: this.state.partitionEpoch + 1, ...change };
    this.replica.onPartitionState(this.state, this.nowMs);
    this.settle();
  }

  /** Appends, and says `append at <offset>`, `duplicate of <offset>` or the name of the error. */
  append(
    batch: StoredBatch, options: Partial<AppendOptions> & { readonly also?: readonly StoredBatch[] } = {},
  ): string {
    const { also = [], requiredAcks = -1, origin = CLIENT } = options;
    const batches = [batch, ...also];
    const verdict = this.replica.prepareAppend(batches, { requiredAcks, origin }, this.nowMs);
    if (verdict.kind === 'refuse') return errorName(verdict.error);
    if (verdict.kind === 'duplicate') return `duplicate of ${verdict.baseOffset}`;
    let { baseOffset } = verdict;
    const stamped = batches.map((one) => {
      const lastOffset = baseOffset + one.lastOffset - one.baseOffset;
      const placed = { ...one, baseOffset, lastOffset, partitionLeaderEpoch: verdict.leaderEpoch };
      baseOffset = lastOffset + 1;
      return placed;
    });
    this.log.append(stamped, this.nowMs);
    this.replica.onAppended(stamped, this.nowMs, origin.kind === 'marker' ? origin.transactionVersion : 0);
    this.replica.onLocalDurable(this.log.endOffset, this.nowMs);
    this.settle();
    return `append at ${verdict.baseOffset}`;
  }

  /** A record outside of transactions, that no rule is about. */
  appendPlain(): string {
    return this.append(makeBatch({}), { requiredAcks: 1 });
  }

  /** A transactional batch, with the word of its coordinator. */
  appendVerified(batch: StoredBatch, options: { readonly isTransactionV2?: boolean } = {}): string {
    const verification = this.replica.verificationFor(batch, this.nowMs);
    if (verification.kind === 'refuse') return errorName(verification.error);
    const guard = verification.kind === 'needed' ? verification.guard : undefined;
    const { isTransactionV2 = false } = options;
    return this.append(batch, { origin: { kind: 'client', guard, isTransactionV2 } });
  }

  /** A marker, as its coordinator sends it. */
  end(batch: StoredBatch, transactionVersion = 1): string {
    return this.append(batch, { origin: { kind: 'marker', transactionVersion } });
  }

  /** A follower attaches with a log as it says, and is accepted. */
  attach(follower: NodeId, logEndOffset: Offset, brokerEpoch = BROKER_EPOCH): void {
    const lastEpoch = this.log.leaderEpochs.epochAt(logEndOffset - 1);
    const attach = { brokerEpoch, attachId: ++this.attaches, leaderEpoch: LEADER_EPOCH, logEndOffset, lastEpoch };
    this.replica.onAttach(follower, attach, this.nowMs);
    this.settle();
  }

  /** A follower has everything up to an offset, durable. */
  ack(follower: NodeId, durableOffset: Offset): void {
    const progress = this.replica.followers().find((one) => one.nodeId === follower);
    assert(progress !== undefined && progress.isAttached, `node ${follower} is not attached`);
    if (durableOffset > progress.nextOffset) this.replica.onPushed(follower, durableOffset, 1, this.nowMs);
    const { attachId } = progress;
    this.replica.onAck(follower, { attachId, leaderEpoch: LEADER_EPOCH, durableOffset, logStartOffset: 0 }, this.nowMs);
    this.settle();
  }

  /** The controller's answer to the last proposal. */
  answerProposal(error: ErrorCode): void {
    const proposal = this.proposals.at(-1);
    assert(proposal !== undefined, 'nothing was proposed');
    const { leaderEpoch, partitionEpoch } = proposal;
    this.replica.onAlterPartitionAnswer({ leaderEpoch, partitionEpoch, error }, this.nowMs);
    this.settle();
  }

  /** Waits for an offset as a request with acks=-1 does; its answer comes into `answers` under its name. */
  await(name: string, lastOffset: Offset, timeoutMs = 10_000): void {
    this.replica.awaitCommit(name, lastOffset, this.nowMs + timeoutMs);
    this.settle();
  }

  advance(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs = Math.min(endMs, this.nowMs + 50);
      this.replica.tick(this.nowMs);
      this.settle();
    }
  }

  /** The members of the last proposal. */
  get proposed(): readonly NodeId[] | undefined {
    return this.proposals.at(-1)?.isr.map((member) => member.id);
  }

  /** Does what the machine wants done. */
  private settle(): void {
    for (let ready = this.replica.takeReady(); ready !== undefined; ready = this.replica.takeReady()) {
      if (ready.alterPartition !== undefined) this.proposals.push(ready.alterPartition);
      for (const { token, error } of ready.answers) this.answers.set(token, error);
    }
  }

  private replicaOptions(highWatermark: Offset): ReplicaOptions {
    const { log } = this;
    let attachId = 0;
    return {
      nodeId: 1, topicId: TOPIC_ID, partition: 0, logStartOffset: 0, logEndOffset: log.endOffset,
      durableOffset: log.endOffset, highWatermark, leaderEpochs: log.leaderEpochs, producers: log.producers,
      startedClean: false, brokerEpoch: () => BROKER_EPOCH, nextAttachId: () => ++attachId,
      minInsyncReplicas: () => this.minIsr, replicaLagTimeMaxMs: LAG_MS, maxInflightBytesPerFollower: 1_000_000,
      brokers: {
        isEligible: () => this.registered.isEligible,
        epochOf: (id) => (id === 1 ? BROKER_EPOCH : this.registered.epoch),
      },
    };
  }
}
