/** What is part of a transaction, and what is to become part of it: one question to the coordinator at a time. */
import type { AppError } from '@hapax/base';
import type { TopicPartition } from '../leader-fan-out.ts';
import type { Outcome } from '../outcome.ts';
import type { Lossy } from './transaction-requests.ts';
import type { Turns } from './turns.ts';

/** Asks for partitions to be added. */
export type AddPartitions = (partitions: readonly TopicPartition[], done: (outcome: Outcome<Lossy>) => void) => void;

/** What the owner of an enlistment hears. */
export interface EnlistmentEvents {
  /** Partitions were added. */
  readonly onAdded: (lossy: Lossy) => void;
  /** They cannot be. */
  readonly onFailed: (error: AppError) => void;
}

/**
 * The partitions of one transaction of version 1. Those that are wanted while a question is open go together into the
 * next one.
 */
export class Enlistment {
  readonly #turns: Turns;
  readonly #add: AddPartitions;
  readonly #events: EnlistmentEvents;
  readonly #added = new Set<string>();
  readonly #wanted = new Map<string, TopicPartition>();
  #asking = false;
  #closed = false;

  constructor(turns: Turns, add: AddPartitions, events: EnlistmentEvents) {
    this.#turns = turns;
    this.#add = add;
    this.#events = events;
  }

  /** Whether a partition is part of the transaction; if not, it will be asked for. */
  admits(topic: string, partition: number): boolean {
    const key = `${topic}-${partition}`;
    if (this.#added.has(key)) return true;
    if (this.#closed || this.#wanted.has(key)) return false;
    this.#wanted.set(key, { topic, partition });
    this.#ask();
    return false;
  }

  /** The transaction is over: nothing more is asked for. */
  close(): void {
    this.#closed = true;
  }

  #ask(): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#turns.enter((leave) => {
      const asked = [...this.#wanted];
      if (this.#closed) {
        leave();
        return;
      }
      this.#add(
        asked.map(([, partition]) => partition),
        (outcome) => {
          this.#asking = false;
          for (const [key] of asked) this.#wanted.delete(key);
          if (outcome.ok) {
            for (const [key] of asked) this.#added.add(key);
            this.#events.onAdded(outcome.value);
          } else this.#events.onFailed(outcome.error);
          if (this.#wanted.size > 0 && !this.#closed) this.#ask();
          leave();
        },
      );
    });
  }
}
