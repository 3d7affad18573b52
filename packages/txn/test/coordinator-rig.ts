/** A coordinator over a log in memory: commits on demand, refuses on demand, and moves to a new coordinator. */
import { ErrorCode, errorName } from '@hapax/base';
import type { AppendOutcome, RecordPosition } from '@hapax/state-machine';
import { expect } from 'vitest';
import {
  decodeTransactionRecord, encodeTransactionRecord, ReplayedState, TransactionCoordinator, type AnyTransactionAnswer,
  type MarkerTask, type TopicPartitions, type Transaction, type TransactionConfig, type TransactionRecord,
  type TransactionVersion,
} from '../src/index.ts';

export const CONFIG: TransactionConfig = {
  maxTimeoutMs: 900_000,
  timeoutCheckIntervalMs: 100,
  idExpirationMs: 1_000_000,
  expiryCheckIntervalMs: 10_000,
  transactionalIdsMax: 1000,
  parkTimeoutMs: 500,
  parkedRequestsMax: 20,
  commitTimeoutMs: 5000,
  parkedAnswersMax: 1000,
  timelineEntriesMax: 8,
  timelinesMax: 100,
  fencesMax: 50,
};

export const ID = 't';
/** The producer id that transactions of {@link transaction} have; fresh ones count from FIRST_FRESH_ID. */
export const PID = 100;
export const FIRST_FRESH_ID = 1000;
export const WALL_MS = 1_000_000_000;

/** A transactional id in some state. Prepared and open ones have one partition, x-0. */
export function transaction(fields: Partial<Transaction>): Transaction {
  const state = fields.state ?? 'Empty';
  const hasPartitions = ['Ongoing', 'PrepareCommit', 'PrepareAbort'].includes(state);
  return {
    transactionalId: ID, producerId: PID, producerEpoch: 5, lastProducerEpoch: -1, previousProducerId: -1,
    nextProducerId: -1, timeoutMs: 60_000, state, topics: hasPartitions ? [{ topic: 'x', partitions: [0] }] : [],
    startMs: state === 'Empty' ? -1 : WALL_MS, lastUpdateMs: WALL_MS, transactionVersion: 0, ...fields,
  };
}

/** The loosest view of an answer. */
export interface AnyAnswer {
  readonly errorCode: ErrorCode;
  readonly message?: string;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly topicResults?: readonly {
    readonly name: string;
    readonly resultsByPartition: readonly { readonly partitionIndex: number; readonly partitionErrorCode: number }[];
  }[];
  readonly transactionState?: string;
}

interface Entry {
  readonly record: TransactionRecord;
  /** As the log gives it back: without what it does not keep. */
  readonly read: TransactionRecord;
  readonly at: RecordPosition;
}

export class CoordinatorRig {
  readonly config: TransactionConfig;
  coordinator: TransactionCoordinator<string>;
  entries: Entry[] = [];
  /** How many appends there were. */
  appends = 0;
  refuseWith: ErrorCode | undefined;
  /** Appends of more records than this are too large. */
  refuseLargerThan = Number.POSITIVE_INFINITY;
  /** Whether appends are committed at once. */
  commits = true;
  /** Whether the log says so even before the append returns, as one without followers may. */
  commitsWithin = false;
  hasProducerIds = true;
  transactionVersion: TransactionVersion = 2;
  nowMs = 0;
  wallMs = WALL_MS;
  coordinatorEpoch = 7;
  tasks: MarkerTask[] = [];
  /** Tokens in the order in which they were answered. */
  readonly order: string[] = [];
  private readonly answers = new Map<string, AnyTransactionAnswer>();
  private nextFreshId = FIRST_FRESH_ID;
  private nextToken = 1;

  constructor(config: Partial<TransactionConfig> = {}) {
    this.config = { ...CONFIG, ...config };
    this.coordinator = this.makeCoordinator();
    this.load();
  }

  get now(): { readonly nowMs: number; readonly wallMs: number } {
    return { nowMs: this.nowMs, wallMs: this.wallMs };
  }

