/** Golden traces: commands that move a cluster, and what its machines did, in words. */
import { errorName, type NodeId } from '@hapax/base';
import { findArg, type DatadrivenCase } from '@hapax/testkit';
import type { AppendedBatch, ReplicaReady, VerificationGuard } from '../src/index.ts';
import { makeBatch } from './batches.ts';
import { Cluster, type ClusterNode, type Envelope, type Request } from './cluster.ts';

const NODES: readonly NodeId[] = [1, 2, 3];

/** Runs the commands of one file. */
export class TraceRun {
  private cluster = this.makeCluster(2);
  private lines: string[] = [];
  private readonly guards = new Map<string, VerificationGuard>();
  private readonly commands: Readonly<Record<string, (test: DatadrivenCase) => void>> = {
    cluster: (test) => this.begin(test),
    produce: (test) => this.produce(test),
    verify: (test) => this.verify(test),
    marker: (test) => this.marker(test),
    stable: () => this.describeStable(),
    metadata: (test) => this.nodesOf(test).forEach((id) => { while (this.cluster.deliverMetadata(id)); }),
    deliver: (test) => this.deliver(test),
    redeliver: (test) => this.cluster.redeliver(numberOf(test, 'from'), numberOf(test, 'to'), numberOf(test, 'ago', 0)),
    drop: (test) => { this.cluster.queue(numberOf(test, 'from'), numberOf(test, 'to')).length = 0; },
    sync: (test) => this.nodesOf(test).forEach((id) => { this.cluster.startSync(id); this.cluster.completeSync(id); }),
    tick: (test) => {
      this.cluster.nowMs += numberOf(test, 'ms', 0);
      this.nodesOf(test).forEach((id) => this.cluster.tick(id));
    },
    settle: () => this.settle(),
    decide: (test) => this.decide(test),
    crash: (test) =>
      this.cluster.crash(numberOf(test, 'node'), { powerLoss: findArg(test, 'power-loss') !== undefined }),
    start: (test) => this.cluster.start(numberOf(test, 'node'), {
      clean: findArg(test, 'clean') !== undefined, back: numberOf(test, 'back', 0),
    }),
    'metadata-step': (test) => { this.cluster.deliverMetadata(numberOf(test, 'node')); },
    fence: (test) => this.cluster.controller.fence(numberOf(test, 'node')),
    unfence: (test) => this.cluster.controller.unfence(numberOf(test, 'node')),
    move: (test) => this.cluster.controller.move(numberOf(test, 'node')),
    unclean: (test) => this.cluster.controller.electUncleanly(numberOf(test, 'node')),
    reset: (test) => this.cluster.reset(numberOf(test, 'a'), numberOf(test, 'b'), { byFollower: true, byLeader: true }),
    delete: (test) => this.cluster.deleteRecords(numberOf(test, 'node'), numberOf(test, 'before')),
    state: () => this.describeState(),
  };

  run(test: DatadrivenCase): string {
    this.lines = [];
    const command = this.commands[test.command];
    if (command === undefined) throw new Error(`${test.position}: there is no command ${test.command}`);
    command(test);
    return this.lines.length === 0 ? 'ok\n' : `${this.lines.join('\n')}\n`;
  }

  private begin(test: DatadrivenCase): void {
    this.cluster = this.makeCluster(numberOf(test, 'min-isr', 2));
    for (const id of NODES) this.cluster.start(id, { clean: true });
    for (const id of NODES) this.cluster.controller.unfence(id);
    for (let round = 0; round < 6; round++) this.settle();
    this.cluster.controller.move(1);
    for (let round = 0; round < 6; round++) this.settle();
    this.lines = [];
    this.describeState();
  }

