/** The markers of all coordinators of a node, on their way to the leaders of partitions. [M1–M7] */
import { assert, ErrorCode, type NodeId, type Random, reachable } from '@hapax/base';
import { batchOf, type MarkerBatch, type MarkerItem } from './marker-batch.ts';
import type { MarkerOutcome, MarkerTask } from './marker-task.ts';
import { RetryTimes } from './retry-times.ts';
import { byTopic } from './transaction.ts';

/**
 * Where a partition's marker goes. `gone`: the partition is deleted, so nothing is left to end [M3]; one that was only
 * not heard of yet is `unavailable`.
 */
export type MarkerRoute =
  | { readonly kind: 'leader'; readonly nodeId: NodeId }
  | { readonly kind: 'unavailable' }
  | { readonly kind: 'gone' };

export interface MarkerQueuesOptions {
  /** Asked when a marker is to be sent, and again after each change of the metadata. */
  leaderOf(topic: string, partition: number): MarkerRoute;
  readonly random: Random;
  /** The first pause after a refusal or a lost call; doubled with each that follows. */
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  /** The most partitions in one batch. */
  readonly batchPartitionsMax: number;
  /** The most batches without an answer, for each destination. */
  readonly batchesInFlightMax: number;
}

/** A transaction's markers, and what its coordinator was not told yet. */
interface Pending {
  /** How many are not written. */
  count: number;
  written: MarkerItem[];
  fencedBy: ErrorCode | undefined;
}

interface Destination {
  queue: MarkerItem[];
  /** Batches without an answer, and their items in the order of the answer. */
  readonly inFlight: Map<MarkerBatch, readonly MarkerItem[]>;
}

/**
 * Takes tasks, gives batches for each destination, and tells what became of them. Whatever is refused or lost is routed
 * anew after a pause, for ever: a marker is dropped only when its coordinator's tenure is over, or when somebody newer
 * owns the transaction.
 */
export class MarkerQueues {
  private readonly options: MarkerQueuesOptions;
  private readonly pending = new Map<MarkerTask, Pending>();
  private readonly destinations = new Map<NodeId, Destination>();
  /** Their partitions have no leader now. */
  private homeless: MarkerItem[] = [];
  private readonly retries: RetryTimes;
  /** Tasks with something to tell. */
  private readonly changed = new Set<MarkerTask>();

  constructor(options: MarkerQueuesOptions) {
    this.options = options;
    this.retries = new RetryTimes(options);
  }

  /** How many transactions have markers that are not written. */
  get taskCount(): number {
    return this.pending.size;
  }

