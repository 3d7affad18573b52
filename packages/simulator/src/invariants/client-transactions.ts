/** Transactions as their clients see them: who began which, what was asked, what was told, and what became of it. */
import type { ProducerEpoch, ProducerId } from '@hapax/base';
import { demand } from './violation.ts';

export type TransactionOutcome = 'commit' | 'abort';

/** What a client says when it begins. */
export interface BegunTransaction {
  readonly transactionalId: string;
  /** The protocol: 2 gives each transaction an epoch of its own. [KIP-890] */
  readonly version: 1 | 2;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** One transaction of one client. */
export interface ClientTransaction extends BegunTransaction {
  /** Its name: values of its records carry it. */
  readonly owner: string;
  /** How its client has asked the coordinator to end it. */
  readonly asked: Set<TransactionOutcome>;
  /** What the client was told. */
  told: TransactionOutcome | undefined;
  /** What a first marker made of it, and in which partition. */
  outcome: { readonly kind: TransactionOutcome; readonly partition: string } | undefined;
  ackedRecords: number;
  /** An EndTxn of an earlier transaction has ended it: nothing can be promised to it. [KAFKA-17754] */
  isHitByDelayedEnd: boolean;
}

/** The ledger of T1, T3 and T12. */
export class ClientTransactions {
  committedCount = 0;
  abortedCount = 0;
  /** Whether clients go on in the same epoch where an answer was lost. Those of the project never do. [KAFKA-17754] */
  mayEndLate = false;
  /** How often the one known anomaly of version 1 was seen. [KAFKA-17754] */
  delayedEndCount = 0;
  private readonly byOwner = new Map<string, ClientTransaction>();
  /** The newest transaction of each producer id and epoch. */
  private readonly newest = new Map<string, ClientTransaction>();

  /** A client begins a transaction. T6: an id and epoch belong to one process for good. */
  onBegun(owner: string, begun: BegunTransaction): void {
    const transaction: ClientTransaction = {
      ...begun, owner, asked: new Set(), told: undefined, outcome: undefined, ackedRecords: 0, isHitByDelayedEnd: false,
    };
    const key = identityOf(begun.producerId, begun.producerEpoch);
    const before = this.newest.get(key);
    demand(before === undefined || processOf(before.owner) === processOf(owner), 'T6', () =>
      `${owner} and ${before?.owner} are both given producer ${key}`);
    this.byOwner.set(owner, transaction);
    this.newest.set(key, transaction);
  }

  find(owner: string): ClientTransaction | undefined {
    return this.byOwner.get(owner);
  }

  /** The newest transaction that was begun with an identity. */
  newestOf(producerId: ProducerId, producerEpoch: ProducerEpoch): ClientTransaction | undefined {
    return this.newest.get(identityOf(producerId, producerEpoch));
  }

  onAcked(owner: string): void {
    const transaction = this.byOwner.get(owner);
    if (transaction !== undefined) transaction.ackedRecords += 1;
  }

  onAsked(owner: string, outcome: TransactionOutcome): void {
    this.byOwner.get(owner)?.asked.add(outcome);
  }

  /** T12: what a client is told is what became of its transaction. */
  onTold(owner: string, outcome: TransactionOutcome): void {
    const transaction = this.byOwner.get(owner);
    if (transaction === undefined) return;
    if (outcome === 'commit') this.committedCount += 1;
    else this.abortedCount += 1;
    transaction.told = outcome;
    this.checkTold(transaction);
  }

  /** T1: a marker has ended the part of a transaction in one partition, and every part ends alike. */
  onEnded(transaction: ClientTransaction, outcome: TransactionOutcome, partition: string): void {
    if (transaction.isHitByDelayedEnd) return;
    const first = transaction.outcome ?? { kind: outcome, partition };
    demand(first.kind === outcome, 'T1', () =>
      `${transaction.owner} ends as ${first.kind} in ${first.partition} and as ${outcome} in ${partition}`);
    transaction.outcome = first;
    this.checkTold(transaction);
  }

  /**
   * The coordinator has decided a transaction because a client of version 1 asked it to. Where the client that has
   * begun the newest one with that identity has not asked for it, an earlier EndTxn came late. [KAFKA-17754, M13]
   */
  onDecided(producerId: ProducerId, producerEpoch: ProducerEpoch, outcome: TransactionOutcome): void {
    const transaction = this.newestOf(producerId, producerEpoch);
    if (transaction === undefined || transaction.version === 2) return;
    if (transaction.asked.has(outcome) || transaction.told !== undefined) return;
    demand(this.mayEndLate, 'T3', () =>
      `${transaction.owner} is decided to ${outcome} in the epoch of its client, who has not asked for that`);
    transaction.isHitByDelayedEnd = true;
    this.delayedEndCount += 1;
  }

  /** T3: where a decision raises the epoch, it is a commit only if the client of that very epoch has asked for one. */
  onCommitDecided(producerId: ProducerId, producerEpoch: ProducerEpoch): void {
    const transaction = this.newestOf(producerId, producerEpoch);
    demand(transaction === undefined || transaction.asked.has('commit'), 'T3', () =>
      `${transaction?.owner} is decided to commit, and its client has not asked for that`);
  }

  private checkTold({ owner, told, outcome, isHitByDelayedEnd }: ClientTransaction): void {
    if (told === undefined || outcome === undefined || isHitByDelayedEnd) return;
    demand(told === outcome.kind, 'T12', () =>
      `the client of ${owner} was told ${told}, in ${outcome.partition} it ends as ${outcome.kind}`);
  }
}

/** Owners are a process and the number of its transaction. */
function processOf(owner: string): string {
  return owner.split('#', 1)[0] ?? owner;
}

function identityOf(producerId: ProducerId, producerEpoch: ProducerEpoch): string {
  return `${producerId}/${producerEpoch}`;
}
