/**
 * T5, T6, T10, T11 and a part of T1: what the transaction log says about each transactional id, as it is committed.
 * States follow the table, a decision stays, epochs do not fall, and what is complete has all its markers.
 */
import type { ProducerEpoch, ProducerId } from '@hapax/base';
import { decodeTransactionRecord, type Transaction, type TransactionState } from '@hapax/txn';
import type { LogRecord } from '@hapax/wire/records';
import type { ClientTransactions, TransactionOutcome } from './client-transactions.ts';
import { demand } from './violation.ts';

/** Written down once more, and not taken from the coordinator: what is checked must not be its own judge. [T6] */
const PREVIOUS: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  // Under version 2 an abort of nothing raises the epoch. [W5]
  PrepareAbort: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareEpochFence: [],
};

/** How a transaction was decided. */
export interface Decision {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  /** Of its markers. */
  readonly markerEpoch: ProducerEpoch;
  readonly outcome: TransactionOutcome;
  readonly partitions: ReadonlySet<string>;
  /** Where its marker is. */
  readonly marked: Set<string>;
}

/** What was added to the newest transaction of a producer id. */
interface Added {
  readonly producerEpoch: ProducerEpoch;
  readonly partitions: Set<string>;
  /** Of its end, once it is decided. */
  decision: Decision | undefined;
}

/** The ghost of all transaction coordinators. */
export class CoordinatorLog {
  /** How often each state was reached; `PrepareEpochFence` is never in a log, and counted where a fence shows. */
  readonly reached = new Map<TransactionState, number>();
  /** Hears of what each record says. */
  onMove: ((transaction: Transaction) => void) | undefined;
  private readonly transactions: ClientTransactions;
  private readonly current = new Map<string, Transaction>();
  private readonly decisions = new Map<string, Decision>();
  private readonly open = new Map<string, Decision>();
  private readonly added = new Map<ProducerId, Added>();

  constructor(transactions: ClientTransactions) {
    this.transactions = transactions;
  }

  /** How many decisions are committed. */
  get decided(): number {
    return (this.reached.get('PrepareCommit') ?? 0) + (this.reached.get('PrepareAbort') ?? 0);
  }

  /** How many transactions have come to their end. */
  get completed(): number {
    return (this.reached.get('CompleteCommit') ?? 0) + (this.reached.get('CompleteAbort') ?? 0);
  }

  /** A record of `__transaction_state` is committed. */
  onRecord(record: LogRecord, isThere: (partition: string) => boolean): void {
    if (record.key === null) return;
    const decoded = decodeTransactionRecord(record.key, record.value);
    if (decoded === undefined) return;
    const { transactionalId, value: next } = decoded;
    if (next !== null) this.onMove?.(next);
    const before = this.current.get(transactionalId);
    this.checkMove(transactionalId, before, next?.state ?? 'Dead');
    this.count(next?.state ?? 'Dead');
    if (next === null) return void this.current.delete(transactionalId);
    if (before !== undefined) this.checkIdentity(before, next);
    this.current.set(transactionalId, next);
    if (next.state === 'Ongoing') this.add(before, next);
    if (next.state === 'PrepareCommit' || next.state === 'PrepareAbort') this.decide(before, next);
    if (next.state === 'CompleteCommit' || next.state === 'CompleteAbort') this.complete(next, isThere);
  }

  /** The decision that a marker carries out; undefined where nobody has decided anything of the kind. */
  decisionOf(producerId: ProducerId, markerEpoch: ProducerEpoch): Decision | undefined {
    return this.decisions.get(`${producerId}/${markerEpoch}`);
  }

  /** Whether a producer's transaction may begin in a partition: it was added, and there is no marker of it yet. */
  mayBegin(producerId: ProducerId, producerEpoch: ProducerEpoch, partition: string): boolean {
    const added = this.added.get(producerId);
    if (added?.producerEpoch !== producerEpoch || !added.partitions.has(partition)) return false;
    return added.decision?.marked.has(partition) !== true;
  }

  /** What the log says about an id. */
  find(transactionalId: string): Transaction | undefined {
    return this.current.get(transactionalId);
  }

  transactionalIds(): Iterable<string> {
    return this.current.keys();
  }

  /** T11: why not every transaction has ended; undefined when all have. */
  unfinished(): string | undefined {
    for (const { transactionalId, state, producerEpoch } of this.current.values()) {
      if (state === 'Ongoing' || state === 'PrepareCommit' || state === 'PrepareAbort') {
        return `T11: the transaction of ${transactionalId} (epoch ${producerEpoch}) is ${state}`;
      }
    }
    return undefined;
  }