  private produce(test: DatadrivenCase): void {
    const value = findArg(test, 'value')?.[0] ?? '';
    const sequence = numberOf(test, 'sequence', -1);
    const isTransactional = findArg(test, 'guard') !== undefined;
    const guard = this.guards.get(findArg(test, 'guard')?.[0] ?? '');
    const outcome = this.cluster.produce(
      numberOf(test, 'node'),
      makeBatch({
        value, records: numberOf(test, 'records', 1), baseSequence: sequence, isTransactional,
        ...(sequence < 0
          ? {}
          : { producerId: numberOf(test, 'producer', 7), producerEpoch: numberOf(test, 'epoch', 0) }),
      }),
      numberOf(test, 'timeout', 1000),
      { kind: 'client', guard, isTransactionV2: findArg(test, 'v2') !== undefined },
    );
    this.lines.unshift(`${value}: ${typeof outcome === 'number' ? errorName(outcome) : outcome}`);
  }

  /** Asks whether a coordinator must be asked; its answer is kept under a name. */
  private verify(test: DatadrivenCase): void {
    const batch = makeBatch({
      producerId: numberOf(test, 'producer', 7), producerEpoch: numberOf(test, 'epoch', 0),
      baseSequence: numberOf(test, 'sequence', 0), isTransactional: true,
    });
    const verdict = this.cluster.verificationFor(numberOf(test, 'node'), batch);
    if (verdict.kind === 'needed') this.guards.set(findArg(test, 'as')?.[0] ?? '', verdict.guard);
    this.lines.push(verdict.kind === 'refuse' ? errorName(verdict.error) : verdict.kind);
  }

  private marker(test: DatadrivenCase): void {
    const kind = findArg(test, 'abort') === undefined ? 'commit' : 'abort';
    const producerId = numberOf(test, 'producer', 7);
    const outcome = this.cluster.produce(
      numberOf(test, 'node'),
      makeBatch({
        value: kind, marker: kind, producerId, producerEpoch: numberOf(test, 'epoch', 0),
        coordinatorEpoch: numberOf(test, 'coordinator', 0),
      }),
      numberOf(test, 'timeout', 1000),
      { kind: 'marker', transactionVersion: numberOf(test, 'version', 0) },
    );
    this.lines.unshift(`${kind} of ${producerId}: ${typeof outcome === 'number' ? errorName(outcome) : outcome}`);
  }

  private describeStable(): void {
    for (const { id, replica, log } of this.cluster.nodes) {
      if (replica === undefined) continue;
      const { lastStableOffset, highWatermark } = replica;
      this.lines.push(`${id} stable ${lastStableOffset} committed ${highWatermark} end ${log.endOffset}`);
    }
  }

  private deliver(test: DatadrivenCase): void {
    const from = numberOf(test, 'from');
    const to = numberOf(test, 'to');
    for (let count = numberOf(test, 'count', 1_000); count > 0; count--) {
      if (this.cluster.deliver(from, to) === undefined) return;
    }
  }

  private decide(test: DatadrivenCase): void {
    const decided = this.cluster.decide({ answer: findArg(test, 'lost') === undefined ? 'arrives' : 'is lost' });
    const { isr, elr, leader, leaderEpoch, partitionEpoch } = this.cluster.controller.state;
    const sets = `isr [${isr.join(' ')}] elr [${elr.join(' ')}]`;
    const state = `leader ${leader} epoch ${leaderEpoch}/${partitionEpoch} ${sets}`;
    const outcome = decided === undefined ? undefined : errorName(decided.error);
    this.lines.push(outcome === undefined ? 'nothing was proposed' : `controller: ${outcome}, ${state}`);
  }

  /** Everything that is under way arrives, everything is synced, 60 ms go by. */
  private settle(): void {
    const { cluster } = this;
    const lines = this.lines.length;
    cluster.nowMs += 60;
    for (const { id, replica } of cluster.nodes) {
      if (replica === undefined) continue;
      while (cluster.deliverMetadata(id));
      cluster.tick(id);
    }
    for (let round = 0; round < 8; round++) {
      for (const from of NODES) for (const to of NODES) while (from !== to && cluster.deliver(from, to) !== undefined);
      for (const node of cluster.nodes) {
        if (node.replica === undefined) continue;
        cluster.startSync(node.id);
        cluster.completeSync(node.id);
      }
      while (cluster.decide({ answer: 'arrives' }) !== undefined);
    }
    // Only what somebody outside sees: answers, cuts, roles.
    this.lines = this.lines.filter((line, at) => at < lines || !/ (attach|attached|push|ack|refused) /u.test(line));
  }

