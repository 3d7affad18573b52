/** Carries markers from the coordinators of this node to the leaders of partitions, and tells what became of them. */
import type { ErrorCode, NodeId, ScheduledCall } from '@hapax/base';
import type { ClusterImage, ImageChanges } from '@hapax/metadata';
import { MarkerQueues, type MarkerBatch, type MarkerRoute, type MarkerTask } from '@hapax/txn';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerPorts } from '../ports.ts';
import type { ControllerClient } from './controller-client.ts';
import { DeletedPartitions } from './deleted-partitions.ts';
import type { MetadataDriver, MetadataListener } from './metadata-driver.ts';
import type { MarkerTaker, TransactionCoordinators } from './transaction-coordinators.ts';
import type { TransactionLinks } from './transaction-links.ts';

const RETRY_BACKOFF_MS = 20;
const RETRY_BACKOFF_MAX_MS = 500;
const BATCH_PARTITIONS_MAX = 1000;
const BATCHES_IN_FLIGHT_MAX = 64;

/** The queues of all coordinators of this node, and the network below them. */
export class MarkerDriver implements MarkerTaker, MetadataListener {
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly links: TransactionLinks;
  private readonly coordinators: TransactionCoordinators;
  private readonly queues: MarkerQueues;
  private readonly deleted: DeletedPartitions;
  private readonly telling: EndOfTurn;
  private timer: ScheduledCall | undefined;
  private timerDueMs = Number.POSITIVE_INFINITY;
  private isSending = false;
  private isStopped = false;

  constructor(
    ports: BrokerPorts,
    parts: {
      readonly metadata: MetadataDriver;
      readonly controller: ControllerClient;
      readonly links: TransactionLinks;
      readonly coordinators: TransactionCoordinators;
    },
  ) {
    this.ports = ports;
    this.metadata = parts.metadata;
    this.links = parts.links;
    this.coordinators = parts.coordinators;
    this.queues = new MarkerQueues({
      leaderOf: (topic, partition) => this.routeOf(topic, partition),
      random: ports.random.fork('markers'),
      retryBackoffMs: RETRY_BACKOFF_MS,
      retryBackoffMaxMs: RETRY_BACKOFF_MAX_MS,
      batchPartitionsMax: BATCH_PARTITIONS_MAX,
      batchesInFlightMax: BATCHES_IN_FLIGHT_MAX,
    });
    const { metadata, controller } = parts;
    this.deleted = new DeletedPartitions(ports, { metadata, controller, onDeleted: () => this.routeAnew() });
    this.telling = new EndOfTurn(ports.scheduler, () => this.tellOutcomes());
  }

  /** How many transactions have markers that are not written. */
  get taskCount(): number {
    return this.queues.taskCount;
  }

  /** Sends in this turn what can be sent. */
  enqueue(tasks: readonly MarkerTask[]): void {
    if (this.isStopped) return;
    this.queues.add(tasks);
    this.send();
  }

  dropCoordinator(partition: number): void {
    this.queues.forgetCoordinator(partition);
  }

  onMetadata(_image: ClusterImage, changes: ImageChanges): void {
    const { partitions, removedPartitions, brokersChanged } = changes;
    if (this.isStopped || partitions.length + removedPartitions.length + brokersChanged.length === 0) return;
    this.routeAnew();
  }

  stop(): void {
    this.isStopped = true;
    this.deleted.stop();
    this.timer?.cancel();
  }

  private routeAnew(): void {
    this.queues.onMetadataChanged();
    this.send();
  }

  /** Sends all batches that are due. What comes of a batch at once may bring up more: that goes in the same loop. */
  private send(): void {
    if (this.isSending || this.isStopped) return;
    this.isSending = true;
    for (let batches = this.takeBatches(); batches.length > 0; batches = this.takeBatches()) {
      for (const batch of batches) this.sendBatch(batch);
    }
    this.isSending = false;
    this.telling.ask();
    this.arm();
  }

  private takeBatches(): readonly MarkerBatch[] {
    return this.queues.takeBatches(this.ports.clock.nowMs());
  }

  private sendBatch(batch: MarkerBatch): void {
    const markers = batch.markers.map(({ task, topics }) => {
      const { producerId, producerEpoch, coordinatorEpoch, kind, transactionVersion } = task;
      return { producerId, producerEpoch, coordinatorEpoch, commit: kind === 'commit', transactionVersion, topics };
    });
    this.links.call(batch.destination, { type: 'write-markers', markers }, (answer) => {
      if (this.isStopped) return;
      const nowMs = this.ports.clock.nowMs();
      if (answer === undefined) this.queues.onLost(batch, nowMs);
      else this.queues.onAnswered(batch, answer.errors as readonly ErrorCode[], nowMs);
      this.telling.ask();
    });
  }

  /** Tells each coordinator once a turn, so that transactions which are complete share an append; then goes on. */
  private tellOutcomes(): void {
    if (this.isStopped) return;
    for (const [partition, outcomes] of this.queues.takeOutcomes()) {
      const shard = this.coordinators.shard(partition);
      if (shard === undefined) continue;
      shard.coordinator.onMarkerOutcomes(outcomes, this.coordinators.instant());
      this.coordinators.onChanged(shard);
    }
    // Answers made room for further batches, and refusals are to be sent again.
    for (const batch of this.takeBatches()) this.sendBatch(batch);
    this.arm();
  }

  /** Wakes up when the next pause of a refused marker is over. */
  private arm(): void {
    const dueMs = this.queues.nextDueMs();
    if (dueMs === undefined || dueMs >= this.timerDueMs) return;
    this.timer?.cancel();
    this.timerDueMs = dueMs;
    this.timer = this.ports.scheduler.after(Math.max(0, dueMs - this.ports.clock.nowMs()), () => {
      this.timerDueMs = Number.POSITIVE_INFINITY;
      this.send();
    });
  }

  private routeOf(topic: string, index: number): MarkerRoute {
    const { image } = this.metadata;
    const partition = image.topicByName(topic)?.partitions[index];
    if (partition === undefined) return { kind: this.deleted.isDeleted(topic, index) ? 'gone' : 'unavailable' };
    const nodeId: NodeId = partition.leader;
    const isKnown = nodeId !== -1 && image.broker(nodeId)?.endpoints['peer'] !== undefined;
    return isKnown ? { kind: 'leader', nodeId } : { kind: 'unavailable' };
  }
}
