/** A client that does what clients of Kafka did before KIP-890, step by step, and one EndTxn of it that is held up. */
import { encodeText } from '@hapax/base';
import { call } from '@hapax/client/machines';
import { checkHistory, HistoryRecorder, type History, type HistoryVerdict } from '@hapax/history';
import { addPartitionsToTxn, endTxn, initProducerId, produce } from '@hapax/wire';
import { BatchBuilder } from '@hapax/wire/records';
import type { Plan } from '@hapax/simulator';
import type { ClusterWatch } from '../src/cluster-watch.ts';
import { Consuming } from '../src/workload/consuming.ts';
import { Operating } from '../src/workload/operating.ts';
import type { FinalStep, RunWorkload } from '../src/workload/run-workload.ts';
import { SimClient, type ClientWorld } from '../src/workload/sim-client.ts';

const ID = 'delayed';
const TOPIC = 'written';

/** The script, as the clients of a run. */
export class DelayedEnd implements RunWorkload {
  /** What the client was told about its EndTxns, in the order of the answers. */
  readonly told: string[] = [];
  readonly consumedCount = 0;
  private readonly world: ClientWorld;
  private readonly plan: Plan;
  private readonly watch: ClusterWatch;
  private readonly version: 1 | 2;
  private readonly operator: Operating;
  /** One process with two connections: what the first one sends is held up on its way. */
  private readonly held: SimClient;
  private readonly client: SimClient;
  private readonly history = new HistoryRecorder();
  private identity = { producerId: -1, producerEpoch: -1 };
  private isDone = false;

  constructor(world: ClientWorld, plan: Plan, watch: ClusterWatch, version: 1 | 2) {
    this.world = world;
    this.plan = plan;
    this.watch = watch;
    this.version = version;
    watch.transactions.clients.mayEndLate = true;
    this.operator = new Operating(world, plan);
    this.held = new SimClient('held', world);
    this.client = new SimClient('client', world);
    this.client.cluster.track(TOPIC);
  }

  get delayedEnds(): number {
    return this.watch.transactions.clients.delayedEndCount;
  }

  judge(): HistoryVerdict {
    return checkHistory(this.history.history(), { usesSubscribe: false, hasFinalReads: true });
  }

  prepare(done: () => void): void {
    this.operator.makeTopics(() => this.operator.setFeature('transaction.version', this.version, done));
  }

  start(): void {
    this.askIdentity(() => this.write('client#0', 0, 0, () => this.holdCommit()));
  }

  hosts() {
    return [];
  }

  onHealed(): void {}

  clientHistory(): History {
    return this.history.history();
  }

  stop(): void {}

  unfinished(): string | undefined {
    return this.isDone ? undefined : 'the script is not at its end';
  }

  finalSteps(): readonly FinalStep[] {
    const settings = { groupId: null, isolationLevel: 'read_committed', autoCommitIntervalMs: null } as const;
    let startedMs = 0;
    const begin = (): void => {
      startedMs = this.world.time.nowMs;
      const reader = new Consuming('reader', this.world, this.plan.workload, settings, {
        onConsumed: (topic, partition, records) => {
          const named = records.map(({ offset, value }) => ({ offset, value: value.split(':')[1] as string }));
          this.history.poll('reader', 'read-committed', `${topic}-${partition}`, named);
        },
        onProcessed() {},
      });
      reader.assign([0, 1].map((partition) => ({ topic: TOPIC, partition })));
    };
    const missing = () => (this.world.time.nowMs - startedMs < 3000 ? 'a reader looks around' : undefined);
    return [{ what: 'everything is read', begin, missing }];
  }

  transactionFigures(): null {
    return null;
  }

  /** The commit leaves, and does not arrive. After a while the client gives up, and aborts over another connection. */
  private holdCommit(): void {
    const { network, time } = this.world;
    this.watch.transactions.clients.onAsked('client#0', 'commit');
    for (const { host } of this.watch.nodes) network.cut(this.held.host, host);
    const { identity } = this;
    this.end(this.held, identity, true, (error) => {
      this.told.push(`late commit: ${error}`);
      time.after(200, () => this.finish());
    });
    time.after(1000, () => {
      this.watch.transactions.clients.onAsked('client#0', 'abort');
      this.end(this.client, identity, false, (error) => {
        this.told.push(`abort: ${error}`);
        this.watch.transactions.clients.onTold('client#0', 'abort');
        this.record('client#0', 0, 'fail');
        this.write('client#1', 1, this.version === 2 ? 0 : 1, () => network.healAll());
      });
    });
  }