  /** Takes on the markers of tasks. */
  add(tasks: readonly MarkerTask[]): void {
    for (const task of tasks) {
      assert(!this.pending.has(task), `the markers of ${task.transactionalId} were given twice`);
      const items = task.partitions.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ task, topic, partition, failures: 0 })));
      this.pending.set(task, { count: items.length, written: [], fencedBy: undefined });
      for (const item of items) this.route(item);
    }
  }

  /** A coordinator's tenure began or ended: its markers are no business of this node any more. [M7] */
  forgetCoordinator(coordinatorPartition: number): void {
    for (const task of this.pending.keys()) {
      if (task.coordinatorPartition !== coordinatorPartition) continue;
      reachable('txn: a coordinator moves while its markers are on their way');
      this.pending.delete(task);
      this.changed.delete(task);
    }
  }

  /** Leaders or topics changed: what waits for a leader, a pause or a place in a batch is routed anew. */
  onMetadataChanged(): void {
    const waiting = [...this.homeless, ...this.retries.takeAll()];
    this.homeless = [];
    for (const destination of this.destinations.values()) {
      waiting.push(...destination.queue);
      destination.queue = [];
    }
    for (const item of waiting) this.route(item);
  }

  /** What may be sent now. Every batch must be answered by {@link onAnswered} or {@link onLost}. */
  takeBatches(nowMs: number): MarkerBatch[] {
    for (const item of this.retries.takeDue(nowMs)) this.route(item);
    const batches: MarkerBatch[] = [];
    for (const [nodeId, destination] of this.destinations) {
      while (destination.queue.length > 0 && destination.inFlight.size < this.options.batchesInFlightMax) {
        const items = destination.queue.splice(0, this.options.batchPartitionsMax).filter((item) => this.isOwed(item));
        if (items.length === 0) continue;
        const { batch, inOrder } = batchOf(nodeId, items);
        destination.inFlight.set(batch, inOrder);
        batches.push(batch);
      }
      if (destination.queue.length === 0 && destination.inFlight.size === 0) this.destinations.delete(nodeId);
    }
    return batches;
  }

  /** The codes, one for each partition of each marker, in the order of the batch. Missing ones count as lost. [M4] */
  onAnswered(batch: MarkerBatch, errors: readonly ErrorCode[], nowMs: number): void {
    const inFlight = this.destinations.get(batch.destination)?.inFlight;
    const items = inFlight?.get(batch);
    assert(items !== undefined, `a batch for node ${batch.destination} was answered twice`);
    inFlight?.delete(batch);
    items.forEach((item, at) => this.onResult(item, errors[at] ?? ErrorCode.NETWORK_EXCEPTION, nowMs));
  }

  /** Nobody knows what became of the batch: markers may be written twice. [M5, M11] */
  onLost(batch: MarkerBatch, nowMs: number): void {
    reachable('txn: a batch of markers is lost');
    this.onAnswered(batch, [], nowMs);
  }

  /** What became known since the last call, by the partition of the coordinator that must be told. */
  takeOutcomes(): Map<number, MarkerOutcome[]> {
    const outcomes = new Map<number, MarkerOutcome[]>();
    for (const task of this.changed) {
      const pending = this.pending.get(task);
      if (pending === undefined) continue;
      const written = byTopic(pending.written);
      const { fencedBy } = pending;
      const known = outcomes.get(task.coordinatorPartition);
      if (known === undefined) outcomes.set(task.coordinatorPartition, [{ task, written, fencedBy }]);
      else known.push({ task, written, fencedBy });
      pending.written = [];
      if (pending.count === 0 || fencedBy !== undefined) this.pending.delete(task);
    }
    this.changed.clear();
    return outcomes;
  }

  /** When {@link takeBatches} has more, unless something else happens before; undefined for never. */
  nextDueMs(): number | undefined {
    return this.retries.nextDueMs();
  }

  /** Whether the marker is still to be written: its coordinator stands, and nobody newer owns the transaction. */
  private isOwed(item: MarkerItem): boolean {
    const pending = this.pending.get(item.task);
    return pending !== undefined && pending.fencedBy === undefined;
  }

  private route(item: MarkerItem): void {
    if (!this.isOwed(item)) return;
    const to = this.options.leaderOf(item.topic, item.partition);
    if (to.kind === 'gone') return this.onWritten(item);
    if (to.kind === 'unavailable') {
      reachable('txn: a marker waits for a partition without a leader');
      this.homeless.push(item);
      return;
    }
    const destination: Destination = this.destinations.get(to.nodeId) ?? { queue: [], inFlight: new Map() };
    destination.queue.push(item);
    this.destinations.set(to.nodeId, destination);
  }

  private onResult(item: MarkerItem, error: ErrorCode, nowMs: number): void {
    if (!this.isOwed(item)) return;
    switch (error) {
      case ErrorCode.NONE:
      // A partition that cannot hold markers has no transaction to end. [M4]
      case ErrorCode.UNSUPPORTED_FOR_MESSAGE_FORMAT:
      case ErrorCode.UNSUPPORTED_VERSION:
        return this.onWritten(item);
      case ErrorCode.INVALID_PRODUCER_EPOCH:
      case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
        return this.onFenced(item.task, error);
      default:
        reachable('txn: a marker is refused and tried again');
        // Codes that no marker should get are retried too: giving up would leave the partition blocked for ever.
        item.failures += 1;
        this.retries.add(item, nowMs);
    }
  }

  private onWritten(item: MarkerItem): void {
    const pending = this.pending.get(item.task);
    if (pending === undefined) return;
    pending.count -= 1;
    pending.written.push(item);
    this.changed.add(item.task);
  }

  private onFenced(task: MarkerTask, error: ErrorCode): void {
    const pending = this.pending.get(task);
    if (pending === undefined) return;
    pending.fencedBy = error;
    this.changed.add(task);
  }
}
