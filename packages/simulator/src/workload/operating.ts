/** An operator: makes topics, adds partitions, moves replicas, elects leaders, and deletes what nobody needs. */
import {
  addPartitions, changeFeatures, changeLeaders, changeReassignments, makeTopics, readFeatures, removeTopics,
  type AdminContext, type Outcome,
} from '@hapax/client/machines';
import type { Plan } from '../swarm.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';

/** One operator at a time. */
export class Operating {
  readonly client: SimClient;
  private readonly plan: Plan;
  private readonly context: AdminContext;
  private readonly partitionCounts = new Map<string, number>();
  private nextTopic = 0;
  private isStopped = false;

  constructor(world: ClientWorld, plan: Plan) {
    this.plan = plan;
    this.client = new SimClient('operator', world);
    this.context = { cluster: this.client.cluster, lane: 'admin', timeoutMs: 5000 };
  }

  /** Gives a feature of the cluster a level, trying until it has it. */
  setFeature(feature: string, level: number, done: () => void): void {
    const again = (): void => void this.client.host.after(RETRY_MS, () => this.setFeature(feature, level, done));
    readFeatures(this.context, (outcome) => {
      const current = outcome.ok ? outcome.value.find((one) => one.feature === feature)?.finalizedLevel : undefined;
      if (current === level) return done();
      if (current === undefined) return again();
      const upgradeType = level > current ? 'upgrade' : 'safe-downgrade';
      changeFeatures(this.context, [{ feature, maxVersionLevel: level, upgradeType }], { validateOnly: false }, again);
    });
  }

  /** Makes the workload's topics, trying until it has worked. */
  makeTopics(done: () => void): void {
    const topics = this.plan.workload.topics.map(({ name, partitions, replicationFactor, minInsyncReplicas }) => ({
      topic: name,
      partitions,
      replicationFactor,
      configs: { 'min.insync.replicas': String(minInsyncReplicas) },
    }));
    for (const { topic, partitions } of topics) this.partitionCounts.set(topic, partitions);
    makeTopics(this.context, topics, { validateOnly: false }, (outcome) => {
      if (outcome.ok || outcome.error.details['errorName'] === 'TOPIC_ALREADY_EXISTS') return done();
      this.client.host.after(RETRY_MS, () => this.makeTopics(done));
    });
  }

  start(): void {
    this.client.host.after(this.client.drawMs(MEAN_INTERVAL_MS), () => {
      if (this.isStopped) return;
      this.operate();
      this.start();
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  private operate(): void {
    const { random } = this.client;
    const { workload, shape } = this.plan;
    const topic = workload.topics[random.nextInt(workload.topics.length)];
    if (topic === undefined) return;
    const partition = random.nextInt(topic.partitions);
    switch (random.nextInt(4)) {
      case 0:
        return changeLeaders(this.context, 'preferred', null, ignore);
      case 1: {
        const replicas = this.shuffled(shape.nodes).slice(0, topic.replicationFactor);
        return changeReassignments(this.context, [{ topic: topic.name, partition, replicas }], ignore);
      }
      case 2: {
        const count = (this.partitionCounts.get(topic.name) ?? topic.partitions) + 1;
        if (count > topic.partitions + 2) return;
        this.partitionCounts.set(topic.name, count);
        const added = { topic: topic.name, totalPartitions: count };
        return addPartitions(this.context, [added], { validateOnly: false }, ignore);
      }
      default: {
        const name = `short-lived-${this.nextTopic++ % 2}`;
        const made = { topic: name, partitions: 1 + random.nextInt(2), replicationFactor: topic.replicationFactor };
        const remove = (): void => removeTopics(this.context, [name], ignore);
        return makeTopics(this.context, [made], { validateOnly: false }, () =>
          this.client.host.after(this.client.drawMs(MEAN_INTERVAL_MS), remove));
      }
    }
  }

  private shuffled(count: number): number[] {
    const ids = Array.from({ length: count }, (_, id) => id);
    for (let at = ids.length - 1; at > 0; at--) {
      const other = this.client.random.nextInt(at + 1);
      [ids[at], ids[other]] = [ids[other] as number, ids[at] as number];
    }
    return ids;
  }
}

const RETRY_MS = 200;
const MEAN_INTERVAL_MS = 2500;

/** Operations may fail under faults; what they have done is judged by the invariants. */
function ignore(_outcome: Outcome<unknown>): void {}
