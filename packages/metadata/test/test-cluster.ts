/** A controller over a log in memory, and brokers that register and report: what the tests of this package drive. */
import { SeededRandom } from '@hapax/base';
import type { Outcome } from '@hapax/state-machine';
import {
  type AnswerOf, type BrokerEndpoints, ClusterImage, Controller, type ControllerConfig, type ControllerRequest,
  copyImage, decodeBatch, DEFAULT_CONTROLLER_CONFIG, encodeBatch, type MetadataBatch, type PartitionImage,
  supportedFeatureRanges,
} from '../src/index.ts';

interface TestBroker {
  epoch: number;
  incarnation: string;
  reports: boolean;
}

export const ENDPOINTS: BrokerEndpoints = { kafka: { host: 'h', port: 9092 }, peer: { host: 'h', port: 9093 } };
const HEARTBEAT_MS = 100;

/** Entries commit as soon as they are appended, unless `holdsCommits`. Time moves only by `run`. */
export class TestCluster {
  readonly batches: Uint8Array[] = [];
  readonly config: ControllerConfig;
  /** What every node sees: a replay of the bytes. */
  readonly committed = new ClusterImage({ trackChanges: true });
  readonly brokers = new Map<number, TestBroker>();
  controller: Controller;
  nowMs = 1000;
  holdsCommits = false;
  refusesAppends = false;
  private readonly random: SeededRandom;

  constructor(options: { readonly config?: Partial<ControllerConfig>; readonly seed?: number } = {}) {
    this.config = { ...DEFAULT_CONTROLLER_CONFIG, nodesExpected: 3, ...options.config };
    this.random = new SeededRandom(options.seed ?? 1);
    this.controller = this.newController();
    this.activate();
  }

  get index(): number {
    return this.batches.length;
  }

  get image(): ClusterImage {
    return this.controller.image;
  }

  /** Another node takes over: soft state is gone, everything committed is there. */
  failOver(): void {
    this.commit();
    this.controller = this.newController();
    this.activate();
  }

  ask<Q extends ControllerRequest>(request: Q): AnswerOf<Q> {
    const outcome = this.send(request);
    if (outcome === undefined || !outcome.ok) throw new Error(`${request.type}: ${JSON.stringify(outcome)}`);
    return outcome.answer;
  }

  send<Q extends ControllerRequest>(request: Q): Outcome<AnswerOf<Q>> | undefined {
    const holder: { outcome?: Outcome<AnswerOf<Q>> } = {};
    this.controller.request(request, this.nowMs, (outcome) => {
      holder.outcome = outcome;
    });
    if (!this.holdsCommits) this.commit();
    return holder.outcome;
  }

  /** Everything appended so far is committed. */
  commit(): void {
    for (let at = this.committed.metadataOffset; at < this.index; at++) {
      this.committed.replay(decodeBatch(this.batches[at] as Uint8Array), { offset: at + 1, timestampMs: 0 });
    }
    this.controller.onCommitted(this.index);
  }

  register(brokerId: number, options: { clean?: boolean; incarnation?: string; rack?: string } = {}) {
    const incarnation = options.incarnation ?? `incarnation-${brokerId}-${this.index}`;
    const previous = this.brokers.get(brokerId)?.epoch ?? -1;
    const answer = this.ask({
      type: 'register-broker', brokerId, incarnationId: incarnation, clusterId: null, endpoints: ENDPOINTS,
      rack: options.rack ?? null, features: supportedFeatureRanges(),
      previousBrokerEpoch: options.clean === true ? previous : -1,
    });
    if (answer.error === 0) this.brokers.set(brokerId, { epoch: answer.brokerEpoch, incarnation, reports: true });
    return answer;
  }

  heartbeat(brokerId: number, wants: { fence?: boolean; shutdown?: boolean } = {}) {
    return this.ask({
      type: 'broker-heartbeat', brokerId, brokerEpoch: this.epoch(brokerId), currentMetadataOffset: this.index,
      wantFence: wants.fence ?? false, wantShutdown: wants.shutdown ?? false,
    });
  }

  /** Registers brokers and unfences them. */
  start(...brokerIds: number[]): void {
    for (const id of brokerIds) {
      this.register(id);
      this.heartbeat(id);
    }
  }

