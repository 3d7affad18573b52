/** A consumer over the fake cluster that takes everything, and keeps what it heard. */
import { decodeText } from '@hapax/base';
import type { AppError } from '@hapax/base';
import {
  ConsumerMachine,
  cooperativeStickyAssignor,
  type Cluster,
  type ConsumedBatch,
  type ConsumerOptions,
  type TopicPartition,
} from '../../src/machines/index.ts';
import type { FakeCluster } from './fake-cluster.ts';
import { makeCluster } from './producing.ts';

export const CONSUMER_OPTIONS: ConsumerOptions = {
  groupId: 'readers',
  groupInstanceId: null,
  assignors: [cooperativeStickyAssignor],
  sessionTimeoutMs: 10_000,
  heartbeatIntervalMs: 1000,
  rebalanceTimeoutMs: 30_000,
  takeIntervalMaxMs: 3_000_000,
  autoCommitIntervalMs: null,
  offsetReset: 'earliest',
  isolationLevel: 'read_committed',
  fetchMaxWaitMs: 500,
  fetchMinBytes: 1,
  fetchMaxBytes: 10_000_000,
  partitionMaxBytes: 1_000_000,
  bufferBytes: 10_000_000,
  requestTimeoutMs: 5000,
};

/** Takes and marks batches as they come, unless it is told to hold. */
export class Consuming {
  readonly values: string[] = [];
  readonly log: string[] = [];
  readonly failures: AppError[] = [];
  readonly machine: ConsumerMachine;
  readonly cluster: Cluster;
  holding = false;
  /** Whether it takes its time to let partitions go: until `letGo` is called. */
  keepsRevoked = false;
  letGo: () => void = () => {};
  last: ConsumedBatch | undefined;

  constructor(fake: FakeCluster, options: Partial<ConsumerOptions> = {}, seed = 7) {
    this.cluster = makeCluster(fake, seed);
    this.machine = new ConsumerMachine(this.cluster, { ...CONSUMER_OPTIONS, ...options }, 'consumer', {
      onReady: () => this.drain(),
      onAssigned: (partitions) => this.log.push(`assigned ${names(partitions)}`),
      onRevoking: (partitions, done) => {
        this.log.push(`revoking ${names(partitions)}`);
        if (this.keepsRevoked) this.letGo = done;
        else fake.time.defer(done);
      },
      onLost: (partitions) => this.log.push(`lost ${names(partitions)}`),
    });
  }

  drain(): void {
    for (let error = this.machine.takeFailure(); error !== undefined; error = this.machine.takeFailure())
      this.failures.push(error);
    if (this.holding) return;
    for (let batch = this.machine.take(10); batch !== undefined; batch = this.machine.take(10)) {
      this.last = batch;
      for (const record of batch.records) this.values.push(decodeText(record.value ?? new Uint8Array(0)));
      this.machine.markProcessed(batch, batch.nextOffset);
    }
  }

  get partitions(): string {
    return names(this.machine.assignment());
  }
}

export function names(partitions: readonly TopicPartition[]): string {
  return (
    partitions
      .map(({ topic, partition }) => `${topic}-${partition}`)
      .sort()
      .join(' ') || 'none'
  );
}
