/**
 * I1–I9, I11: what replication promises. The first leader that says that a batch is committed makes it the truth;
 * from then on every electable replica has it, every reader sees it, and nobody sees anything else. [KIP-101, KIP-966]
 */
import type { NodeId, Offset, Uuid } from '@hapax/base';
import type { PartitionImage } from '@hapax/metadata';
import type { ActiveProducer } from '@hapax/replica';
import { readRecords, type BatchView } from '@hapax/wire/records';
import type { Compression } from '@hapax/base';
import {
  batchesOf, CommittedLog, describeBatch, isSameBatch, type CommittedBatch, type ReadableLog,
} from './committed-log.ts';
import { valueText, type ProducerInvariants } from './producers.ts';
import type { TransactionInvariants } from './transactions.ts';
import { demand } from './violation.ts';

/** A log with its durable end. */
export interface WatchedLog extends ReadableLog {
  readonly durableOffset: Offset;
}

/** A follower as its leader sees it. */
export interface WatchedFollower {
  readonly nodeId: NodeId;
  /** Whether commits wait for it. */
  readonly counts: boolean;
}

/** A replica in a process that runs. */
export interface WatchedReplica {
  readonly node: NodeId;
  /** Counts the processes of the node. */
  readonly life: number;
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly isLeader: boolean;
  readonly isUnderMinIsr: boolean;
  readonly leaderEpoch: number;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly minInsyncReplicas: number;
  readonly log: WatchedLog;
  followers(): readonly WatchedFollower[];
  activeProducers(): readonly ActiveProducer[];
}

/** The cluster as these checks need it. */
export interface ReplicaView {
  /** The replica of a partition in the process of a node; undefined where it does not run, or keeps none. */
  replica(node: NodeId, topicId: Uuid, partition: number): WatchedReplica | undefined;
  /** How far a partition is durable on a node, whether it runs or is down. */
  durableEnd(node: NodeId, topicId: Uuid, partition: number): Offset;
  /** Whether a node that runs is registered, in the process that runs now. */
  isRegistered(node: NodeId): boolean;
}

/** What judges batches as they become the truth. */
export interface CommitLedgers {
  readonly producers: ProducerInvariants;
  readonly transactions: Pick<TransactionInvariants, 'checkStable' | 'onCommittedBatch'>;
}

/** What was seen of a replica last. */
interface Mark {
  readonly life: number;
  highWatermark: Offset;
  lastStableOffset: Offset;
  /** Its log was compared with the truth up to here. */
  verified: Offset;
  isLeading: boolean;
}

/** The ghost of all partitions. */
export class InSyncInvariants {
  committedBatches = 0;
  private readonly view: ReplicaView;
  private readonly ledgers: CommitLedgers;
  private readonly compression: Compression;
  private readonly logs = new Map<string, CommittedLog>();
  /** The newest state of each partition that any node has applied. */
  private readonly states = new Map<string, PartitionImage>();
  private readonly marks = new Map<string, Mark>();

  constructor(view: ReplicaView, ledgers: CommitLedgers, compression: Compression) {
    this.view = view;
    this.ledgers = ledgers;
    this.compression = compression;
  }

  /** The truth about a partition, by the id of its topic. */
  committed(topicId: Uuid, partition: number): CommittedLog | undefined {
    return this.logs.get(`${topicId}/${partition}`);
  }

  /** The newest state of every partition that is not deleted. */
  partitions(): readonly PartitionImage[] {
    return [...this.states.values()];
  }

  /** A node has applied a change of a partition. */
  onState(state: PartitionImage): void {
    const key = `${state.topicId}/${state.partition}`;
    const known = this.states.get(key);
    if (known === undefined || known.partitionEpoch < state.partitionEpoch) this.states.set(key, state);
    const log = this.logOf(state.topicId, state.topic, state.partition);
    log.newestEpoch = Math.max(log.newestEpoch, state.leaderEpoch);
    if (known?.partitionEpoch === state.partitionEpoch - 1) this.checkJoined(log, known, state);
  }

