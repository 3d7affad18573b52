/** The transaction coordinator of one partition of `__transaction_state`: two-phase commit, with markers. [KIP-98] */
import { ErrorCode, unreachable, type LeaderEpoch, type Offset, type ProducerId } from '@hapax/base';
import {
  Coordinator, coordinatorError, type CoordinatorPhase, type LogWriter, type RecordPosition,
} from '@hapax/state-machine';
import { answerOf } from './answer-shapes.ts';
import { completeFinished } from './completion.ts';
import type { TransactionConfig } from './config.ts';
import type { TransactionRequest } from './decide.ts';
import type { Fence } from './fence-log.ts';
import { invalidAddPartitions } from './handlers/add-partitions-to-txn.ts';
import { describeError, describeTransaction } from './handlers/describe-transactions.ts';
import { invalidEndTxn } from './handlers/end-txn.ts';
import { invalidInitProducerId } from './handlers/init-producer-id.ts';
import { listError, listTransactionsOf } from './handlers/list-transactions.ts';
import { LiveTransactions } from './live-transactions.ts';
import type { MarkerOutcome, MarkerTask } from './marker-task.ts';
import { ReplayedState } from './replayed-state.ts';
import type {
  AddOffsetsRequest, AddPartitionsRequest, EndTxnRequest, InitProducerIdRequest, Instant, ListTransactionsAnswer,
  ListTransactionsRequest, RequestContext, TokenAnswer,
} from './requests.ts';
import { refusal, type ProducerIdSource, type Verdict } from './step.ts';
import { Sweeps } from './sweeps.ts';
import type { TimelineEntry } from './timeline.ts';
import type { TopicPartitions, Transaction, TransactionVersion } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';

export interface TransactionCoordinatorOptions {
  /** The partition of `__transaction_state`; marker tasks carry it. */
  readonly partition: number;
  readonly writer: LogWriter<TransactionRecord>;
  readonly config: TransactionConfig;
  readonly producerIds: ProducerIdSource;
  /** The cluster's finalized `transaction.version`, asked at every use. */
  transactionVersion(): TransactionVersion;
}

/** The offsets partition of a group, as AddOffsetsToTxn adds it. [A6] */
export interface OffsetsPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Requests are given with a token (whatever the driver answers with, another for each request) and get exactly one
 * answer, taken by {@link takeAnswers} after any call; requests that are cancelled get at most one. After any call
 * {@link takeMarkers} may have work, too. Times of calls must not go back.
 */
export class TransactionCoordinator<T> {
  private readonly frame: Coordinator<ReplayedState, TransactionRecord>;
  private readonly live: LiveTransactions<T>;
  private readonly sweeps: Sweeps<T>;

  constructor(options: TransactionCoordinatorOptions) {
    const { partition, writer, config, producerIds } = options;
    const { parkedAnswersMax: parkedMax, commitTimeoutMs } = config;
    this.frame = new Coordinator({ fresh: () => new ReplayedState(config), writer, parkedMax, commitTimeoutMs });
    const transactionVersion = (): TransactionVersion => options.transactionVersion();
    this.live = new LiveTransactions({ partition, frame: this.frame, config, producerIds, transactionVersion });
    this.sweeps = new Sweeps(this.live);
  }

  get phase(): CoordinatorPhase {
    return this.frame.phase;
  }

  /** What the log says, committed or not. For inspection and checks; never written to. */
  get state(): ReplayedState {
    return this.frame.state;
  }

  /** The leader epoch of the tenure that is, or was last. */
  get coordinatorEpoch(): LeaderEpoch {
    return this.live.coordinatorEpoch;
  }

  /** How many requests wait for the markers of the transaction before theirs. */
  get waitingCount(): number {
    return this.live.room.size;
  }

  /** This node came to lead the partition, or must read it again: whoever waits is told to ask anew. */
  beginLoading(coordinatorEpoch: LeaderEpoch): void {
    this.live.end();
    this.frame.beginLoading();
    this.live.coordinatorEpoch = coordinatorEpoch;
  }

