/** What must hold at every moment: a ghost remembers what was committed, and looks at all nodes after each event. */
import { assert, ErrorCode, type NodeId, type Offset } from '@hapax/base';
import { ProducerStates, type ReplicaReady } from '../src/index.ts';
import type { Cluster, ClusterNode, Request } from './cluster.ts';
import type { StoredBatch } from './memory-log.ts';
import type { TransactionInvariants } from './transaction-invariants.ts';

/** Names are those of the catalogue of bugs: I1 to I11, P1 to P6. */
export class ClusterInvariants {
  /** By base offset. Once a batch is here, nothing may change it. */
  readonly committed = new Map<Offset, StoredBatch>();
  committedEnd: Offset = 0;
  private readonly minIsr: number;
  private readonly marks = new Map<NodeId, { readonly life: number; readonly highWatermark: Offset }>();
  private readonly lastSequences = new Map<number, number>();

  private readonly transactions: TransactionInvariants;

  constructor(options: { readonly minIsr: number; readonly transactions: TransactionInvariants }) {
    this.minIsr = options.minIsr;
    this.transactions = options.transactions;
  }

  /** Between the moment when a machine wants something and the moment when it is done. */
  onReady(cluster: Cluster, node: ClusterNode, ready: ReplicaReady<Request>): void {
    const { highWatermark } = ready;
    if (highWatermark !== undefined && node.replica?.isLeader === true) this.commit(cluster, node, highWatermark);
    if (ready.roleChanged?.role !== 'leader') return;
    // One who learns late of an election that is history by now may lack what was committed since: it commits nothing.
    if (ready.roleChanged.leaderEpoch < cluster.controller.state.leaderEpoch) return;
    this.checkHolds(node, node.log.batches, node.log.startOffset, 'I2 new leader');
  }

  /** P4: what is acknowledged is committed, where it was said to be. */
  onAnswer(request: Request, error: ErrorCode): void {
    if (error !== ErrorCode.NONE) return;
    const batch = this.committed.get(request.baseOffset);
    assert(batch?.value === request.value, `P4: ${request.value} is acknowledged, committed is ${batch?.value}`);
  }

  /** I7, I9: without an unclean election nobody ever drops what it knew to be committed. */
  onTruncate(node: ClusterNode, offset: Offset): void {
    const { replica } = node;
    assert(
      replica === undefined || offset >= replica.highWatermark,
      () => `I9: node ${node.id} cuts its log at ${offset}, below its high watermark ${replica?.highWatermark}`,
    );
  }

  /** After each event. */
  check(cluster: Cluster): void {
    for (const node of cluster.nodes) {
      if (node.replica === undefined) continue;
      this.checkMarks(node);
      this.checkView(node);
      this.transactions.check(node);
    }
    const { state } = cluster.controller;
    for (const id of [...state.isr, ...state.elr]) {
      const node = cluster.node(id);
      this.checkHolds(node, node.log.durableImage.batches, node.log.durableImage.startOffset, 'I5 electable');
    }
    this.checkMaximalIsr(cluster);
  }

  /** P6: what the log and the replica share is what a replay of the log gives. */
  checkProducers(cluster: Cluster): void {
    for (const node of cluster.nodes) {
      const replayed = new ProducerStates();
      for (const batch of node.log.batches) replayed.update(batch, 0);
      const actual = describeProducers(node.log.producers);
      const expected = describeProducers(replayed);
      // Deleted records leave their producers behind until a restart: then live state is larger than a replay.
      if (node.log.startOffset > 0) continue;
      assert(actual === expected, () => `P6: node ${node.id} has ${actual}, a replay gives ${expected}`);
    }
  }

  /** A leader says that more is committed: it becomes the truth, if it may. */
  private commit(cluster: Cluster, node: ClusterNode, highWatermark: Offset): void {
    for (const batch of node.log.batches) {
      if (batch.lastOffset >= highWatermark || batch.baseOffset < this.committedEnd) continue;
      const holders = cluster.nodes.filter((one) =>
        one.log.durableImage.startOffset > batch.baseOffset ||
        one.log.durableImage.batches.some((held) => isSame(held, batch)));
      assert(
        holders.length >= this.minIsr,
        () => `I11: ${batch.value} at ${batch.baseOffset} is committed, but durable on ${holders.length} nodes only`,
      );
      this.checkSequence(batch);
      this.transactions.commit(batch);
      this.committed.set(batch.baseOffset, batch);
      this.committedEnd = batch.lastOffset + 1;
    }
  }

