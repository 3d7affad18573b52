/** All clients of a run: producers, groups whose members come and go, and an operator. */
import { fetchCommitted, type CommittedOffset } from '@hapax/client/machines';
import type { Host } from '@hapax/testkit';
import { HistoryRecorder, KeyedRecorder, type History } from '@hapax/history';
import { demand } from '../invariants/violation.ts';
import type { ClusterWatch } from '../cluster-watch.ts';
import type { Plan } from '../swarm.ts';
import { Consuming, type ConsumedText, type ConsumptionLedger } from './consuming.ts';
import { judgeHistory, noteRead, SendNotes } from './client-history.ts';
import { EndProbing } from './end-probing.ts';
import { judgeProbing, MetadataProbing, PROBES } from './metadata-probing.ts';
import { Operating } from './operating.ts';
import { Producing } from './producing.ts';
import type { FinalStep, RunWorkload } from './run-workload.ts';
import type { ClientWorld } from './sim-client.ts';

/** A committed position of a group. */
interface GroupPosition extends CommittedOffset {
  readonly groupId: string;
}

/** Starts, watches and stops the clients. */
export class Workload implements RunWorkload {
  private readonly operator: Operating;
  consumedCount = 0;
  private readonly world: ClientWorld;
  private readonly plan: Plan;
  private readonly watch: ClusterWatch;
  private readonly recorder = new HistoryRecorder();
  private readonly sends = new SendNotes(this.recorder);
  private readonly keyed = new KeyedRecorder();
  private readonly probes: readonly MetadataProbing[];
  private readonly ends: EndProbing;
  private readonly producers: Producing[] = [];
  private readonly members = new Map<number, Consuming>();
  private readonly reader: { consuming: Consuming | undefined } = { consuming: undefined };
  /** By group, topic and partition: the highest offset before which a member has processed everything. */
  private readonly processed = new Map<string, number>();
  private readonly topicIds = new Map<string, string>();
  private nextMember = 0;
  private isStopped = false;

  constructor(world: ClientWorld, plan: Plan, watch: ClusterWatch) {
    this.world = world;
    this.plan = plan;
    this.watch = watch;
    this.operator = new Operating(world, plan);
    this.ends = new EndProbing(world, plan.workload.topics);
    this.probes = PROBES.map((name) => new MetadataProbing(name, PROBES, world, this.keyed));
  }

  prepare(done: () => void): void {
    this.operator.makeTopics(done);
  }

  /** The topics are there: go. */
  start(): void {
    const { workload } = this.plan;
    for (let index = 0; index < workload.producers; index++) {
      const producing = new Producing(`producer${index}`, this.world, workload, {
        onFate: (id, fate) => {
          this.watch.producers.onFate(id, fate);
          this.sends.onFate(id, fate);
        },
        onSend: (id) => this.sends.onSend(id),
      });
      this.producers.push(producing);
      producing.start();
    }
    for (let group = 0; group < workload.groups; group++) {
      for (let slot = 0; slot < workload.consumersPerGroup; slot++) this.joinGroup(group * SLOTS + slot);
    }
    if (!workload.hasOperations) return;
    this.operator.start();
    this.ends.start();
    for (const probe of this.probes) probe.start();
  }

  hosts(): readonly Host[] {
    return [...this.producers, ...this.members.values()].map(({ client }) => client.host);
  }

  onHealed(): void {}

  transactionFigures(): null {
    return null;
  }

  /** Nothing new is begun: no records, no operations, no comings and goings. */
  stop(): void {
    this.isStopped = true;
    this.operator.stop();
    this.ends.stop();
    for (const probe of this.probes) probe.stop();
    for (const producer of this.producers) producer.stop();
  }

  /** Producers may not know yet what became of records. */
  unfinished(): string | undefined {
    const outstanding = this.producers.reduce((sum, producer) => sum + producer.outstanding, 0);
    return outstanding > 0 ? `${outstanding} records have no outcome` : undefined;
  }

  finalSteps(): readonly FinalStep[] {
    let isCommitted = false;
    const ask = (): void => this.checkCommitted((isAll) => {
      isCommitted = isAll;
      if (!isAll) this.world.time.after(ASK_AGAIN_MS, ask);
    });
    return [
      { what: 'everything is read again', begin: () => this.readAll(), missing: () => this.unread() },
      { what: 'groups have processed everything', begin() {}, missing: () => this.unprocessed() },
      {
        what: 'groups have committed everything',
        begin: ask,
        missing: () => (isCommitted ? undefined : 'not all is committed'),
      },
      { what: 'histories are judged', begin: () => this.judge(), missing: () => undefined },
    ];
  }

  clientHistory(): History {
    return this.recorder.history();
  }

  private judge(): void {
    judgeHistory(this.recorder);
    judgeProbing(this.keyed);
  }