  /** T10: what a coordinator knows of an id is what the log says. `lastProducerEpoch` is not in the log. [T4] */
  checkCache(node: number, transactionalId: string, held: Transaction | undefined): void {
    const truth = this.current.get(transactionalId);
    const [one, other] = [truth, held].map((transaction) => transaction && describe(transaction));
    demand(one === other, 'T10', () =>
      `the coordinator on node ${node} takes ${transactionalId} for ${other}, its log says ${one}`);
  }

  private count(state: TransactionState): void {
    this.reached.set(state, (this.reached.get(state) ?? 0) + 1);
  }

  private checkMove(transactionalId: string, before: Transaction | undefined, state: TransactionState): void {
    const isLegal = before === undefined ? state === 'Empty' : PREVIOUS[state].includes(before.state);
    demand(isLegal, 'T5', () => `${transactionalId} moves from ${before?.state ?? 'nothing'} to ${state}`);
  }

  /** T6: whoever comes later has a higher epoch, or a new producer id. */
  private checkIdentity(before: Transaction, next: Transaction): void {
    const { transactionalId, producerId, producerEpoch } = next;
    const was = `${before.producerId}/${before.producerEpoch}`;
    if (producerId === before.producerId) {
      demand(producerEpoch >= before.producerEpoch, 'T6', () =>
        `${transactionalId} goes from ${was} back to ${producerId}/${producerEpoch}`);
      return;
    }
    demand(producerEpoch === 0 && before.producerEpoch >= EPOCH_MAX_FOR_CLIENTS, 'T6', () =>
      `${transactionalId} goes from ${was} to ${producerId}/${producerEpoch} before its epochs are used up`);
  }

  private add(before: Transaction | undefined, { producerId, producerEpoch, topics }: Transaction): void {
    const known = before?.state === 'Ongoing' ? this.added.get(producerId) : undefined;
    const added = known ?? { producerEpoch, partitions: new Set<string>(), decision: undefined };
    for (const partition of namesOf(topics)) added.partitions.add(partition);
    this.added.set(producerId, added);
  }

  private decide(before: Transaction | undefined, next: Transaction): void {
    const { transactionalId, producerId, producerEpoch: markerEpoch } = next;
    const outcome = next.state === 'PrepareCommit' ? 'commit' : 'abort';
    const partitions = new Set(namesOf(next.topics));
    const decision: Decision = { transactionalId, producerId, markerEpoch, outcome, partitions, marked: new Set() };
    const added = this.added.get(producerId);
    if (added !== undefined && before?.state === 'Ongoing') added.decision = decision;
    this.decisions.set(`${producerId}/${markerEpoch}`, decision);
    this.open.set(transactionalId, decision);
    // Only a client of version 1 ends a transaction without a new epoch. [N2, W3, X1]
    if (before?.producerEpoch === markerEpoch) return this.transactions.onDecided(producerId, markerEpoch, outcome);
    if (before?.state !== 'Ongoing') return;
    if (outcome === 'commit') this.transactions.onCommitDecided(producerId, before.producerEpoch);
    this.maybeFence(before, outcome);
  }

  /** Where nobody has asked for it, the server has raised the epoch to shut the client out. */
  private maybeFence({ producerId, producerEpoch }: Transaction, outcome: TransactionOutcome): void {
    const owner = this.transactions.newestOf(producerId, producerEpoch);
    if (owner !== undefined && !owner.asked.has(outcome)) this.count('PrepareEpochFence');
  }

  /** T5: what was decided is what is complete. T1: and its markers are in all its partitions that are still there. */
  private complete(next: Transaction, isThere: (partition: string) => boolean): void {
    const decision = this.open.get(next.transactionalId);
    const outcome = next.state === 'CompleteCommit' ? 'commit' : 'abort';
    demand(decision?.outcome === outcome, 'T5', () =>
      `${next.transactionalId} is complete as ${outcome}, it was decided to ${decision?.outcome ?? 'nothing'}`);
    const missing = [...decision.partitions].filter((one) => !decision.marked.has(one) && isThere(one));
    demand(missing.length === 0, 'T1', () =>
      `${next.transactionalId} is complete, but there is no marker in ${missing.join(', ')}`);
  }
}

function namesOf(topics: Transaction['topics']): string[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`));
}

/** All that is in the log. */
function describe(transaction: Transaction): string {
  const { producerId, producerEpoch, previousProducerId, nextProducerId, timeoutMs, state } = transaction;
  const { startMs, lastUpdateMs, transactionVersion } = transaction;
  const partitions = transaction.topics.map(({ topic, partitions }) => `${topic} [${partitions.join()}]`).join(' ');
  return `${state} ${producerId}/${producerEpoch} (${previousProducerId}, ${nextProducerId}) of version ` +
    `${transactionVersion} from ${startMs} to ${lastUpdateMs}, timeout ${timeoutMs}, ${partitions}`;
}

/** The one above it fences the last client of a producer id. [P9] */
const EPOCH_MAX_FOR_CLIENTS = 32_766;