  /** P1, P2, P3: every producer's batches are committed once, without a gap, in order. */
  private checkSequence(batch: StoredBatch): void {
    // Transactional producers begin anew with every epoch.
    if (batch.producerId < 0 || batch.isTransactional) return;
    const last = this.lastSequences.get(batch.producerId) ?? -1;
    assert(
      batch.baseSequence === last + 1,
      () => `P1-P3: producer ${batch.producerId} commits sequence ${batch.baseSequence} after ${last}`,
    );
    this.lastSequences.set(batch.producerId, batch.lastSequence);
  }

  /** I1: within a life, the high watermark never falls. */
  private checkMarks(node: ClusterNode): void {
    const highWatermark = node.replica?.highWatermark ?? 0;
    const before = this.marks.get(node.id);
    assert(
      before === undefined || before.life !== node.life || before.highWatermark <= highWatermark,
      () => `I1: node ${node.id}'s high watermark falls from ${before?.highWatermark} to ${highWatermark}`,
    );
    this.marks.set(node.id, { life: node.life, highWatermark });
  }

  /** I3, I8, I9: what a node would show to consumers is what was committed. */
  private checkView(node: ClusterNode): void {
    const { replica } = node;
    if (replica === undefined) return;
    assert(
      replica.highWatermark <= this.committedEnd,
      () => `I9: node ${node.id} shows up to ${replica.highWatermark}, committed is up to ${this.committedEnd}`,
    );
    assert(replica.logEndOffset === node.log.endOffset, () => `node ${node.id}: the machine and its log end apart`);
    for (const batch of node.log.batches) {
      if (batch.lastOffset >= replica.highWatermark) break;
      const truth = this.committed.get(batch.baseOffset);
      assert(
        truth?.value === batch.value,
        () => `I3: node ${node.id} has ${batch.value} at ${batch.baseOffset}, committed is ${truth?.value}`,
      );
    }
  }

  /** I2, I5: everything committed is there (or was deleted). */
  private checkHolds(node: ClusterNode, batches: readonly StoredBatch[], startOffset: Offset, what: string): void {
    const held = new Map(batches.map((batch) => [batch.baseOffset, batch.value]));
    for (const [offset, truth] of this.committed) {
      if (offset < startOffset) continue;
      assert(
        held.get(offset) === truth.value,
        () => `${what}: node ${node.id} has ${held.get(offset)} at ${offset}, committed is ${truth.value}`,
      );
    }
  }

  /** I4: a leader waits at least for those whom the controller may elect. */
  private checkMaximalIsr(cluster: Cluster): void {
    const { state } = cluster.controller;
    const leader = cluster.nodes.find((node) => node.id === state.leader)?.replica;
    if (leader?.isLeader !== true || leader.leaderEpoch !== state.leaderEpoch || leader.isUnderMinIsr) return;
    for (const follower of leader.followers()) {
      assert(
        follower.counts || !state.isr.includes(follower.nodeId),
        () => `I4: the leader does not wait for node ${follower.nodeId} of the ISR [${state.isr.join(', ')}]`,
      );
    }
  }
}

function isSame(one: StoredBatch, other: StoredBatch): boolean {
  return one.baseOffset === other.baseOffset && one.value === other.value;
}

function describeProducers(producers: ProducerStates): string {
  return producers
    .activeProducers()
    .map(({ producerId }) => {
      const entry = producers.find(producerId);
      const batches = entry?.batches.map((batch) => `${batch.baseSequence}@${batch.baseOffset}`).join(' ');
      return `${producerId}/${entry?.producerEpoch}: ${batches} open ${entry?.currentTxnFirstOffset} ` +
        `coordinator ${entry?.coordinatorEpoch}`;
    })
    .join('; ');
}