  /** A node has learnt that a partition is deleted. */
  onRemoved(topicId: Uuid, partition: number): void {
    this.states.delete(`${topicId}/${partition}`);
  }

  /** A replica was opened: where it knew another high watermark before, it may begin anew. */
  onOpened(replica: WatchedReplica): void {
    this.marks.delete(markKey(replica));
  }

  /** A replica leads, follows, or neither, from now on. */
  onRole(replica: WatchedReplica): void {
    const log = this.logOf(replica.topicId, replica.topic, replica.partition);
    this.maybeCommit(replica, log);
    if (!replica.isLeader) return;
    const other = log.leaders.get(replica.leaderEpoch) ?? replica.node;
    demand(other === replica.node, 'I7', () =>
      `nodes ${other} and ${replica.node} lead ${log.name} in epoch ${replica.leaderEpoch}`);
    log.leaders.set(replica.leaderEpoch, replica.node);
    // One who learns late of an election that is history may lack what was committed since: it commits nothing.
    if (replica.leaderEpoch < log.newestEpoch) return;
    log.newestEpoch = replica.leaderEpoch;
    this.demandAll(replica, log, 'I2', 'the new leader');
  }

  /** A high watermark moved. */
  onHighWatermark(replica: WatchedReplica): void {
    const log = this.logOf(replica.topicId, replica.topic, replica.partition);
    this.checkMark(replica, log);
    this.maybeCommit(replica, log);
    this.checkShown(replica, log);
  }

  /** A node may show what it takes for committed now. */
  onShown(replica: WatchedReplica): void {
    if (!replica.isLeader) return;
    const log = this.logs.get(`${replica.topicId}/${replica.partition}`);
    if (replica.highWatermark > (log?.endOffset ?? 0)) this.onHighWatermark(replica);
  }

  /** What cannot be seen at single events: to be called now and then. */
  checkNow(replicas: Iterable<WatchedReplica>): void {
    for (const replica of replicas) {
      const log = this.logOf(replica.topicId, replica.topic, replica.partition);
      this.checkMark(replica, log);
      if (!replica.isLeader) this.checkShown(replica, log);
      // A leader's mark may have moved without anybody having been told of it yet.
      if (replica.highWatermark > log.endOffset) continue;
      this.ledgers.transactions.checkStable(log.name, replica.node, replica.lastStableOffset);
    }
    this.checkAllElectable();
  }

  /** I4 and I5, for all partitions. */
  checkAllElectable(): void {
    for (const [key, state] of this.states) this.checkElectable(this.logs.get(key) as CommittedLog, state);
  }

  /** A consumer was given a record. */
  onConsumed(topicId: Uuid, name: string, partition: number, offset: Offset, value: string): void {
    const log = this.logOf(topicId, name, partition);
    const batch = log.batches[log.indexOf(offset)];
    demand(batch !== undefined && offset < log.endOffset, 'I9', () =>
      `a consumer got offset ${offset} of ${log.name}, committed is up to ${log.endOffset}`);
    const truth = batch.values.get(offset);
    demand(truth === value, 'I9', () =>
      `a consumer got ${value} at ${offset} of ${log.name}, committed is ${truth ?? 'nothing'}`);
  }

  /** Demands that a replica's log holds everything that is committed, byte for byte. */
  demandAll(replica: WatchedReplica, log: CommittedLog, invariant: 'I2' | 'I3' | 'I5', what: string): void {
    const from = Math.min(this.markOf(replica).verified, log.endOffset);
    this.compare(replica, log, { from, to: log.endOffset, invariant, what });
  }

  /** A leader may have moved its mark just before it ceased to lead, and both is seen at once. */
  private maybeCommit(replica: WatchedReplica, log: CommittedLog): void {
    const mark = this.markOf(replica);
    const mayCommit = replica.isLeader || mark.isLeading;
    mark.isLeading = replica.isLeader;
    if (mayCommit && replica.highWatermark > log.endOffset) this.commit(replica, log);
  }