  private describeState(): void {
    for (const node of this.cluster.nodes) this.lines.push(describeNode(node));
    const { isr, elr, leader, leaderEpoch } = this.cluster.controller.state;
    this.lines.push(`controller: leader ${leader} epoch ${leaderEpoch} isr [${isr.join(' ')}] elr [${elr.join(' ')}]`);
  }

  private makeCluster(minIsr: number): Cluster {
    return new Cluster({
      nodes: NODES, minIsr, lagTimeMaxMs: 300,
      watcher: {
        onReady: (node, ready) => this.onReady(node, ready),
        onSend: (from, to, envelope) => this.lines.push(`${from}>${to} ${describeEnvelope(envelope)}`),
        onAnswer: (request, error) =>
          this.lines.push(`${request.node} answers ${request.value} at ${request.baseOffset}: ${errorName(error)}`),
      },
    });
  }

  private onReady(node: ClusterNode, ready: ReplicaReady<Request>): void {
    const { roleChanged, truncateTo, highWatermark, alterPartition } = ready;
    if (roleChanged !== undefined) {
      this.lines.push(`${node.id} becomes ${roleChanged.role} in ${roleChanged.leaderEpoch}`);
    }
    if (truncateTo !== undefined) {
      const ending = truncateTo.startAt ? ' and begins there' : '';
      this.lines.push(`${node.id} cuts its log at ${truncateTo.offset}${ending}`);
    }
    if (highWatermark !== undefined) this.lines.push(`${node.id} high watermark ${highWatermark}`);
    if (alterPartition !== undefined) {
      const isr = alterPartition.isr.map(({ id, epoch }) => `${id}@${epoch}`).join(' ');
      const { leaderEpoch, partitionEpoch } = alterPartition;
      this.lines.push(`${node.id} proposes isr [${isr}] on ${leaderEpoch}/${partitionEpoch}`);
    }
  }

  private nodesOf(test: DatadrivenCase): readonly NodeId[] {
    const live = this.cluster.nodes.filter(({ replica }) => replica !== undefined);
    return findArg(test, 'node')?.map(Number) ?? live.map(({ id }) => id);
  }
}

function describeNode(node: ClusterNode): string {
  const { replica, log } = node;
  const records = log.batches.map((batch) => `${batch.value}/${batch.partitionLeaderEpoch}`).join(' ');
  const span = `[${log.startOffset}, ${log.endOffset})`;
  if (replica === undefined) return `${node.id} down ${span} ${records}`;
  const { role, leaderEpoch, durableOffset, highWatermark } = replica;
  return `${node.id} ${role} ${leaderEpoch} ${span} durable ${durableOffset} committed ${highWatermark}: ${records}`;
}

function describeEnvelope(envelope: Envelope): string {
  switch (envelope.type) {
    case 'attach':
      return `attach end ${envelope.attach.logEndOffset} last epoch ${envelope.attach.lastEpoch}`;
    case 'ack':
      return `ack ${envelope.ack.durableOffset} of epoch ${envelope.ack.leaderEpoch}`;
    case 'push': {
      const { baseOffset, highWatermark } = envelope.push;
      return `push at ${baseOffset} high watermark ${highWatermark}: ${words(envelope.batches)}`;
    }
    case 'answer': {
      const { answer } = envelope;
      if (answer.type === 'attached') return `attached in epoch ${answer.leaderEpoch}`;
      if (answer.type === 'attach-refused') return `refused ${errorName(answer.error)}`;
      return `truncate to ${answer.offset} of epoch ${answer.epoch}`;
    }
  }
}

function words(batches: readonly (AppendedBatch & { readonly value: string })[]): string {
  return batches.length === 0 ? '-' : batches.map((batch) => batch.value).join(' ');
}

function numberOf(test: DatadrivenCase, key: string, otherwise?: number): number {
  const value = findArg(test, key)?.[0];
  if (value !== undefined) return Number(value);
  if (otherwise !== undefined) return otherwise;
  throw new Error(`${test.position}: ${test.command} needs ${key}=`);
}
