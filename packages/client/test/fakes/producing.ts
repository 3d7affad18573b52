/** A producer over the fake cluster, and what became of its records. */
import type { AppError } from '@hapax/base';
import { decodeText, encodeText } from '@hapax/base';
import {
  Cluster,
  ProducerMachine,
  type ClusterOptions,
  type Delivery,
  type ProducerOptions,
} from '../../src/machines/index.ts';
import type { FakeCluster } from './fake-cluster.ts';

export const CLUSTER_OPTIONS: Omit<ClusterOptions, 'bootstrap'> = {
  clientId: 'test',
  connectTimeoutMs: 1000,
  requestTimeoutMs: 5000,
  inFlightMax: 100,
  metadataMaxAgeMs: 300_000,
  retryBackoff: { initialMs: 20, maxMs: 500 },
  reconnectBackoff: { initialMs: 20, maxMs: 500 },
};

export const PRODUCER_OPTIONS: ProducerOptions = {
  idempotent: true,
  acks: -1,
  compression: 'none',
  lingerMs: 0,
  batchBytes: 16_384,
  requestBytesMax: 1_048_576,
  inFlightPerPartitionMax: 5,
  inFlightPerBrokerMax: 5,
  bufferBytes: 1_000_000,
  deliveryTimeoutMs: 30_000,
  requestTimeoutMs: 5000,
  autoCreateTopics: false,
};

/** What became of one record. */
export interface Fate {
  readonly value: string;
  delivery?: Delivery;
  error?: AppError;
}

export function makeCluster(fake: FakeCluster, seed = 1): Cluster {
  return new Cluster(fake.ports(seed), {
    ...CLUSTER_OPTIONS,
    bootstrap: fake.nodes.map((nodeId) => fake.endpoint(nodeId)),
  });
}

/** A producer whose records' fates are kept in the order of sending. */
export class Producing {
  readonly fates: Fate[] = [];
  readonly machine: ProducerMachine;
  readonly cluster: Cluster;
  readonly #fake: FakeCluster;

  constructor(fake: FakeCluster, options: Partial<ProducerOptions> = {}, seed = 1) {
    this.#fake = fake;
    this.cluster = makeCluster(fake, seed);
    this.machine = new ProducerMachine(this.cluster, { ...PRODUCER_OPTIONS, ...options }, 'producer');
  }

  send(value: string, where: { topic?: string; partition?: number; key?: string } = {}): Fate {
    const fate: Fate = { value };
    this.fates.push(fate);
    const { topic = 'orders', partition, key } = where;
    this.machine.send(
      { topic, partition, key: key === undefined ? null : encodeText(key), value: encodeText(value) },
      (outcome) => {
        if (fate.delivery !== undefined || fate.error !== undefined) throw new Error(`${value} has two outcomes`);
        if (outcome.ok) fate.delivery = outcome.value;
        else fate.error = outcome.error;
      },
    );
    return fate;
  }

  get open(): number {
    return this.fates.filter((fate) => fate.delivery === undefined && fate.error === undefined).length;
  }

  /** Lets time pass until every record has its outcome. */
  settle(): void {
    if (!this.#fake.time.runUntil(() => this.open === 0, 2_000_000))
      throw new Error(`${this.open} records have no outcome`);
  }
}

/** The values in a partition's log, in its order. */
export function valuesIn(fake: FakeCluster, topic: string, partition: number): string[] {
  return fake
    .log(topic, partition)
    .records(fake.compression)
    .map((record) => decodeText(record.value ?? new Uint8Array(0)));
}
