/** A cluster under random operations, with a log for every replica, to see whether acknowledged records get lost. */
import { type ClusterImage, copyImage, type MetadataRecord, type PartitionImage, decodeBatch } from '../src/index.ts';
import { TestCluster } from './test-cluster.ts';

const BROKERS = [1, 2, 3, 4];
const TOPIC = 't';

/** One random operation: what to do, and two numbers that say to whom. */
export type Step = readonly [operation: number, first: number, second: number];

/** Logs are lists of record numbers, by `partition/broker`; `acked` is what must never be lost, by partition. */
export class Model {
  readonly cluster = new TestCluster();
  private readonly logs = new Map<string, readonly number[]>();
  private readonly acked = new Map<number, readonly number[]>();
  private readonly epochsSeen = new Set<number>();
  private nextRecord = 1;
  /** The image as of the last batch that was checked. */
  private before: ClusterImage;
  /** What the leader asked for in the step at hand. */
  private wanted: { readonly partition: number; readonly isr: readonly number[] } | undefined;

  constructor() {
    this.cluster.start(...BROKERS);
    this.cluster.createTopic(TOPIC, [1, 2, 3], [2, 3, 4], [3, 4, 1], [4, 1, 2]);
    for (const partition of this.partitions()) this.acked.set(partition.partition, []);
    this.before = copyImage(this.cluster.committed, { trackChanges: false });
  }

  /** Performs a step and checks every batch that it wrote. Throws where an invariant is broken. */
  run([operation, first, second]: Step): void {
    const broker = BROKERS[first % BROKERS.length] as number;
    const partition = this.partitions()[second % 4] as PartitionImage;
    this.wanted = undefined;
    this.perform(operation % 16, broker, partition, first >>> 4);
    this.checkNewBatches();
    this.checkAcked();
  }

  private perform(operation: number, broker: number, partition: PartitionImage, draw: number): void {
    const { cluster } = this;
    switch (operation) {
      case 0: case 1: case 2: case 3:
        return this.produce(partition, draw);
      case 4: case 5:
        return void cluster.heartbeat(broker);
      case 6: case 7:
        return cluster.kill(broker);
      case 8:
        return this.restart(broker, true);
      case 9:
        return this.restart(broker, false);
      case 10: case 11: case 12:
        return this.alterIsr(partition, draw);
      case 13:
        return void cluster.heartbeat(broker, draw % 2 === 0 ? { shutdown: true } : { fence: true });
      case 14:
        return this.reassign(partition, draw);
      default:
        return this.administer(partition, draw);
    }
  }

  /** The leader appends; who is in sync gets it; with enough in sync it is acknowledged. Below that, chance decides. */
  private produce(partition: PartitionImage, draw: number): void {
    if (partition.leader === -1) return;
    const log = [...this.log(partition, partition.leader), this.nextRecord++];
    const isFull = partition.isr.length >= this.cluster.image.minInsyncReplicas(TOPIC, partition.replicas.length);
    partition.isr.forEach((id, at) => {
      if (isFull || id === partition.leader || (draw >>> at) % 2 === 0) this.setLog(partition, id, log);
    });
    if (isFull) this.acked.set(partition.partition, log);
  }

  private restart(broker: number, clean: boolean): void {
    const epoch = this.cluster.epoch(broker);
    const answer = this.cluster.register(broker, { clean });
    if (answer.error !== 0) return;
    const known = answer.brokerEpoch === epoch || this.epochsSeen.has(answer.brokerEpoch);
    if (known) throw new Error('a broker epoch was used twice');
    this.epochsSeen.add(answer.brokerEpoch);
    if (!clean) for (const partition of this.partitions()) this.setLog(partition, broker, []);
  }

  /** The leader asks for a random ISR of replicas that caught up, sometimes with the epoch of an earlier process. */
  private alterIsr(partition: PartitionImage, draw: number): void {
    if (partition.leader === -1) return;
    const isr = partition.replicas.filter((id, at) => id === partition.leader || (draw >>> at) % 2 === 0);
    const stale = draw % 7 === 0 ? partition.replicas[draw % partition.replicas.length] : undefined;
    const before = new Map(isr.map((id) => [id, this.log(partition, id)]));
    const leaderLog = this.log(partition, partition.leader);
    for (const id of isr) if (!partition.isr.includes(id)) this.setLog(partition, id, leaderLog);
    this.wanted = { partition: partition.partition, isr };
    const state = draw % 3 === 0 && isr.length === 1 ? partition.leaderRecoveryState : 'recovered';
    const epochs = stale === undefined ? {} : { [stale]: 1 };
    const { error } = this.cluster.alterIsr(TOPIC, isr, { partition: partition.partition, epochs, state });
    const refused = error !== 0 && error !== 108;
    if (refused) for (const [id, log] of before) this.setLog(partition, id, log);
    if (!refused && stale !== undefined && isr.includes(stale)) throw new Error('a stale epoch was accepted');
  }

