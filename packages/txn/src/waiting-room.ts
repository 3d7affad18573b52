/** Requests that wait until the last transaction of their transactional id is complete: bounded in time and number. */
import { BoundedQueue } from '@hapax/base';
import type { TransactionRequest } from './decide.ts';
import type { Verdict } from './step.ts';

/** A request that waits, and how to answer it if that takes too long. */
export interface Waiting<T> {
  readonly token: T;
  readonly request: TransactionRequest;
  readonly who: string;
  readonly verdict: Verdict;
  readonly deadlineMs: number;
}

/** Of one producer, several brokers may add partitions at once: they all have the same fate. [KIP-890] */
const ADDITIONS_PER_ID_MAX = 64;

/**
 * One request of each transactional id; or several additions of partitions by one producer id and epoch. Every one of
 * them is decided anew when it wakes up, so that waiting changes nothing but the time.
 */
export class WaitingRoom<T> {
  private readonly max: number;
  private readonly byId = new Map<string, Waiting<T>[]>();
  private readonly idOf = new Map<T, string>();
  /** All who ever came, in the order of their deadlines: these are equally long. Those who left are passed over. */
  private arrivals: BoundedQueue<Waiting<T>>;

  constructor(options: { readonly max: number }) {
    this.max = options.max;
    this.arrivals = new BoundedQueue({ max: options.max * 2 });
  }

  get size(): number {
    return this.idOf.size;
  }

  /** Lets a request in; false where there is no place for it. */
  offer(waiting: Waiting<T>): boolean {
    const { token, request } = waiting;
    const others = this.byId.get(request.transactionalId) ?? [];
    if (this.size >= this.max || others.length >= ADDITIONS_PER_ID_MAX) return false;
    if (!others.every((other) => isSameProducer(other.request, request))) return false;
    if (this.arrivals.isFull) this.forgetDeparted();
    this.byId.set(request.transactionalId, [...others, waiting]);
    this.idOf.set(token, request.transactionalId);
    this.arrivals.offer(waiting);
    return true;
  }

  /** Those who wait for this id, first come, first; they stay. */
  of(transactionalId: string): readonly Waiting<T>[] {
    return this.byId.get(transactionalId) ?? [];
  }

  /** Lets a request go, as its connection went or it was answered; false where it was not here. */
  leave(token: T): boolean {
    const transactionalId = this.idOf.get(token);
    if (transactionalId === undefined) return false;
    this.idOf.delete(token);
    const rest = this.of(transactionalId).filter((waiting) => waiting.token !== token);
    if (rest.length === 0) this.byId.delete(transactionalId);
    else this.byId.set(transactionalId, rest);
    return true;
  }

  /** Removes and returns those who waited too long. */
  takeDue(nowMs: number): Waiting<T>[] {
    const due: Waiting<T>[] = [];
    for (let first = this.arrivals.peek(); first !== undefined; first = this.arrivals.peek()) {
      if (this.isHere(first)) {
        if (first.deadlineMs > nowMs) break;
        this.leave(first.token);
        due.push(first);
      }
      this.arrivals.take();
    }
    return due;
  }

  /** Removes and returns everybody. */
  takeAll(): Waiting<T>[] {
    return this.takeDue(Number.POSITIVE_INFINITY);
  }

  private isHere(waiting: Waiting<T>): boolean {
    return this.of(waiting.request.transactionalId).includes(waiting);
  }

  private forgetDeparted(): void {
    const here = this.arrivals.takeAll().filter((waiting) => this.isHere(waiting));
    for (const waiting of here) this.arrivals.offer(waiting);
  }
}

function isSameProducer(one: TransactionRequest, other: TransactionRequest): boolean {
  if (one.kind !== 'add-partitions' || other.kind !== 'add-partitions') return false;
  return one.body.producerId === other.body.producerId && one.body.producerEpoch === other.body.producerEpoch;
}