  epoch(brokerId: number): number {
    return this.brokers.get(brokerId)?.epoch ?? -1;
  }

  /** The broker reports no longer. */
  stop(brokerId: number): void {
    const broker = this.brokers.get(brokerId);
    if (broker !== undefined) broker.reports = false;
  }

  /** Time passes; brokers that report do so every 100 ms. */
  run(durationMs: number): void {
    const endMs = this.nowMs + durationMs;
    while (this.nowMs < endMs) {
      this.nowMs += 50;
      this.controller.tick(this.nowMs);
      this.commit();
      if (this.nowMs % HEARTBEAT_MS !== 0) continue;
      for (const [id, { reports }] of this.brokers) if (reports) this.heartbeat(id);
    }
  }

  /** A broker falls silent and is fenced. */
  kill(brokerId: number): void {
    this.stop(brokerId);
    this.run(this.config.sessionTimeoutMs + 100);
  }

  createTopic(name: string, ...replicas: number[][]) {
    const assignments = replicas.map((brokerIds, partition) => ({ partition, brokerIds }));
    return this.create({ name, assignments });
  }

  create(topic: {
    name: string; partitions?: number; replicationFactor?: number; configs?: Record<string, string | null>;
    assignments?: { partition: number; brokerIds: number[] }[];
  }) {
    const defaults = { partitions: -1, replicationFactor: -1, assignments: [], configs: {} };
    const answer = this.ask({ type: 'create-topics', topics: [{ ...defaults, ...topic }], validateOnly: false });
    const [result] = answer.topics;
    if (result === undefined) throw new Error('no answer for the topic');
    return result;
  }

  partition(topic: string, partition = 0): PartitionImage {
    const found = this.image.topicByName(topic)?.partitions[partition];
    if (found === undefined) throw new Error(`no partition ${topic}-${partition}`);
    return found;
  }

  /** The leader asks for an ISR, with what it knows of the brokers' epochs unless told otherwise. */
  alterIsr(topic: string, isr: readonly number[], options: {
    partition?: number; by?: number; leaderEpoch?: number; partitionEpoch?: number; epochs?: Record<number, number>;
    state?: 'recovered' | 'recovering';
  } = {}) {
    const known = this.partition(topic, options.partition);
    const by = options.by ?? known.leader;
    const { partitions } = this.ask({
      type: 'alter-partition', brokerId: by, brokerEpoch: this.epoch(by),
      partitions: [{
        topicId: known.topicId, partition: known.partition,
        leaderEpoch: options.leaderEpoch ?? known.leaderEpoch,
        partitionEpoch: options.partitionEpoch ?? known.partitionEpoch,
        isr: isr.map((id) => ({ id, epoch: options.epochs?.[id] ?? this.epoch(id) })),
        leaderRecoveryState: options.state ?? 'recovered',
      }],
    });
    const [result] = partitions;
    if (result === undefined) throw new Error('no answer for the partition');
    return result;
  }

  setConfig(resourceType: 'topic' | 'broker', resourceName: string, key: string, value: string | null) {
    const operation = value === null ? ('delete' as const) : ('set' as const);
    const resources = [{ resourceType, resourceName, operations: [{ key, operation, value }] }];
    const [result] = this.ask({ type: 'alter-configs', resources, replaceAll: false, validateOnly: false }).resources;
    if (result === undefined) throw new Error('no answer for the resource');
    return result;
  }

  private newController(): Controller {
    const append = (batches: readonly MetadataBatch[]) => {
      if (this.refusesAppends) return { accepted: false as const, error: 16 as const };
      const baseOffset = this.index + 1;
      for (const batch of batches) this.batches.push(encodeBatch(batch));
      return { accepted: true as const, baseOffset, lastOffset: this.index, timestampMs: this.nowMs };
    };
    return new Controller({ writer: { append }, config: this.config, random: this.random });
  }

  private activate(): void {
    this.controller.beginLoading();
    this.controller.restore(copyImage(this.committed, { trackChanges: false }), this.index);
    this.controller.becomeActive(this.index, this.nowMs);
    this.commit();
  }
}
