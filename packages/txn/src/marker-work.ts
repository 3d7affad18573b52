/** The markers that one coordinator owes: derived from the transactions that its log says are prepared. */
import { assert, BoundedQueue, type ErrorCode, type Offset, reachable } from '@hapax/base';
import type { MarkerTask } from './marker-task.ts';
import type { ReplayedState } from './replayed-state.ts';
import { isPrepared } from './states.ts';
import { withoutPartitions, type TopicPartitions, type Transaction } from './transaction.ts';

interface Expected {
  readonly transactionalId: string;
  readonly offset: Offset;
}

/** A task that was given out, and what is left of it. */
interface OpenTask {
  readonly task: MarkerTask;
  remaining: readonly TopicPartitions[];
  /** Somebody newer owns the transaction: its markers are refused, and nothing more is sent. [M4] */
  fencedBy: ErrorCode | undefined;
}

/** There is one for each transactional id at most, and the state bounds those. */
const EXPECTED_MAX = Number.MAX_SAFE_INTEGER;

/** What was prepared, and whether it waits for its commit, for its markers, or only for its last record. */
export class MarkerWork {
  private readonly coordinatorPartition: number;
  /** Prepared and not known to be committed, in the order of the log. */
  private expected = new BoundedQueue<Expected>({ max: EXPECTED_MAX });
  private readonly open = new Map<string, OpenTask>();
  /** Given out, with nothing left but to be completed. */
  private readonly finished = new Set<string>();
  private fresh: MarkerTask[] = [];

  constructor(options: { readonly coordinatorPartition: number }) {
    this.coordinatorPartition = options.coordinatorPartition;
  }

  /** How many transactions wait for markers that were given out. */
  get openCount(): number {
    return this.open.size;
  }

  /** Forgets everything: what is still to be done, the log says. [M7] */
  clear(): void {
    this.expected = new BoundedQueue({ max: EXPECTED_MAX });
    this.open.clear();
    this.finished.clear();
    this.fresh = [];
  }

  /** The id was prepared at this offset of the log. In the order of the log. */
  expect(transactionalId: string, offset: Offset): void {
    this.expected.offer({ transactionalId, offset });
  }

  /** Everything up to and with this offset is committed: its prepared transactions get their markers. */
  onCommitted(offset: Offset, state: ReplayedState, coordinatorEpoch: number): void {
    const { expected } = this;
    for (let first = expected.peek(); first !== undefined && first.offset <= offset; first = expected.peek()) {
      expected.take();
      const transaction = state.find(first.transactionalId);
      assert(
        transaction !== undefined && state.offsetOf(first.transactionalId) === first.offset,
        `${first.transactionalId} moved on from its prepared record at ${first.offset} without markers`,
      );
      this.begin(transaction, coordinatorEpoch);
    }
  }

  /** Tasks that were not taken before. */
  takeTasks(): readonly MarkerTask[] {
    const tasks = this.fresh;
    this.fresh = [];
    return tasks;
  }

  /**
   * Markers are committed in these partitions, or the partitions are gone. Reports on older tasks are passed over: the
   * queues forget those with their tenure, so that none should come.
   */
  onWritten(task: MarkerTask, partitions: readonly TopicPartitions[]): void {
    const open = this.open.get(task.transactionalId);
    if (open?.task !== task) return;
    open.remaining = withoutPartitions(open.remaining, partitions);
    if (open.remaining.length === 0) this.finished.add(task.transactionalId);
  }

  /** A marker was refused as old. */
  onFenced(task: MarkerTask, error: ErrorCode): void {
    reachable('txn: markers are given up, since somebody newer owns the transaction');
    const open = this.open.get(task.transactionalId);
    if (open?.task === task) open.fencedBy = error;
  }

  /** The ids whose markers are all written and whose last record is not. */
  finishedIds(): readonly string[] {
    return [...this.finished];
  }

  /** The last record is appended. */
  onCompleted(transactionalId: string): void {
    this.finished.delete(transactionalId);
    this.open.delete(transactionalId);
  }

  /** What is left of an id's markers, and the error that stopped them; undefined where none were given out. */
  remainingOf(transactionalId: string):
    { readonly partitions: readonly TopicPartitions[]; readonly fencedBy: ErrorCode | undefined } | undefined {
    const open = this.open.get(transactionalId);
    return open === undefined ? undefined : { partitions: open.remaining, fencedBy: open.fencedBy };
  }

  private begin(transaction: Transaction, coordinatorEpoch: number): void {
    const { transactionalId, producerId, producerEpoch, state, transactionVersion, topics } = transaction;
    assert(isPrepared(state), `${transactionalId} is ${state}: it is owed no markers`);
    const task: MarkerTask = {
      coordinatorPartition: this.coordinatorPartition,
      coordinatorEpoch,
      transactionalId,
      producerId,
      producerEpoch,
      kind: state === 'PrepareCommit' ? 'commit' : 'abort',
      transactionVersion,
      partitions: topics,
    };
    this.open.set(transactionalId, { task, remaining: topics, fencedBy: undefined });
    // Prepared without partitions, by another release of the broker: there is nothing to wait for.
    if (topics.length === 0) this.finished.add(transactionalId);
    else this.fresh.push(task);
  }
}