  private commit(replica: WatchedReplica, log: CommittedLog): void {
    const to = replica.highWatermark;
    const isNew = ({ header }: BatchView): boolean => header.baseOffset >= log.endOffset;
    const batches = batchesOf(replica.log, log.endOffset, to).filter(isNew);
    const end = batches.at(-1)?.header.lastOffset ?? log.endOffset - 1;
    demand(end + 1 === to, 'I3', () =>
      `leader ${replica.node} commits ${log.name} up to ${to}, its log can be read up to ${end + 1}`);
    this.checkCopies(replica, log, to);
    for (const batch of batches) this.take(log, batch);
  }

  /** I11: what is committed is durable on as many nodes as were asked for. */
  private checkCopies(replica: WatchedReplica, log: CommittedLog, to: Offset): void {
    const state = this.states.get(`${replica.topicId}/${replica.partition}`);
    const { topicId, partition } = replica;
    const holders = (state?.replicas ?? []).filter((node) => this.view.durableEnd(node, topicId, partition) >= to);
    demand(state === undefined || holders.length >= replica.minInsyncReplicas, 'I11', () =>
      `${log.name} is committed up to ${to} by node ${replica.node}, but durable only on [${holders.join(', ')}]`);
  }

  private take(log: CommittedLog, { header, bytes }: BatchView): void {
    const values = new Map<Offset, string>();
    if (!header.isControl && !log.name.startsWith('__')) {
      const records = readRecords(bytes, this.compression, MAX_BYTES);
      for (const record of records) values.set(record.offset, valueText(record));
    }
    log.append({ header, bytes: bytes.slice(), values });
    this.committedBatches += 1;
    const { producers, transactions } = this.ledgers;
    producers.onCommittedBatch(log.name, header);
    for (const [offset, value] of values) producers.onCommittedRecord(log.name, offset, value);
    transactions.onCommittedBatch(log.name, header, bytes, values);
  }

  /** I1: in one process the high watermark never falls. */
  private checkMark(replica: WatchedReplica, log: CommittedLog): void {
    const mark = this.markOf(replica);
    demand(replica.highWatermark >= mark.highWatermark, 'I1', () =>
      `the high watermark of ${log.name} on node ${replica.node} falls from ${mark.highWatermark} to ` +
      `${replica.highWatermark}`);
    mark.highWatermark = replica.highWatermark;
    this.checkStable(replica, log, mark);
  }

  /** T4: the last stable offset never falls either, and is never above the high watermark. */
  private checkStable(replica: WatchedReplica, log: CommittedLog, mark: Mark): void {
    const { lastStableOffset, highWatermark } = replica;
    demand(lastStableOffset <= highWatermark, 'T4', () =>
      `node ${replica.node} takes ${log.name} for stable up to ${lastStableOffset}, committed is up to ` +
      `${highWatermark}`);
    demand(lastStableOffset >= mark.lastStableOffset, 'T4', () =>
      `the last stable offset of ${log.name} on node ${replica.node} falls from ${mark.lastStableOffset} to ` +
      `${lastStableOffset}`);
    mark.lastStableOffset = lastStableOffset;
  }

  /** I3, I8, I9: what a node would show to consumers is what is committed. */
  private checkShown(replica: WatchedReplica, log: CommittedLog): void {
    const { highWatermark } = replica;
    demand(highWatermark <= log.endOffset, 'I9', () =>
      `node ${replica.node} shows ${log.name} up to ${highWatermark}, committed is up to ${log.endOffset}`);
    const mark = this.markOf(replica);
    demand(replica.log.endOffset >= Math.min(highWatermark, mark.verified), 'I9', () =>
      `node ${replica.node} cut ${log.name} at ${replica.log.endOffset}, below its high watermark ${highWatermark}`);
    // A follower may be told a high watermark before it has all below it.
    const to = Math.min(highWatermark, replica.log.endOffset);
    if (to <= mark.verified) return;
    this.compare(replica, log, { from: mark.verified, to, invariant: 'I3', what: 'a replica' });
    mark.verified = to;
  }