  /** Begins to read every partition from its start, outside of any group. */
  private readAll(): void {
    const settings = { groupId: null, isolationLevel: 'read_uncommitted', autoCommitIntervalMs: null } as const;
    const consuming = new Consuming('reader', this.world, this.plan.workload, settings, this.ledgerOf('reader'));
    this.reader.consuming = consuming;
    consuming.assign(this.partitions().map(({ topic, partition }) => ({ topic, partition })));
  }

  /** Why the reader has not read everything yet; undefined when it has. */
  private unread(): string | undefined {
    for (const { topicId, topic, partition } of this.partitions()) {
      const end = this.watch.inSync.committed(topicId, partition)?.endOffset ?? 0;
      const position = this.reader.consuming?.positions.get(`${topic}-${partition}`) ?? 0;
      if (position >= end) continue;
      const failures = this.reader.consuming?.failures.join('; ');
      return `a reader is at ${position} of ${end} in ${topic}-${partition} (${failures})`;
    }
    return undefined;
  }

  /** Why a group is not done yet; undefined when all groups have processed everything. */
  private unprocessed(): string | undefined {
    for (let group = 0; group < this.plan.workload.groups; group++) {
      for (const { topicId, topic, partition } of this.partitions()) {
        const end = this.watch.inSync.committed(topicId, partition)?.endOffset ?? 0;
        const done = this.processed.get(`group${group}/${topic}/${partition}`) ?? 0;
        if (done < end) return `group${group} has processed ${done} of ${end} in ${topic}-${partition}`;
      }
    }
    return undefined;
  }

  /** Asks what the groups have committed and checks it; `done` hears whether all of it is committed. */
  private checkCommitted(done: (isAll: boolean) => void): void {
    const { groups } = this.plan.workload;
    let waiting = groups;
    let isAll = true;
    if (groups === 0) return done(true);
    for (let group = 0; group < groups; group++) {
      const groupId = `group${group}`;
      const call = { groupId, lane: 'admin', deadlineMs: 5000 };
      fetchCommitted(this.operator.client.cluster, call, null, false, (outcome) => {
        isAll &&= outcome.ok && this.isAllCommitted(outcome.value.map((one) => ({ ...one, groupId })));
        waiting -= 1;
        if (waiting === 0) done(isAll);
      });
    }
  }

  private ledgerOf(name: string): ConsumptionLedger {
    return {
      onConsumed: (topic, partition, records) => {
        this.onConsumed(topic, partition, records);
        noteRead(this.recorder, name, `${topic}-${partition}`, records);
      },
      onProcessed: (groupId, topic, partition, nextOffset) => this.onProcessed(groupId, topic, partition, nextOffset),
    };
  }

  private onConsumed(topic: string, partition: number, records: readonly ConsumedText[]): void {
    this.consumedCount += records.length;
    const topicId = this.topicIdOf(topic);
    if (topicId === undefined) return;
    for (const { offset, value } of records) this.watch.inSync.onConsumed(topicId, topic, partition, offset, value);
  }

  private onProcessed(groupId: string, topic: string, partition: number, nextOffset: number): void {
    const key = `${groupId}/${topic}/${partition}`;
    this.processed.set(key, Math.max(nextOffset, this.processed.get(key) ?? 0));
  }

  private isAllCommitted(committed: readonly GroupPosition[]): boolean {
    let isAll = committed.length > 0;
    for (const { groupId, topic, partition, offset } of committed) {
      const done = this.processed.get(`${groupId}/${topic}/${partition}`) ?? 0;
      demand(offset <= done, 'group', () =>
        `${groupId} has committed ${offset} of ${topic}-${partition}, but processed ${done}`);
      isAll &&= offset === done;
    }
    return isAll;
  }

  /** A member joins, and after a while leaves or dies, and another one comes in its place. */
  private joinGroup(slot: number): void {
    const groupId = `group${Math.floor(slot / SLOTS)}`;
    const settings = { groupId, isolationLevel: 'read_uncommitted', autoCommitIntervalMs: 700 } as const;
    const name = `member${this.nextMember++}`;
    const member = new Consuming(name, this.world, this.plan.workload, settings, this.ledgerOf(name));
    this.members.set(slot, member);
    member.subscribe(this.plan.workload.topics.map(({ name }) => name));
    const { client } = member;
    this.world.time.after(client.drawMs(this.plan.workload.consumerLifeMs), () => {
      if (this.isStopped) return;
      if (client.random.nextInt(2) === 0) member.close();
      else client.kill(client.random.nextInt(2) === 0);
      this.joinGroup(slot);
    });
  }

  /** The partitions of the workload's topics. */
  private partitions() {
    const names = new Set(this.plan.workload.topics.map(({ name }) => name));
    return this.watch.inSync.partitions().filter(({ topic }) => names.has(topic));
  }

  private topicIdOf(topic: string): string | undefined {
    const known = this.topicIds.get(topic);
    if (known !== undefined) return known;
    const state = this.watch.inSync.partitions().find((one) => one.topic === topic);
    if (state !== undefined) this.topicIds.set(topic, state.topicId);
    return state?.topicId;
  }
}

const ASK_AGAIN_MS = 500;
/** More than any group has members. */
const SLOTS = 10;
