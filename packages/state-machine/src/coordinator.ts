/** The frame of every coordinator: a state machine over a log, whose answers wait until their records are committed. */
import {
  assert, BoundedQueue, ErrorCode, type ProducerEpoch, type ProducerId, reachable, sometimes,
} from '@hapax/base';

/** The producer in whose transaction records are written. */
export interface TransactionProducer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** Where a record stands in its log. */
export interface RecordPosition {
  /** Its offset (in a partition) or index (in Raft's log). */
  readonly offset: number;
  /** The time in its batch, in milliseconds since 1970. */
  readonly timestampMs: number;
  /** Whose transaction it belongs to; absent outside of transactions. */
  readonly producer?: TransactionProducer | undefined;
}

/** State that only records change, so that a replay of the log gives the same state on every node. */
export interface StateMachine<R> {
  replay(record: R, at: RecordPosition): void;
}

/** Appends records as part of a transaction. */
export interface TransactionalAppend extends TransactionProducer {
  /** What the log gave when it was asked whether the transaction has this partition. Opaque here; never kept. [V3] */
  readonly verification?: unknown;
}

/** What a handler decides: the records that make it so, and the answer to give once they are committed. */
export interface Decision<R, A> {
  readonly records: readonly R[];
  /** The transaction that the records are written in; absent outside of transactions. */
  readonly producer?: TransactionalAppend | undefined;
  readonly answer: A;
}

/**
 * The log's word on an append: accepted at these offsets, though not yet committed; or refused, with nothing written.
 */
export type AppendOutcome =
  | { readonly accepted: true; readonly baseOffset: number; readonly lastOffset: number; readonly timestampMs: number }
  | { readonly accepted: false; readonly error: ErrorCode };

/** Appends records to the log that the coordinator leads, all or none. It never waits. */
export interface LogWriter<R> {
  append(records: readonly R[], producer?: TransactionalAppend): AppendOutcome;
}

/** How a request ends: with the handler's answer, or with the error of the frame. */
export type Outcome<A> = { readonly ok: true; readonly answer: A } | { readonly ok: false; readonly error: ErrorCode };

/**
 * inactive: does not lead its log; every request is answered NOT_COORDINATOR. → loading
 * loading: leads, and replays what the log holds; COORDINATOR_LOAD_IN_PROGRESS. → active, inactive
 * active: serves. → inactive (deposed), loading (an append that was accepted got lost)
 */
export type CoordinatorPhase = 'inactive' | 'loading' | 'active';

const NEXT: Record<CoordinatorPhase, readonly CoordinatorPhase[]> = {
  inactive: ['loading'],
  loading: ['active', 'inactive', 'loading'],
  active: ['inactive', 'loading'],
};

export interface CoordinatorOptions<S, R> {
  /** Makes the state of an empty log. */
  fresh(): S;
  readonly writer: LogWriter<R>;
  /** How many answers may wait for their commit; further requests are answered COORDINATOR_NOT_AVAILABLE. */
  readonly parkedMax: number;
  /** How long an answer may wait for its commit before it becomes REQUEST_TIMED_OUT. Its records may commit later. */
  readonly commitTimeoutMs: number;
}

interface Parked {
  /** Released once everything up to and with this offset is committed. */
  readonly offset: number;
  readonly deadlineMs: number;
  finish(error: ErrorCode): void;
}

/**
 * Handlers decide, only `replay` writes. Records are replayed as soon as they are appended, so that the next handler
 * sees them; their answers, and those of requests that read them, wait for the commit.
 *
 * `S` is the state, `R` a record that handlers write, `X` what the log holds besides: written by others, such as the
 * markers that end transactions.
 */
export class Coordinator<S extends StateMachine<R | X>, R, X = never> {
  private readonly options: CoordinatorOptions<S, R>;
  private current: S;
  private currentPhase: CoordinatorPhase = 'inactive';
  private readonly parked: BoundedQueue<Parked>;
  /** The offset of the last record in `current`; −1 for none. Invariant while active: ≥ the committed offset. */
  private lastReplayedOffset = -1;
  private committedOffset = -1;

  constructor(options: CoordinatorOptions<S, R>) {
    this.options = options;
    this.current = options.fresh();
    this.parked = new BoundedQueue({ max: options.parkedMax });
  }

  get phase(): CoordinatorPhase {
    return this.currentPhase;
  }

  /**
   * The state with every appended record in it, committed or not. For handlers, inspection and checks; never written
   * to.
   */
  get state(): S {
    return this.current;
  }

  /** How many answers wait for their commit. */
  get parkedCount(): number {
    return this.parked.size;
  }

  /** This node came to lead the log: forget everything and be told its records by {@link replayLoaded}. */
  beginLoading(): void {
    this.become('loading');
    this.failParked(ErrorCode.NOT_COORDINATOR);
    this.current = this.options.fresh();
    this.lastReplayedOffset = -1;
    this.committedOffset = -1;
  }

