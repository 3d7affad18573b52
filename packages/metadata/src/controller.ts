/** The controller: decides over brokers, topics and partitions, as a state machine over Raft's log. */
import { ErrorCode, type Random, randomUuid, reachable } from '@hapax/base';
import {
  Coordinator, type CoordinatorPhase, type LogWriter, type Outcome, type RecordPosition,
} from '@hapax/state-machine';
import { ClusterImage } from './cluster-image.ts';
import type { ControllerConfig } from './controller-config.ts';
import { SUPPORTED_FEATURES } from './features.ts';
import type { HandlerContext, HandlerResult } from './handler-context.ts';
import { HANDLERS } from './handlers.ts';
import { fencingRecords } from './handlers/broker-heartbeat.ts';
import { EPOCH_OF_ENTRY } from './handlers/register-broker.ts';
import { Heartbeats } from './heartbeats.ts';
import { balanceLeaders, electLeaderless } from './leadership.ts';
import type { MetadataBatch, MetadataRecord } from './records.ts';
import type { AnswerOf, ControllerAnswer, ControllerOperations, ControllerRequest, OperationName } from './requests.ts';

export interface ControllerOptions {
  /** Appends batches to Raft's log, one entry each. */
  readonly writer: LogWriter<MetadataBatch>;
  readonly config: ControllerConfig;
  readonly random: Random;
}

/**
 * Every decision is one batch, which all nodes apply as a whole. A new leader of Raft calls `beginLoading`, `restore`
 * with an image of its own, and `becomeActive` once its own first entry is applied; only then does it decide anything,
 * so that nobody decides on less than what was committed [bug 87].
 */
export class Controller {
  private readonly coordinator: Coordinator<ClusterImage, MetadataBatch>;
  private readonly heartbeats: Heartbeats;
  private readonly config: ControllerConfig;
  private readonly random: Random;
  private balanceDueMs = 0;
  /** The index of the entry that the request in hand appended; undefined where it appended none. */
  private appendedAt: number | undefined;

  constructor({ writer, config, random }: ControllerOptions) {
    this.config = config;
    this.random = random;
    this.heartbeats = new Heartbeats(config);
    this.coordinator = new Coordinator({
      fresh: () => new ClusterImage({ trackChanges: false }),
      writer: { append: (batches) => this.append(writer, batches) },
      parkedMax: config.parkedMax,
      commitTimeoutMs: config.commitTimeoutMs,
    });
  }

  get phase(): CoordinatorPhase {
    return this.coordinator.phase;
  }

  /** The image with every appended batch in it, committed or not. For inspection and checks; never written to. */
  get image(): ClusterImage {
    return this.coordinator.state;
  }

  /** This node came to lead Raft's log: everything is forgotten until the image is restored. */
  beginLoading(): void {
    this.coordinator.beginLoading();
  }

  /** The image as of an index, which is this controller's own from now on. Only while loading. */
  restore(image: ClusterImage, offset: number): void {
    image.passOver(offset);
    this.coordinator.restore(image, offset);
  }

  /** A batch of the log beyond the restored image, in order. Only while loading. */
  replayLoaded(batch: MetadataBatch, at: RecordPosition): void {
    this.coordinator.replayLoaded(batch, at);
  }

  /** The controller decides from now on. Every broker gets a full session; a fresh cluster gets its first batch. */
  becomeActive(committedOffset: number, nowMs: number): void {
    this.coordinator.becomeActive(committedOffset);
    this.heartbeats.reset(nowMs);
    this.balanceDueMs = nowMs + this.config.leaderBalanceIntervalMs;
    for (const { brokerId, brokerEpoch } of this.image.brokers) this.heartbeats.touch(brokerId, brokerEpoch);
    if (this.image.clusterId === undefined) this.decide(nowMs, () => this.firstBatch());
  }

  /** This node leads the log no longer: what waited is answered NOT_COORDINATOR. */
  becomeInactive(): void {
    this.coordinator.becomeInactive();
  }

  /** Everything up to and with this index is committed: the answers that waited for it go out. */
  onCommitted(offset: number): void {
    this.coordinator.onCommitted(offset);
  }

  /** Time passed: call it at least every `clockStepMaxMs`, or sessions last longer than they should. */
  tick(nowMs: number): void {
    this.coordinator.tick(nowMs);
    if (this.phase !== 'active') return;
    this.heartbeats.advance(nowMs);
    for (const broker of this.image.aliveBrokers()) {
      if (this.heartbeats.hasSession(broker.brokerId)) continue;
      reachable('metadata: a broker is fenced for its silence');
      this.decide(nowMs, ({ image }) => fencingRecords(image, broker));
    }
    if (nowMs < this.balanceDueMs) return;
    this.balanceDueMs = nowMs + this.config.leaderBalanceIntervalMs;
    this.decide(nowMs, ({ image }) => this.leaderMoves(image));
  }

