/** What a deadline of a group can be about. Timers are keys of `Deadlines`: told apart by identity, one an owner. */
import type { Group } from './group.ts';

/** A member must be heard of by then. */
export interface SessionTimer<T> {
  readonly kind: 'session';
  readonly group: Group<T>;
  readonly memberId: string;
}

/** A member id that was handed out must be used by then. */
export interface PendingTimer<T> {
  readonly kind: 'pending';
  readonly group: Group<T>;
  readonly memberId: string;
}

/** The join phase ends then, with those who came. */
export interface RebalanceTimer<T> {
  readonly kind: 'rebalance';
  readonly group: Group<T>;
}

/** Every member of the generation must have asked for its assignment by then. */
export interface SyncTimer<T> {
  readonly kind: 'sync';
  readonly group: Group<T>;
}

export type Timer<T> = SessionTimer<T> | PendingTimer<T> | RebalanceTimer<T> | SyncTimer<T>;