  /** Starts from a state that was made elsewhere (a snapshot), as of an offset. Only while loading. */
  restore(state: S, offset: number): void {
    assert(this.currentPhase === 'loading', `a state is restored while ${this.currentPhase}`);
    this.current = state;
    this.lastReplayedOffset = offset;
  }

  /** One record of the log, in order. Only while loading. */
  replayLoaded(record: R | X, at: RecordPosition): void {
    assert(this.currentPhase === 'loading', `record ${at.offset} is loaded while ${this.currentPhase}`);
    this.replay(record, at);
  }

  /**
   * A record that somebody else appended to the log just now; answers that see it wait for its commit. Only while
   * active: what is appended while the log loads is loaded with the rest.
   */
  applyExternal(record: X, at: RecordPosition): void {
    assert(this.currentPhase === 'active', `record ${at.offset} came from outside while ${this.currentPhase}`);
    this.replay(record, at);
  }

  /** Everything in the log was replayed. What is not yet committed holds answers back like new records do. */
  becomeActive(committedOffset: number): void {
    this.become('active');
    this.committedOffset = committedOffset;
  }

  /** This node leads the log no longer. What was parked may or may not commit: its clients must ask the new leader. */
  becomeInactive(): void {
    if (this.currentPhase === 'inactive') return;
    this.become('inactive');
    this.failParked(ErrorCode.NOT_COORDINATOR);
    this.current = this.options.fresh();
  }

  /** Runs a handler and answers it when what it wrote and what it saw is committed. `respond` may be called at once. */
  execute<A>(nowMs: number, handler: (state: S) => Decision<R, A>, respond: (outcome: Outcome<A>) => void): void {
    const refusal = this.refusal();
    if (refusal !== undefined) return respond({ ok: false, error: refusal });
    const decision = handler(this.current);
    if (decision.records.length > 0) {
      const outcome = this.options.writer.append(decision.records, decision.producer);
      if (!outcome.accepted) return respond({ ok: false, error: outcome.error });
      this.replayAppended(decision, outcome);
    }
    if (this.lastReplayedOffset <= this.committedOffset) return respond({ ok: true, answer: decision.answer });
    const finish = (error: ErrorCode): void =>
      respond(error === ErrorCode.NONE ? { ok: true, answer: decision.answer } : { ok: false, error });
    const deadlineMs = nowMs + this.options.commitTimeoutMs;
    const accepted = this.parked.offer({ offset: this.lastReplayedOffset, deadlineMs, finish });
    assert(accepted, 'the queue of parked answers filled up between the check and its use');
  }

  /** Everything up to and with this offset is committed: the answers that waited for it go out, in order. */
  onCommitted(offset: number): void {
    if (offset <= this.committedOffset || this.currentPhase !== 'active') return;
    this.committedOffset = offset;
    for (let first = this.parked.peek(); first !== undefined && first.offset <= offset; first = this.parked.peek()) {
      this.parked.take();
      first.finish(ErrorCode.NONE);
    }
  }

  /** Answers that waited too long are given up; the rest keep waiting. */
  tick(nowMs: number): void {
    for (let first = this.parked.peek(); first !== undefined && first.deadlineMs <= nowMs; first = this.parked.peek()) {
      this.parked.take();
      reachable('coordinator: a commit takes too long for its answer');
      first.finish(ErrorCode.REQUEST_TIMED_OUT);
    }
  }

  private refusal(): ErrorCode | undefined {
    if (this.currentPhase === 'inactive') return ErrorCode.NOT_COORDINATOR;
    if (this.currentPhase === 'loading') return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    return this.parked.isFull ? ErrorCode.COORDINATOR_NOT_AVAILABLE : undefined;
  }

  private replayAppended(
    { records, producer }: Decision<R, unknown>, outcome: AppendOutcome & { accepted: true },
  ): void {
    const { baseOffset, lastOffset, timestampMs } = outcome;
    assert(
      lastOffset - baseOffset + 1 === records.length,
      `${records.length} records were appended as offsets ${baseOffset} to ${lastOffset}`,
    );
    records.forEach((record, at) => this.replay(record, { offset: baseOffset + at, timestampMs, producer }));
  }

  private replay(record: R | X, at: RecordPosition): void {
    assert(at.offset > this.lastReplayedOffset, `record ${at.offset} follows record ${this.lastReplayedOffset}`);
    this.current.replay(record, at);
    this.lastReplayedOffset = at.offset;
  }

  private failParked(error: ErrorCode): void {
    sometimes(this.parked.size > 0, 'coordinator: answers that wait are given up with the leadership');
    for (const waiting of this.parked.takeAll()) waiting.finish(error);
  }

  private become(phase: CoordinatorPhase): void {
    assert(NEXT[this.currentPhase].includes(phase), `invalid transition [${this.currentPhase} -> ${phase}]`);
    this.currentPhase = phase;
  }
}
