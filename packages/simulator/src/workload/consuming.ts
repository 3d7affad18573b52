/** Members of groups that come, read, commit, leave or die; and readers of everything. */
import {
  ConsumerMachine, cooperativeStickyAssignor, rangeAssignor, roundRobinAssignor, type ConsumedBatch,
  type ConsumerOptions, type TopicPartition,
} from '@hapax/client/machines';
import { valueText } from '../invariants/producers.ts';
import type { WorkloadPlan } from '../swarm.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';

/** A record as an application reads it. */
export interface ConsumedText {
  readonly offset: number;
  readonly value: string;
}

/** Hears what consumers are given, and what they have processed. */
export interface ConsumptionLedger {
  onConsumed(topic: string, partition: number, records: readonly ConsumedText[]): void;
  onProcessed(groupId: string, topic: string, partition: number, nextOffset: number): void;
}

const ASSIGNORS = {
  range: rangeAssignor,
  roundrobin: roundRobinAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
};

/** One consumer: a member of a group, or (without one) a reader that is told its partitions. */
export class Consuming {
  readonly client: SimClient;
  readonly groupId: string | null;
  readonly machine: ConsumerMachine;
  /** By `topic-partition`: the offset after the last record that was taken. */
  readonly positions = new Map<string, number>();
  /** Failures that the owner was told of, the first ones. */
  readonly failures: string[] = [];
  isClosed = false;
  private readonly ledger: ConsumptionLedger;

  constructor(
    name: string, world: ClientWorld, plan: WorkloadPlan, settings: ConsumerSettings, ledger: ConsumptionLedger,
  ) {
    const { groupId } = settings;
    this.groupId = groupId;
    this.ledger = ledger;
    this.client = new SimClient(name, world);
    const options = consumerOptions(plan, settings);
    this.machine = new ConsumerMachine(this.client.cluster, options, 'consumer', { onReady: () => this.takeSoon() });
  }

  subscribe(topics: readonly string[]): void {
    this.machine.subscribe(topics);
    this.touch();
  }

  assign(partitions: readonly TopicPartition[]): void {
    this.machine.assign(partitions.map((one) => ({ ...one, offset: 0 })));
  }

  /** Leaves the group in good order. */
  close(): void {
    this.isClosed = true;
    this.machine.close(() => {
      this.client.cluster.close();
    });
  }

  private touch(): void {
    if (this.isClosed) return;
    this.machine.touch();
    this.client.host.after(TOUCH_MS, () => this.touch());
  }

  /** An application takes its time. */
  private takeSoon(): void {
    this.client.host.after(this.client.random.nextInt(5), () => this.take());
  }

  private take(): void {
    if (this.isClosed) return;
    const failure = this.machine.takeFailure();
    if (failure !== undefined && this.failures.length < 10) this.failures.push(failure.message);
    const batch = this.machine.take(1 + this.client.random.nextInt(50));
    if (batch === undefined) return;
    this.process(batch);
    this.takeSoon();
  }

  private process(batch: ConsumedBatch): void {
    const { topic, partition } = batch;
    const records = batch.records.map((record) => ({ offset: record.offset, value: valueText(record) }));
    this.ledger.onConsumed(topic, partition, records);
    this.positions.set(`${topic}-${partition}`, batch.nextOffset);
    if (this.groupId !== null) this.ledger.onProcessed(this.groupId, topic, partition, batch.nextOffset);
    this.machine.markProcessed(batch, batch.nextOffset);
  }
}

const TOUCH_MS = 500;

/** What differs between the consumers of a run. */
export type ConsumerSettings = Pick<ConsumerOptions, 'autoCommitIntervalMs' | 'groupId' | 'isolationLevel'>;

/** The options of a consumer of the workload. */
export function consumerOptions(plan: WorkloadPlan, settings: ConsumerSettings): ConsumerOptions {
  return {
    ...settings,
    groupInstanceId: null,
    assignors: [ASSIGNORS[plan.assignor]],
    sessionTimeoutMs: 3000,
    heartbeatIntervalMs: 500,
    rebalanceTimeoutMs: 3000,
    takeIntervalMaxMs: 10_000,
    offsetReset: 'earliest',
    fetchMaxWaitMs: 300,
    fetchMinBytes: 1,
    fetchMaxBytes: 1 << 20,
    partitionMaxBytes: 64 << 10,
    bufferBytes: 256 << 10,
    requestTimeoutMs: plan.requestTimeoutMs,
  };
}