  private reassign(partition: PartitionImage, draw: number): void {
    const replicas = BROKERS.filter((_id, at) => (draw >>> at) % 2 === 0);
    const wish = { partition: partition.partition, replicas: draw % 5 === 0 ? null : replicas };
    this.cluster.ask({ type: 'alter-reassignments', topics: [{ name: TOPIC, partitions: [wish] }] });
  }

  private administer(partition: PartitionImage, draw: number): void {
    const { cluster } = this;
    const topics = [{ name: TOPIC, partitions: [partition.partition] }];
    if (draw % 5 === 0) cluster.failOver();
    else if (draw % 5 === 1) cluster.ask({ type: 'elect-leaders', kind: 'preferred', topics });
    else if (draw % 5 === 2) cluster.ask({ type: 'elect-leaders', kind: 'unclean', topics });
    else cluster.setConfig('topic', TOPIC, 'min.insync.replicas', String(1 + (draw % 3)));
  }

  private checkNewBatches(): void {
    for (let at = this.before.metadataOffset; at < this.cluster.index; at++) {
      const batch = decodeBatch(this.cluster.batches[at] as Uint8Array);
      const after = copyImage(this.before, { trackChanges: false });
      after.replay(batch, { offset: at + 1, timestampMs: 0 });
      for (const record of batch) this.checkRecord(record, after);
      this.checkImage(after);
      this.before = after;
    }
  }

  private checkRecord(record: MetadataRecord, after: ClusterImage): void {
    if (record.type !== 'partition-change') return;
    const old = this.before.partition(record.topicId, record.partition) as PartitionImage;
    const next = after.partition(record.topicId, record.partition) as PartitionImage;
    const wanted = this.wanted?.partition === record.partition ? this.wanted.isr : [];
    const surely = [...old.isr, ...old.elr, ...wanted];
    const isUnclean = next.leaderRecoveryState === 'recovering' && next.leaderEpoch > old.leaderEpoch;
    const check = (holds: boolean, broken: string): void => {
      if (!holds) throw new Error(`partition ${record.partition}: ${broken}`);
    };
    check(next.leader === old.leader || next.leaderEpoch > old.leaderEpoch, 'a leader without an epoch of its own');
    check(next.leader === -1 || isUnclean || surely.includes(next.leader), 'a leader was not eligible [I5]');
    check(next.elr.every((id) => surely.includes(id)), 'a replica became eligible out of nothing [I5]');
    check(next.partitionEpoch > old.partitionEpoch, 'a partition epoch did not grow');
    if (isUnclean && next.leader !== old.leader) this.acked.set(next.partition, this.log(next, next.leader));
  }

  private checkImage(image: ClusterImage): void {
    for (const { partition, leader, isr, replicas } of image.topicByName(TOPIC)?.partitions ?? []) {
      const idle = isr.filter((id) => !image.isActive(id));
      if (idle.length > 0) throw new Error(`partition ${partition}: [${idle}] are in the ISR but not active [I6]`);
      if (leader === -1 && isr.length > 0) throw new Error(`partition ${partition}: ISR [${isr}] but no leader [I12]`);
      if (new Set(replicas).size < replicas.length) throw new Error(`partition ${partition}: replicas [${replicas}]`);
    }
  }

  private checkAcked(): void {
    for (const partition of this.partitions()) {
      if (partition.leader === -1) continue;
      const acked = this.acked.get(partition.partition) ?? [];
      const log = this.log(partition, partition.leader);
      const lost = acked.find((record, at) => log[at] !== record);
      if (lost === undefined) continue;
      throw new Error(`partition ${partition.partition}: record ${lost} is lost at ${partition.leader} [I2]`);
    }
  }

  private partitions(): readonly PartitionImage[] {
    return this.cluster.image.topicByName(TOPIC)?.partitions ?? [];
  }

  private log(partition: PartitionImage, broker: number): readonly number[] {
    return this.logs.get(`${partition.partition}/${broker}`) ?? [];
  }

  private setLog(partition: PartitionImage, broker: number, log: readonly number[]): void {
    this.logs.set(`${partition.partition}/${broker}`, log);
  }
}