  /** One record of the log, in order. Records that {@link decodeTransactionRecord} does not know are left out. */
  replayLoaded(record: TransactionRecord, at: RecordPosition): void {
    this.frame.replayLoaded(record, at);
  }

  /** Everything in the log was replayed. What is prepared and committed has its markers to be taken at once. [T9] */
  becomeActive(committedOffset: Offset, now: Instant): void {
    this.live.now = now;
    this.frame.becomeActive(committedOffset);
    this.live.resume(committedOffset);
    this.sweeps.restart();
    completeFinished(this.live);
  }

  /** This node leads the partition no longer. What it owes is found in the log by the next one. */
  becomeInactive(): void {
    this.live.end();
    this.frame.becomeInactive();
  }

  /** Everything up to and with this offset is committed. */
  onCommitted(offset: Offset, now: Instant): void {
    if (this.frame.phase !== 'active') return;
    this.live.now = now;
    this.frame.onCommitted(offset);
    this.live.onCommitted(offset);
    completeFinished(this.live);
  }

  /** Time passed: waits end, appends are tried again, transactions time out, ids expire. */
  tick(now: Instant): void {
    this.live.now = now;
    this.frame.tick(now.nowMs);
    if (this.frame.phase !== 'active') return;
    for (const waiting of this.live.room.takeDue(now.nowMs)) this.live.answerWith(waiting, waiting.verdict);
    completeFinished(this.live);
    this.sweeps.tick();
  }

  /** Its transactional id must not be null. Answered with {@link InitProducerIdAnswer}. */
  initProducerId(token: T, body: InitProducerIdRequest, context: RequestContext): void {
    const transactionalId = body.transactionalId ?? '';
    const invalid = invalidInitProducerId(body, this.live.config.maxTimeoutMs);
    this.serve(token, { kind: 'init-producer-id', transactionalId, body }, invalid, context);
  }

  /** The broker has checked before that all partitions exist [A3]. Answered with {@link AddPartitionsAnswer}. */
  addPartitions(token: T, body: AddPartitionsRequest, context: RequestContext): void {
    const { transactionalId } = body;
    const request = { kind: 'add-partitions', transactionalId, body, answersAs: 'add-partitions' } as const;
    this.serve(token, request, invalidAddPartitions(body), context);
  }

  /** Answered with {@link AddOffsetsAnswer}. */
  addOffsets(token: T, request: AddOffsetsRequest, offsets: OffsetsPartition, context: RequestContext): void {
    const { transactionalId, producerId, producerEpoch } = request;
    const topics = [{ name: offsets.topic, partitions: [offsets.partition] }];
    const body: AddPartitionsRequest = {
      transactionalId, producerId, producerEpoch, verifyOnly: false, transactionVersion: 0, topics,
    };
    const asked = { kind: 'add-partitions', transactionalId, body, answersAs: 'add-offsets' } as const;
    this.serve(token, asked, invalidAddPartitions(body), context);
  }

  /** The version says which protocol the client speaks [W8]. Answered with {@link EndTxnAnswer}. */
  endTxn(token: T, body: EndTxnRequest, context: RequestContext & { readonly apiVersion: number }): void {
    const { transactionalId } = body;
    const request = { kind: 'end-txn', transactionalId, body, apiVersion: context.apiVersion } as const;
    this.serve(token, request, invalidEndTxn(body), context);
  }

  /** One id of a DescribeTransactions. Answered with {@link DescribeTransactionAnswer}. */
  describeTransaction(token: T, transactionalId: string, now: Instant): void {
    this.live.now = now;
    if (transactionalId === '') {
      return this.live.answer(token, describeError(ErrorCode.INVALID_REQUEST, transactionalId));
    }
    const describe = (state: ReplayedState) => describeTransaction(transactionalId, state.find(transactionalId));
    this.frame.execute(now.nowMs, (state) => ({ records: [], answer: describe(state) }), (outcome) => {
      const answer = outcome.ok ? outcome.answer : describeError(coordinatorError(outcome.error), transactionalId);
      this.live.answer(token, answer);
    });
  }