  /** Writes records as another coordinator would have, and loads them here. */
  given(...values: Transaction[]): this {
    for (const value of values) this.push([{ transactionalId: value.transactionalId, value, who: 'given' }]);
    return this.load();
  }

  /** The coordinator moves: a new one reads the log. What is not committed may be lost on the way. */
  move(options: { readonly keepUncommitted?: boolean } = {}): this {
    if (options.keepUncommitted === false) this.entries = this.entries.slice(0, this.committedCount);
    this.entries = this.entries.map((entry) => ({ ...entry, record: entry.read }));
    return this.load();
  }

  private load(): this {
    this.coordinator.becomeInactive();
    this.collect();
    this.coordinator = this.makeCoordinator();
    this.coordinatorEpoch += 1;
    this.tasks = [];
    this.coordinator.beginLoading(this.coordinatorEpoch);
    for (const { record, at } of this.entries) this.coordinator.replayLoaded(record, at);
    if (this.commits) this.committedCount = this.entries.length;
    this.coordinator.becomeActive(this.committedCount - 1, this.now);
    return this.settle();
  }

  committedCount = 0;

  init(fields: {
    transactionalId?: string | null; timeoutMs?: number; producerId?: number; producerEpoch?: number;
  } = {}, client = 'c'): string {
    return this.ask((token) => this.coordinator.initProducerId(token, {
      transactionalId: fields.transactionalId === undefined ? ID : fields.transactionalId,
      transactionTimeoutMs: fields.timeoutMs ?? 60_000,
      producerId: fields.producerId ?? -1,
      producerEpoch: fields.producerEpoch ?? -1,
    }, this.context(client)));
  }

  add(fields: {
    transactionalId?: string; producerId?: number; producerEpoch: number; verifyOnly?: boolean;
    transactionVersion?: 0 | 2; partitions?: readonly number[]; topic?: string;
  }, client = 'c'): string {
    return this.ask((token) => this.coordinator.addPartitions(token, {
      transactionalId: fields.transactionalId ?? ID,
      producerId: fields.producerId ?? PID,
      producerEpoch: fields.producerEpoch,
      verifyOnly: fields.verifyOnly ?? false,
      transactionVersion: fields.transactionVersion ?? 0,
      topics: [{ name: fields.topic ?? 'x', partitions: fields.partitions ?? [0] }],
    }, this.context(client)));
  }

  addOffsets(producerEpoch: number, groupId = 'g'): string {
    const offsets = { topic: '__consumer_offsets', partition: 3 };
    return this.ask((token) => this.coordinator.addOffsets(
      token, { transactionalId: ID, producerId: PID, producerEpoch, groupId }, offsets, this.context('c'),
    ));
  }

  end(fields: {
    transactionalId?: string; producerId?: number; producerEpoch: number; committed: boolean; version: number;
  }, client = 'c'): string {
    return this.ask((token) => this.coordinator.endTxn(token, {
      transactionalId: fields.transactionalId ?? ID,
      producerId: fields.producerId ?? PID,
      producerEpoch: fields.producerEpoch,
      committed: fields.committed,
    }, { ...this.context(client), apiVersion: fields.version }));
  }

  describe(transactionalId = ID): string {
    return this.ask((token) => this.coordinator.describeTransaction(token, transactionalId, this.now));
  }

  list(filters: { states?: string[]; producerIds?: number[]; durationMs?: number; pattern?: string | null } = {}) {
    return this.coordinator.listTransactions({
      stateFilters: filters.states ?? [],
      producerIdFilters: filters.producerIds ?? [],
      durationFilter: filters.durationMs ?? -1,
      transactionalIdPattern: filters.pattern ?? null,
    }, this.wallMs);
  }

  /** Reports markers of all tasks that were taken, or of one, as written. */
  markersWritten(tasks: readonly MarkerTask[] = this.tasks, written?: readonly TopicPartitions[]): this {
    this.coordinator.onMarkerOutcomes(
      tasks.map((task) => ({ task, written: written ?? task.partitions, fencedBy: undefined })), this.now,
    );
    if (written === undefined) this.tasks = this.tasks.filter((task) => !tasks.includes(task));
    return this.settle();
  }