  /** The commit has arrived while the second transaction was open, whose client wants to abort it. */
  private finish(): void {
    this.watch.transactions.clients.onAsked('client#1', 'abort');
    this.end(this.client, this.identity, false, (error) => {
      this.told.push(`abort: ${error}`);
      this.record('client#1', 1, 'fail');
      this.isDone = true;
    });
  }

  private askIdentity(done: () => void): void {
    const { cluster } = this.held;
    const build = () => ({ transactionalId: ID, transactionTimeoutMs: 60_000 });
    const request = { ...COORDINATOR, api: initProducerId, what: 'InitProducerId', build };
    call(cluster, { ...request, errorOf: ({ errorCode }) => errorCode }, (outcome) => {
      if (!outcome.ok) throw outcome.error;
      const { producerId, producerEpoch } = outcome.value.response;
      this.identity = { producerId, producerEpoch };
      done();
    });
  }

  /** One record of a transaction; under version 1 its partition is added before. */
  private write(owner: string, number: number, sequence: number, done: () => void): void {
    const { clients } = this.watch.transactions;
    const { version, identity } = this;
    clients.onBegun(owner, { transactionalId: ID, version, ...identity });
    if (version === 2) return this.produce(owner, number, sequence, done);
    call(this.client.cluster, {
      ...COORDINATOR,
      api: addPartitionsToTxn,
      maxVersion: 3,
      what: 'AddPartitionsToTxn',
      build: () => ({
        v3AndBelowTransactionalId: ID,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: [{ name: TOPIC, partitions: [0] }],
      }),
      errorOf: ({ resultsByTopicV3AndBelow: [topic] }) => topic?.resultsByPartition[0]?.partitionErrorCode ?? 0,
    }, (outcome) => {
      if (!outcome.ok) throw outcome.error;
      this.produce(owner, number, sequence, done);
    });
  }

  private produce(owner: string, number: number, baseSequence: number, done: () => void): void {
    const builder = new BatchBuilder();
    const value = encodeText(`client:${number}:${owner}:`);
    builder.append({ timestampMs: this.client.host.wallMs(), key: null, value });
    const records = builder.build({ ...this.identity, baseSequence, transactional: true });
    const topicData = [{ name: TOPIC, partitionData: [{ index: 0, records }] }];
    call(this.client.cluster, {
      ...PATIENT,
      target: { kind: 'leader', topic: TOPIC, partition: 0 },
      api: produce,
      ...(this.version === 2 ? { minVersion: 12, maxVersion: 12 } : { maxVersion: 11 }),
      what: 'Produce',
      build: () => ({ transactionalId: ID, acks: -1, timeoutMs: 3000, topicData }),
      errorOf: ({ responses: [topic] }) => topic?.partitionResponses[0]?.errorCode ?? 0,
    }, (outcome) => {
      if (!outcome.ok) throw outcome.error;
      this.watch.transactions.clients.onAcked(owner);
      done();
    });
  }

  /** Ends whatever is open with an identity; `done` hears the name of the error. */
  private end(from: SimClient, identity: Identity, committed: boolean, done: (error: string) => void): void {
    call(from.cluster, {
      ...COORDINATOR,
      api: endTxn,
      ...(this.version === 2 ? { minVersion: 5 } : { maxVersion: 4 }),
      what: 'EndTxn',
      build: () => ({ transactionalId: ID, ...identity, committed }),
      errorOf: ({ errorCode }) => errorCode,
    }, (outcome) => {
      if (!outcome.ok) return done(String(outcome.error.details['errorName'] ?? outcome.error.code));
      const { producerId, producerEpoch } = outcome.value.response;
      if (this.version === 2) this.identity = { producerId, producerEpoch };
      done('NONE');
    });
  }

  /** Writes down what the client takes for true. */
  private record(owner: string, number: number, outcome: 'fail' | 'ok'): void {
    const work = this.history.begin({ process: owner, isTransaction: true, isolation: 'read-committed' });
    work.send(`${TOPIC}-0`, String(number));
    work.end(outcome);
  }
}

interface Identity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Nothing is given up while it is held up. */
const PATIENT = { lane: 'script', deadlineMs: 30_000, timeoutMs: 30_000 };
const COORDINATOR = { ...PATIENT, target: { kind: 'coordinator', keyType: 1, key: ID } } as const;