  /**
   * Decides a request, and answers when all that it wrote and saw is committed. Errors of the frame (this node does not
   * lead, is loading, is overloaded, does not know the operation, or the commit took too long) come as an outcome that
   * is not ok.
   */
  request<Q extends ControllerRequest>(
    request: Q,
    nowMs: number,
    respond: (outcome: Outcome<AnswerOf<Q>>) => void,
  ): void {
    this.heartbeats.advance(nowMs);
    const { type } = request as { readonly type: OperationName };
    // A newer node may ask what this one does not know yet.
    if (!Object.hasOwn(HANDLERS, type)) return respond({ ok: false, error: ErrorCode.UNSUPPORTED_VERSION });
    this.perform(type, request, nowMs, respond as (outcome: Outcome<ControllerAnswer>) => void);
  }

  private perform<T extends OperationName>(
    type: T,
    request: ControllerOperations[T]['request'],
    nowMs: number,
    respond: (outcome: Outcome<ControllerOperations[T]['answer']>) => void,
  ): void {
    type Answer = ControllerOperations[T]['answer'];
    const handled = { epoch: undefined as number | undefined };
    const finish = (outcome: Outcome<Answer>): void =>
      respond(outcome.ok ? { ok: true, answer: withEpoch(outcome.answer, handled.epoch ?? this.appendedAt) } : outcome);
    this.appendedAt = undefined;
    this.coordinator.execute<Answer>(nowMs, (image) => batched(HANDLERS[type](this.context(image), request)), finish);
    handled.epoch = this.appendedAt;
    if (type === 'register-broker' && this.appendedAt !== undefined) this.onRegistered(request);
  }

  /** The session of a broker begins with its registration, committed or not: a later failure only costs a new try. */
  private onRegistered(request: ControllerRequest): void {
    if (request.type !== 'register-broker') return;
    const broker = this.image.broker(request.brokerId);
    if (broker !== undefined) this.heartbeats.touch(broker.brokerId, broker.brokerEpoch);
  }

  /** Decides something that nobody asked for. */
  private decide(nowMs: number, records: (context: HandlerContext) => readonly MetadataRecord[]): void {
    const nobody = (): void => undefined;
    this.coordinator.execute(
      nowMs,
      (image) => batched({ records: records(this.context(image)), answer: undefined }),
      nobody,
    );
  }

  private context(image: ClusterImage): HandlerContext {
    return { image, heartbeats: this.heartbeats, config: this.config, random: this.random };
  }

  private firstBatch(): MetadataRecord[] {
    const clusterId = this.config.clusterId ?? randomUuid(this.random);
    const records: MetadataRecord[] = [{ type: 'cluster', clusterId }];
    for (const [name, { fresh }] of Object.entries(SUPPORTED_FEATURES)) {
      if (fresh > 0) records.push({ type: 'feature', name, level: fresh });
    }
    for (const [key, value] of Object.entries(this.config.initialConfigs)) {
      records.push({ type: 'config', resourceType: 'broker', resourceName: '', key, value });
    }
    return records;
  }

  private leaderMoves(image: ClusterImage): MetadataRecord[] {
    const most = this.config.leaderMovesMax;
    const found: MetadataRecord[] = electLeaderless(image, most);
    const isOff = image.clusterConfig('auto.leader.rebalance.enable')?.trim().toLowerCase() === 'false';
    return isOff || found.length >= most ? found : [...found, ...balanceLeaders(image, most - found.length)];
  }

  private append(
    writer: LogWriter<MetadataBatch>,
    batches: readonly MetadataBatch[],
  ): ReturnType<LogWriter<MetadataBatch>['append']> {
    const outcome = writer.append(batches);
    if (outcome.accepted) this.appendedAt = outcome.baseOffset;
    return outcome;
  }
}

/** All records of a decision are one batch: one entry of Raft's log. */
function batched<A>({ records, answer }: HandlerResult<A>): { records: readonly MetadataBatch[]; answer: A } {
  return { records: records.length === 0 ? [] : [records], answer };
}

/** The epoch of a new registration is the index of its entry, known only once it is appended. */
function withEpoch<A>(answer: A, appendedAt: number | undefined): A {
  if (typeof answer !== 'object' || answer === null || !('brokerEpoch' in answer)) return answer;
  if (answer.brokerEpoch !== EPOCH_OF_ENTRY) return answer;
  return { ...answer, brokerEpoch: appendedAt };
}