  advance(ms: number): this {
    this.nowMs += ms;
    this.wallMs += ms;
    this.coordinator.tick(this.now);
    return this.settle();
  }

  /** Commits what was appended, as far as it may, and takes answers and tasks. */
  settle(): this {
    while (this.commits && this.committedCount < this.entries.length) this.commitAll();
    this.collect();
    return this;
  }

  isWaiting(token: string): boolean {
    return !this.answers.has(token);
  }

  answer(token: string): AnyAnswer {
    const answer = this.answers.get(token);
    if (answer === undefined) throw new Error(`${token} is not answered`);
    return answer as AnyAnswer;
  }

  /** `ok 100/6`, the name of an error, or `waits`. */
  outcome(token: string): string {
    if (this.isWaiting(token)) return 'waits';
    const { errorCode, producerId = -1, producerEpoch = -1 } = this.answer(token);
    if (errorCode !== ErrorCode.NONE) {
      expect([producerId, producerEpoch], 'an error gives no producer').toEqual([-1, -1]);
      return errorName(errorCode);
    }
    return producerId < 0 ? 'ok' : `ok ${producerId}/${producerEpoch}`;
  }

  find(transactionalId = ID): Transaction | undefined {
    return this.coordinator.state.find(transactionalId);
  }

  /** What a coordinator that read this log would know. */
  replayed(count = this.entries.length): ReplayedState {
    const state = new ReplayedState(this.config);
    for (const { record, at } of this.entries.slice(0, count)) state.replay(record, at);
    return state;
  }

  private commitAll(): void {
    this.committedCount = this.entries.length;
    this.coordinator.onCommitted(this.committedCount - 1, this.now);
  }

  private context(clientId: string) {
    return { clientId, clientHost: 'host', ...this.now };
  }

  private ask(call: (token: string) => void): string {
    const token = `r${this.nextToken++}`;
    call(token);
    this.settle();
    return token;
  }

  private collect(): void {
    for (const { token, answer } of this.coordinator.takeAnswers()) {
      expect(this.answers.has(token), `${token} is answered once`).toBe(false);
      this.answers.set(token, answer);
      this.order.push(token);
    }
    this.tasks.push(...this.coordinator.takeMarkers());
  }

  private makeCoordinator(): TransactionCoordinator<string> {
    return new TransactionCoordinator<string>({
      partition: 9,
      writer: { append: (records) => this.append(records) },
      config: this.config,
      producerIds: { take: () => (this.hasProducerIds ? this.nextFreshId++ : undefined) },
      transactionVersion: () => this.transactionVersion,
    });
  }

  private append(records: readonly TransactionRecord[]): AppendOutcome {
    if (this.refuseWith !== undefined) return { accepted: false, error: this.refuseWith };
    if (records.length > this.refuseLargerThan) return { accepted: false, error: ErrorCode.MESSAGE_TOO_LARGE };
    this.appends += 1;
    const outcome = this.push(records);
    if (this.commits && this.commitsWithin) this.commitAll();
    return outcome;
  }

  private push(records: readonly TransactionRecord[]): AppendOutcome & { accepted: true } {
    const baseOffset = this.entries.length;
    records.forEach((record, at) => {
      const read = readBack(record, this.transactionVersion);
      this.entries.push({ record, read, at: { offset: baseOffset + at, timestampMs: this.wallMs } });
    });
    return { accepted: true, baseOffset, lastOffset: this.entries.length - 1, timestampMs: this.wallMs };
  }
}

/** The bytes say what the record says, but for what the log does not keep. */
function readBack(record: TransactionRecord, version: TransactionVersion): TransactionRecord {
  const { key, value } = encodeTransactionRecord(record, version);
  const read = decodeTransactionRecord(key, value);
  const kept = version === 0
    ? { lastProducerEpoch: -1, previousProducerId: -1, nextProducerId: -1, transactionVersion: 0 as const }
    : { lastProducerEpoch: -1 };
  expect(read).toEqual({ ...record, who: '', value: record.value === null ? null : { ...record.value, ...kept } });
  return read as TransactionRecord;
}