  private compare(
    replica: WatchedReplica, log: CommittedLog,
    range: {
      readonly from: Offset; readonly to: Offset; readonly invariant: 'I2' | 'I3' | 'I5'; readonly what: string;
    },
  ): void {
    const { invariant, what } = range;
    const from = Math.max(range.from, replica.log.startOffset);
    if (from >= range.to) return;
    const held = batchesOf(replica.log, from, replica.log.endOffset);
    let at = 0;
    for (let index = log.indexOf(from); index < log.batches.length; index++) {
      const truth = log.batches[index] as CommittedBatch;
      if (truth.header.baseOffset >= range.to) return;
      const own = held[at++]?.bytes;
      demand(own !== undefined && isSameBatch(own, truth.bytes), invariant, () =>
        `${what} ${replica.node} of ${log.name} has ${describeBatch(own)} where ${describeBatch(truth.bytes)} is ` +
        `committed`);
    }
  }

  /**
   * I6: who joins the ISR has caught up. The leader waits for it from the proposal on, so that nothing can have been
   * committed without it by the time the change is first seen; whether its process still runs does not matter.
   */
  private checkJoined(log: CommittedLog, before: PartitionImage, state: PartitionImage): void {
    const { topicId, partition } = state;
    for (const node of state.isr) {
      if (before.isr.includes(node)) continue;
      const end = this.view.durableEnd(node, topicId, partition);
      demand(end >= log.endOffset, 'I6', () =>
        `node ${node} joins the ISR [${state.isr.join(', ')}] of ${log.name}, durable up to ${end} of ` +
        `${log.endOffset} committed`);
    }
  }

  /** I4 and I5: whom the controller may elect has everything, and the leader waits for the ISR. */
  private checkElectable(log: CommittedLog, state: PartitionImage): void {
    for (const node of [...state.isr, ...state.elr]) {
      const replica = this.view.replica(node, state.topicId, state.partition);
      if (replica === undefined || !this.view.isRegistered(node)) continue;
      demand(replica.log.durableOffset >= log.endOffset, 'I5', () =>
        `node ${node} may be elected for ${log.name} (ISR [${state.isr.join(', ')}], ELR [${state.elr.join(', ')}]) ` +
        `but is durable up to ${replica.log.durableOffset} of ${log.endOffset} committed`);
      this.demandAll(replica, log, 'I5', 'the electable replica');
    }
    const leader = this.view.replica(state.leader, state.topicId, state.partition);
    if (leader?.isLeader !== true || leader.leaderEpoch !== state.leaderEpoch || leader.isUnderMinIsr) return;
    for (const follower of leader.followers()) {
      demand(follower.counts || !state.isr.includes(follower.nodeId), 'I4', () =>
        `leader ${leader.node} of ${log.name} does not wait for node ${follower.nodeId} of the ISR ` +
        `[${state.isr.join(', ')}]`);
    }
  }

  private markOf(replica: WatchedReplica): Mark {
    const key = markKey(replica);
    const known = this.marks.get(key);
    if (known?.life === replica.life) return known;
    const mark = { life: replica.life, highWatermark: 0, lastStableOffset: 0, verified: 0, isLeading: false };
    this.marks.set(key, mark);
    return mark;
  }

  private logOf(topicId: Uuid, topic: string, partition: number): CommittedLog {
    const key = `${topicId}/${partition}`;
    let log = this.logs.get(key);
    if (log === undefined) this.logs.set(key, (log = new CommittedLog(`${topic}-${partition}`)));
    return log;
  }
}

function markKey(replica: WatchedReplica): string {
  return `${replica.node}/${replica.topicId}/${replica.partition}`;
}

const MAX_BYTES = 16 << 20;
