/** What a coordinator works with: the log beneath it, who waits, which markers are owed, deadlines, and answers. */
import { Deadlines, ErrorCode, errorName, type Offset, sometimes } from '@hapax/base';
import { coordinatorError, type Coordinator } from '@hapax/state-machine';
import { answerOf } from './answer-shapes.ts';
import type { TransactionConfig } from './config.ts';
import { decide } from './decide.ts';
import { FenceLog } from './fence-log.ts';
import { MarkerWork } from './marker-work.ts';
import type { ReplayedState } from './replayed-state.ts';
import type { AnyTransactionAnswer, Instant, TokenAnswer } from './requests.ts';
import { isPrepared } from './states.ts';
import { refusal, type FencedOwner, type HandlerView, type ProducerIdSource, type Step, type Verdict } from './step.ts';
import type { Transaction, TransactionVersion } from './transaction.ts';
import type { TransactionRecord } from './transaction-record.ts';
import { expiresAtMs } from './transitions.ts';
import { WaitingRoom, type Waiting } from './waiting-room.ts';

/** What follows an append. */
export interface AppendSteps {
  /** The log took the records: what they say is so, unless this coordinator loses its log. */
  accepted?(): void;
  /** The log refused them: nothing changed. Followed by `done`. */
  refused?(error: ErrorCode): void;
  /** The end, once: NONE when the records are committed, else the log's own error. */
  done?(error: ErrorCode): void;
}

export interface LiveTransactionsOptions {
  readonly partition: number;
  readonly frame: Coordinator<ReplayedState, TransactionRecord>;
  readonly config: TransactionConfig;
  readonly producerIds: ProducerIdSource;
  readonly transactionVersion: () => TransactionVersion;
}

/** Soft state beside the replayed one: all of it is made anew from the log when a coordinator takes over. */
export class LiveTransactions<T> {
  readonly config: TransactionConfig;
  readonly room: WaitingRoom<T>;
  readonly work: MarkerWork;
  readonly fences: FenceLog;
  /** When an open transaction will have taken too long. */
  readonly timeouts = new Deadlines<string>();
  now: Instant = { nowMs: 0, wallMs: 0 };
  /** The leader epoch of this tenure. */
  coordinatorEpoch = -1;
  /** The log may say during an append that it is committed: nothing else is to be appended then. */
  isAppending = false;
  private readonly options: LiveTransactionsOptions;
  private committedOffset: Offset = -1;
  private answers: TokenAnswer<T>[] = [];

  constructor(options: LiveTransactionsOptions) {
    const { config, partition } = options;
    this.options = options;
    this.config = config;
    this.room = new WaitingRoom({ max: config.parkedRequestsMax });
    this.work = new MarkerWork({ coordinatorPartition: partition });
    this.fences = new FenceLog({ max: config.fencesMax });
  }

  /** The state with every appended record in it. */
  get state(): ReplayedState {
    return this.options.frame.state;
  }

  /** What handlers may look at. */
  get view(): HandlerView {
    const { config, producerIds, transactionVersion } = this.options;
    const isFull = this.state.size >= config.transactionalIdsMax;
    return { config, producerIds, transactionVersion: transactionVersion(), isFull, wallMs: this.now.wallMs };
  }

  /** Finds in the loaded log what is still to be done. */
  resume(committedOffset: Offset): void {
    this.committedOffset = committedOffset;
    const prepared: { readonly transactionalId: string; readonly offset: Offset }[] = [];
    for (const { transaction, offset } of this.state.all()) {
      const { transactionalId } = transaction;
      if (isPrepared(transaction.state)) prepared.push({ transactionalId, offset });
      else this.setTimeout(transaction);
    }
    sometimes(prepared.length > 0, 'txn: a new coordinator finds decided transactions');
    const isOpen = prepared.some(({ offset }) => offset > committedOffset);
    sometimes(isOpen, 'txn: a new coordinator finds a decision that is not committed');
    prepared.sort((a, b) => a.offset - b.offset);
    for (const { transactionalId, offset } of prepared) this.work.expect(transactionalId, offset);
    this.work.onCommitted(committedOffset, this.state, this.coordinatorEpoch);
  }

  /** The tenure is over: all who wait are told so, and the rest is forgotten. */
  end(): void {
    for (const waiting of this.room.takeAll()) {
      this.answerWith(waiting, refusal(ErrorCode.NOT_COORDINATOR, 'the coordinator moved; find it again'));
    }
    sometimes(this.work.openCount > 0, 'txn: a coordinator is deposed with markers under way');
    this.work.clear();
    for (const { transaction } of this.state.all()) this.timeouts.cancel(transaction.transactionalId);
  }

  /** Everything up to and with this offset is committed: what was prepared in it is owed its markers. */
  onCommitted(offset: Offset): void {
    if (offset <= this.committedOffset) return;
    this.committedOffset = offset;
    this.work.onCommitted(offset, this.state, this.coordinatorEpoch);
  }

