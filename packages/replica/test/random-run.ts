/** One seeded run of three replicas: faults and clients for a while, then everything heals and must come together. */
import { assert, ErrorCode, SeededRandom, type NodeId } from '@hapax/base';
import { makeBatch } from './batches.ts';
import { ClusterInvariants } from './cluster-invariants.ts';
import { Cluster } from './cluster.ts';
import type { StoredBatch } from './memory-log.ts';
import { TransactionInvariants } from './transaction-invariants.ts';
import { TransactionalClient } from './transactional-client.ts';

const NODES: readonly NodeId[] = [1, 2, 3];
const LINKS = NODES.flatMap((from) => NODES.filter((to) => to !== from).map((to) => [from, to] as const));
const MIN_ISR = 2;
/** Producers, and by which protocol they make transactions. */
const TRANSACTIONAL = [[10, 2], [11, 2], [12, 0]] as const;
const PRODUCERS = 2;
/** As many as an idempotent producer may have in flight. */
const OUTSTANDING_MAX = 5;

/** What a run met: a run in which nothing happens tests nothing. */
export interface RunReport {
  committed: number;
  acknowledged: number;
  duplicates: number;
  truncations: number;
  restarts: number;
  leaderEpochs: number;
  shrinks: number;
  committedTransactions: number;
  abortedTransactions: number;
  unverified: number;
  fencedMarkers: number;
}

interface Producer {
  readonly producerId: number;
  nextSequence: number;
  readonly outstanding: Map<string, StoredBatch>;
  /** The values of all batches ever sent, in order. */
  readonly sent: string[];
}