  /** Immediate: a list is out of date when it arrives. Empty where this node does not coordinate. */
  listTransactions(request: ListTransactionsRequest, wallMs: number): ListTransactionsAnswer {
    switch (this.frame.phase) {
      case 'active':
        return listTransactionsOf(this.state.all(), request, wallMs);
      case 'loading':
        return listError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
      case 'inactive':
        return listTransactionsOf([], request, wallMs);
      default:
        return unreachable(this.frame.phase);
    }
  }

  /** A connection went: a request of it that waits for markers is forgotten. Nothing else is undone. */
  cancel(token: T): void {
    this.live.room.leave(token);
  }

  /** The answers that are ready, in the order they came about. */
  takeAnswers(): TokenAnswer<T>[] {
    return this.live.takeAnswers();
  }

  /** Markers to write, each task once a tenure. They are owed until {@link onMarkerOutcomes} has heard of all. */
  takeMarkers(): readonly MarkerTask[] {
    return this.live.work.takeTasks();
  }

  /** What became of markers: all that came in one turn, since the transactions that they complete share an append. */
  onMarkerOutcomes(outcomes: readonly MarkerOutcome[], now: Instant): void {
    if (this.frame.phase !== 'active') return;
    this.live.now = now;
    for (const { task, written, fencedBy } of outcomes) {
      if (fencedBy !== undefined) this.live.work.onFenced(task, fencedBy);
      this.live.work.onWritten(task, written);
    }
    completeFinished(this.live);
  }

  /** What is left of an id's markers, and what stopped them; undefined where none are owed. For inspection. */
  remainingMarkers(transactionalId: string):
    { readonly partitions: readonly TopicPartitions[]; readonly fencedBy: ErrorCode | undefined } | undefined {
    return this.live.work.remainingOf(transactionalId);
  }

  /** What happened to an id, oldest first, as far as it is remembered. For inspection. */
  timelineOf(transactionalId: string): readonly TimelineEntry[] {
    return this.state.timelines.of(transactionalId);
  }

  /** The last fencings of all ids, oldest first. For inspection. */
  fences(): readonly Fence[] {
    return this.live.fences.list();
  }

  /** The transactions of a producer id, or of one that it follows or is followed by. For inspection. */
  findByProducerId(producerId: ProducerId): Transaction[] {
    const found: Transaction[] = [];
    for (const { transaction } of this.state.all()) {
      const { previousProducerId, nextProducerId } = transaction;
      if ([transaction.producerId, previousProducerId, nextProducerId].includes(producerId)) found.push(transaction);
    }
    return found;
  }

  private serve(
    token: T,
    request: TransactionRequest,
    invalid: Verdict | undefined,
    context: RequestContext,
  ): void {
    this.live.now = { nowMs: context.nowMs, wallMs: context.wallMs };
    const verdict = invalid ?? this.notServing();
    if (verdict !== undefined) return this.live.answer(token, answerOf(request, verdict));
    const who = `${context.clientId}@${context.clientHost}`;
    this.live.run({ token, request, who, verdict: refusal(ErrorCode.CONCURRENT_TRANSACTIONS, ''), deadlineMs: 0 });
  }

  /** [T9] */
  private notServing(): Verdict | undefined {
    switch (this.frame.phase) {
      case 'active':
        return undefined;
      case 'loading':
        return refusal(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, 'the coordinator is loading its log; try again');
      case 'inactive':
        return refusal(ErrorCode.NOT_COORDINATOR, 'this node does not coordinate this transactional id; find it again');
      default:
        return unreachable(this.frame.phase);
    }
  }
}