  /** Decides a request; it is answered now, after the commit, or after it waited and was decided again. */
  run(waiting: Waiting<T>): void {
    const { request } = waiting;
    const step = decide(this.state.find(request.transactionalId), request, this.view);
    this.noteRefused(waiting, step);
    this.append(recordsOf(step.next, waiting.who), {
      accepted: () => {
        if (step.fenced !== undefined) this.noteFenced(step.fenced, waiting.who);
        if (step.waits) this.wait({ ...waiting, verdict: step.verdict });
      },
      refused: (error) => {
        if (step.waits) this.answerWith(waiting, verdictOf(error));
      },
      done: (error) => {
        if (!step.waits) this.answerWith(waiting, error === ErrorCode.NONE ? step.verdict : verdictOf(error));
      },
    });
  }

  /** Appends records, if there are any, and says when everything that was appended until then is committed. */
  append(records: readonly TransactionRecord[], steps: AppendSteps): void {
    let early: ErrorCode | undefined;
    let hasReturned = false;
    this.isAppending = true;
    this.options.frame.execute(this.now.nowMs, () => ({ records, answer: undefined }), (outcome) => {
      const error = outcome.ok ? ErrorCode.NONE : outcome.error;
      if (hasReturned) steps.done?.(error);
      else early = error;
    });
    hasReturned = true;
    this.isAppending = false;
    if (early !== undefined && early !== ErrorCode.NONE) {
      steps.refused?.(early);
    } else {
      for (const { transactionalId } of lastOfEach(records)) this.onMoved(transactionalId);
      steps.accepted?.();
    }
    if (early !== undefined) steps.done?.(early);
  }

  /** Answers a request that {@link decide} knows. */
  answerWith(waiting: Waiting<T>, verdict: Verdict): void {
    this.answer(waiting.token, answerOf(waiting.request, verdict));
  }

  /** Gives an answer to a request. Every request gets one, unless it was cancelled. */
  answer(token: T, answer: AnyTransactionAnswer): void {
    this.answers.push({ token, answer });
  }

  takeAnswers(): TokenAnswer<T>[] {
    const taken = this.answers;
    this.answers = [];
    return taken;
  }

  /** Somebody's epoch was raised over his head. */
  noteFenced(fenced: FencedOwner, who: string): void {
    const { cause, before } = fenced;
    const { transactionalId, producerId, producerEpoch } = before;
    const now = this.state.find(transactionalId) ?? before;
    this.fences.note({
      wallMs: this.now.wallMs,
      transactionalId,
      cause,
      fenced: { producerId, producerEpoch, who: this.state.timelines.holderOf(transactionalId, producerEpoch) },
      by: { producerId: now.producerId, producerEpoch: now.producerEpoch, who },
    });
  }

  /** Somebody came who had been fenced before. */
  noteRefused(waiting: Waiting<T>, step: Step): void {
    if (step.verdict.errorCode !== ErrorCode.PRODUCER_FENCED) return;
    const { transactionalId, body } = waiting.request;
    const holder = this.state.find(transactionalId);
    if (holder === undefined) return;
    this.fences.note({
      wallMs: this.now.wallMs,
      transactionalId,
      cause: 'refused',
      fenced: { producerId: body.producerId, producerEpoch: body.producerEpoch, who: waiting.who },
      by: {
        producerId: holder.producerId,
        producerEpoch: holder.producerEpoch,
        who: this.state.timelines.holderOf(transactionalId, holder.producerEpoch),
      },
    });
  }

  /** Keeps a request until its id's markers are written. */
  wait(waiting: Waiting<T>): void {
    const { transactionalId } = waiting.request;
    const transaction = this.state.find(transactionalId);
    // What the request itself set off may be over already: a transaction without partitions needs no markers.
    if (transaction === undefined || !isPrepared(transaction.state)) return this.run(waiting);
    const deadlineMs = this.now.nowMs + this.config.parkTimeoutMs;
    if (!this.room.offer({ ...waiting, deadlineMs })) this.answerWith(waiting, waiting.verdict);
  }

  private onMoved(transactionalId: string): void {
    const transaction = this.state.find(transactionalId);
    if (transaction === undefined || transaction.state !== 'Ongoing') this.timeouts.cancel(transactionalId);
    else if (this.timeouts.dueMs(transactionalId) === undefined) this.setTimeout(transaction);
    if (transaction === undefined || !isPrepared(transaction.state)) return;
    this.work.expect(transactionalId, this.state.offsetOf(transactionalId) ?? -1);
    this.work.onCommitted(this.committedOffset, this.state, this.coordinatorEpoch);
  }

  /** On the clock that never goes back, so that a step of the wall clock neither ends nor spares a transaction. */
  private setTimeout(transaction: Transaction): void {
    const expiresMs = expiresAtMs(transaction);
    if (expiresMs === undefined) return;
    const leftMs = Math.min(Math.max(expiresMs - this.now.wallMs, 0), transaction.timeoutMs);
    this.timeouts.set(transaction.transactionalId, this.now.nowMs + leftMs);
  }
}

/** The records that make an id become these, one after the other. */
export function recordsOf(values: readonly Transaction[], who: string): TransactionRecord[] {
  return values.map((value) => ({ transactionalId: value.transactionalId, value, who }));
}

/** How the end of an append looks to a client. */
export function verdictOf(error: ErrorCode): Verdict {
  return refusal(coordinatorError(error), `the transaction log answered ${errorName(error)}`);
}

/** Of several moves of one id in an append, the last one counts. */
function lastOfEach(records: readonly TransactionRecord[]): Iterable<TransactionRecord> {
  if (records.length === 1) return records;
  return new Map(records.map((record) => [record.transactionalId, record])).values();
}