/** Throws where an invariant breaks; the message names the seed. */
export function runSeed(seed: number, steps: number): RunReport {
  const run = new RandomRun(seed);
  try {
    for (let step = 0; step < steps; step++) run.step();
    run.heal();
  } catch (error) {
    throw new Error(`seed ${seed}, event ${run.events}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return run.report;
}

class RandomRun {
  events = 0;
  readonly report: RunReport = {
    committed: 0, acknowledged: 0, duplicates: 0, truncations: 0, restarts: 0, leaderEpochs: 0, shrinks: 0,
    committedTransactions: 0, abortedTransactions: 0, unverified: 0, fencedMarkers: 0,
  };
  private readonly random: SeededRandom;
  private readonly cluster: Cluster;
  private readonly invariants = new ClusterInvariants({
    minIsr: MIN_ISR, transactions: new TransactionInvariants({ isAnomalous: (id) => this.versionOf(id) < 2 }),
  });
  private readonly transactional: readonly TransactionalClient[];
  private readonly producers: Producer[] = [];
  /** A node that no message reaches or leaves, though clients still do. */
  private cutOff: NodeId | undefined;
  /** Each with its weight: how often it is drawn. */
  private readonly actions: readonly (readonly [number, () => void])[];

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.cluster = new Cluster({
      nodes: NODES, minIsr: MIN_ISR, lagTimeMaxMs: 300,
      watcher: {
        onReady: (node, ready) => this.invariants.onReady(this.cluster, node, ready),
        onTruncate: (node, offset) => {
          this.report.truncations += 1;
          this.invariants.onTruncate(node, offset);
        },
        onAnswer: (request, error) => {
          this.invariants.onAnswer(request, error);
          if (error !== ErrorCode.NONE) return;
          this.report.acknowledged += 1;
          for (const producer of this.producers) producer.outstanding.delete(request.value);
          for (const client of this.transactional) client.onAcknowledged(request.value);
        },
      },
    });
    for (let producerId = 0; producerId < PRODUCERS; producerId++) {
      this.producers.push({ producerId, nextSequence: 0, outstanding: new Map(), sent: [] });
    }
    const { random, cluster } = this;
    const world = { random: random.fork('transactions'), cluster };
    this.transactional = TRANSACTIONAL.map(([id, version]) => new TransactionalClient(id, version, world));
    for (const id of NODES) {
      this.cluster.start(id, { clean: true });
      this.cluster.controller.unfence(id);
    }
    // Fault rates differ from seed to seed: quiet runs get far, wild ones get strange.
    const wild = this.random.nextInt(4);
    this.actions = [
      [200, () => this.produce()],
      [200, () => this.anyTransactional().act(this.anyTarget())],
      [80, () => this.anyTransactional().arrive()],
      [10, () => this.anyTransactional().haunt(this.anyTarget())],
      [500, () => this.deliver()],
      [200, () => this.sync()],
      [100, () => this.tick()],
      [120, () => this.metadata()],
      [4 * wild, () => this.cutOneOff()],
      [6 * wild, () => { this.cutOff = undefined; }],
      [6 * wild, () => this.fenceCutOff()],
      [100, () => this.decide()],
      [3 * wild, () => this.crash()],
      [12 * wild, () => this.restart()],
      [2 * wild, () => this.cluster.controller.fence(this.anyNode())],
      [20 * wild, () => this.unfence()],
      [4 * wild, () => this.cluster.controller.move(this.anyNode())],
      [8 * wild, () => this.reset()],
      [10 * wild, () => this.redeliver()],
      [3, () => this.deleteRecords()],
      [20, () => this.checkpoint()],
    ];
  }

  step(): void {
    this.events += 1;
    this.cluster.nowMs += this.random.nextInt(4);
    const total = this.actions.reduce((sum, [weight]) => sum + weight, 0);
    let draw = this.random.nextInt(total);
    for (const [weight, action] of this.actions) {
      if (draw < weight) {
        action();
        break;
      }
      draw -= weight;
    }
    this.invariants.check(this.cluster);
    if (this.events % 50 === 0) this.invariants.checkProducers(this.cluster);
  }

  /** I12, I13: without faults, all replicas agree, the ISR is full, and every request is answered. */
  heal(): void {
    const { cluster } = this;
    for (const node of cluster.nodes) if (node.replica === undefined) cluster.start(node.id, { clean: false });
    for (const [a, b] of [[1, 2], [1, 3], [2, 3]] as const) cluster.reset(a, b, { byFollower: true, byLeader: true });
    for (let round = 0; round < 400; round++) {
      cluster.nowMs += 20;
      for (const { id } of cluster.nodes) {
        cluster.controller.unfence(id);
        while (cluster.deliverMetadata(id));
        cluster.tick(id);
        for (const to of NODES) while (to !== id && cluster.deliver(id, to) !== undefined);
        while (cluster.decide({ answer: 'arrives' }) !== undefined);
        if (!cluster.node(id).log.isSyncing) cluster.startSync(id);
        cluster.completeSync(id);
        this.invariants.check(cluster);
      }
      if (round % 5 > 0) continue;
      for (const producer of this.producers) this.retryAll(producer, cluster.controller.state.leader);
      for (const client of this.transactional) {
        if (client.phase === 'ongoing') client.end();
        if (client.phase === 'ending') client.act(cluster.controller.state.leader);
        client.arrive();
      }
    }
    this.checkHealed();
  }

  private checkHealed(): void {
    const { state } = this.cluster.controller;
    const leader = this.cluster.nodes.find((node) => node.id === state.leader);
    assert(leader?.replica?.isLeader === true, () => `I12: nobody leads after healing: ${JSON.stringify(state)}`);
    assert(state.isr.length === NODES.length, () => `I12: the ISR is [${state.isr.join(', ')}] after healing`);
    for (const node of this.cluster.nodes) {
      const { logEndOffset, highWatermark } = node.replica ?? { logEndOffset: -1, highWatermark: -2 };
      assert(
        logEndOffset === leader.log.endOffset && highWatermark === logEndOffset,
        () => `I12: node ${node.id} is at ${highWatermark} of ${logEndOffset}, the leader at ${leader.log.endOffset}`,
      );
    }
    for (const client of this.transactional) {
      assert(client.phase === 'idle', () => `T4: the transaction of ${client.producerId} is not over after healing`);
      this.report.committedTransactions += client.counts.committed;
      this.report.abortedTransactions += client.counts.aborted;
      this.report.unverified += client.counts.unverified;
      this.report.fencedMarkers += client.counts.fencedMarkers;
    }
    const { lastStableOffset } = leader.replica;
    assert(lastStableOffset === leader.log.endOffset, () => `T4: stable up to ${lastStableOffset} after healing`);
    for (const producer of this.producers) {
      const left = [...producer.outstanding.keys()];
      assert(left.length === 0, () => `I12: requests without an answer after healing: ${left.join(', ')}`);
    }
    this.invariants.checkProducers(this.cluster);
    this.report.committed = this.invariants.committedEnd;
    this.report.leaderEpochs = state.leaderEpoch;
  }

  private produce(): void {
    const producer = this.producers[this.random.nextInt(PRODUCERS)] as Producer;
    // Clients learn of a new leader late, and ask the one that is cut off in particular.
    const strays = this.random.nextInt(this.cutOff === undefined ? 4 : 2) === 0;
    const to = strays ? (this.cutOff ?? this.anyNode()) : this.cluster.controller.state.leader;
    // Before the first batch is acknowledged nobody knows this producer, and any sequence would be taken for its first.
    const isFirst = producer.nextSequence === 0 || producer.outstanding.has(valueOf(producer, 0));
    // Nothing goes out while something is unanswered that the broker may not remember any more.
    const oldest = producer.sent.findIndex((value) => producer.outstanding.has(value));
    const window = oldest < 0 ? 0 : producer.sent.length - oldest;
    const canSendNew = window < (isFirst ? 1 : OUTSTANDING_MAX);
    if (canSendNew && this.random.nextInt(3) > 0) {
      const baseSequence = producer.nextSequence;
      const records = 1 + this.random.nextInt(3);
      const value = valueOf(producer, baseSequence);
      const batch = makeBatch({ value, records, producerId: producer.producerId, baseSequence });
      producer.outstanding.set(value, batch);
      producer.sent.push(value);
      producer.nextSequence += records;
      this.send(to, batch);
    } else {
      const all = [...producer.outstanding.values()];
      const batch = all[this.random.nextInt(Math.max(1, all.length))];
      if (batch !== undefined) this.send(to, batch);
    }
  }

  private anyTransactional(): TransactionalClient {
    return this.transactional[this.random.nextInt(TRANSACTIONAL.length)] as TransactionalClient;
  }

  /** Mostly the leader, sometimes one that is it no more. */
  private anyTarget(): NodeId {
    const { leader } = this.cluster.controller.state;
    return leader < 0 || this.random.nextInt(4) === 0 ? (this.cutOff ?? this.anyNode()) : leader;
  }

  private versionOf(producerId: number): number {
    return TRANSACTIONAL.find(([id]) => id === producerId)?.[1] ?? 0;
  }

  private retryAll(producer: Producer, to: NodeId): void {
    const all = [...producer.outstanding.values()].sort((a, b) => a.baseSequence - b.baseSequence);
    for (const batch of all) this.send(to, batch);
  }

  private send(to: NodeId, batch: StoredBatch): void {
    if (!NODES.includes(to)) return;
    if (this.cluster.produce(to, batch, 200) === 'duplicate') this.report.duplicates += 1;
  }

  private deliver(): void {
    const busy = LINKS.filter(([from, to]) => this.cluster.queue(from, to).length > 0);
    const link = busy[this.random.nextInt(Math.max(1, busy.length))];
    if (link === undefined) return;
    // What goes to or from the node that is cut off is lost, and nobody is told.
    if (link.some((id) => id === this.cutOff)) this.cluster.queue(link[0], link[1]).length = 0;
    else this.cluster.deliver(link[0], link[1]);
  }

  private redeliver(): void {
    const from = this.anyNode();
    const to = this.anyNode();
    if (from !== to) this.cluster.redeliver(from, to, this.random.nextInt(20));
  }

  private sync(): void {
    const { id, log, replica } = this.cluster.node(this.anyNode());
    if (replica === undefined) return;
    if (log.isSyncing) this.cluster.completeSync(id);
    else this.cluster.startSync(id);
  }

  private tick(): void {
    this.cluster.nowMs += this.random.nextInt(20);
    this.cluster.tick(this.anyNode());
  }

  private decide(): void {
    const before = this.cluster.controller.state.isr.length;
    this.cluster.decide({ answer: this.random.nextInt(4) === 0 ? 'is lost' : 'arrives' });
    if (this.cluster.controller.state.isr.length < before) this.report.shrinks += 1;
  }

  private crash(): void {
    const id = this.anyNode();
    if (this.cluster.node(id).replica === undefined) return;
    this.cluster.crash(id, { powerLoss: this.random.nextInt(3) > 0 });
    // What it sent may be lost with it, or arrive long after.
    for (const to of NODES) if (to !== id && this.random.nextInt(2) === 0) this.cluster.queue(id, to).length = 0;
  }

  private restart(): void {
    const down = this.cluster.nodes.find((node) => node.replica === undefined);
    if (down === undefined) return;
    this.report.restarts += 1;
    this.cluster.start(down.id, { clean: false, back: this.random.nextInt(6) });
  }

  /** Mostly the leader: its records go nowhere, while a successor writes others in their place. */
  private cutOneOff(): void {
    const { leader } = this.cluster.controller.state;
    this.cutOff = leader >= 0 && this.random.nextInt(3) > 0 ? leader : this.anyNode();
  }

  private metadata(): void {
    const id = this.anyNode();
    if (id !== this.cutOff) this.cluster.deliverMetadata(id);
  }

  private fenceCutOff(): void {
    if (this.cutOff !== undefined) this.cluster.controller.fence(this.cutOff);
  }

  private unfence(): void {
    const id = this.anyNode();
    if (id !== this.cutOff && this.cluster.node(id).replica !== undefined) this.cluster.controller.unfence(id);
  }

  private reset(): void {
    const a = this.anyNode();
    const b = this.anyNode();
    const heard = { byFollower: this.random.nextInt(2) === 0, byLeader: this.random.nextInt(2) === 0 };
    if (a !== b) this.cluster.reset(a, b, heard);
  }

  private deleteRecords(): void {
    const node = this.cluster.nodes.find((one) => one.replica?.isLeader === true);
    const boundary = node?.log.batches.find((batch) => batch.baseOffset > (node.log.startOffset + 2));
    if (node?.replica === undefined || boundary === undefined) return;
    // Whose records are all deleted is a stranger afterwards, and a retry of a stranger is taken for new. [I7, KIP-360]
    const isAwaited = node.log.batches.some((batch) =>
      batch.baseOffset < boundary.baseOffset && this.producers.some(({ outstanding }) => outstanding.has(batch.value)));
    if (isAwaited || boundary.baseOffset > node.replica.highWatermark) return;
    this.cluster.deleteRecords(node.id, boundary.baseOffset);
  }

  private checkpoint(): void {
    const node = this.cluster.node(this.anyNode());
    if (node.replica !== undefined) node.checkpointedHighWatermark = node.replica.highWatermark;
  }

  private anyNode(): NodeId {
    return NODES[this.random.nextInt(NODES.length)] as NodeId;
  }
}

function valueOf(producer: Producer, sequence: number): string {
  return `p${producer.producerId}-${sequence}`;
}
