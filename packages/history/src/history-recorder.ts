/** Writes a history down while it happens. */
import type { Offset } from '@hapax/base';
import type { Action, History, Isolation, Operation, Outcome, PartitionName, ReadRecord } from './operation.ts';

/** Of whom an operation is, and what it is. */
export interface WorkOptions {
  readonly process: string;
  readonly isTransaction: boolean;
  readonly isolation: Isolation;
}

/** Collects operations. */
export class HistoryRecorder {
  readonly #operations: Operation[] = [];
  readonly #open = new Set<OpenWork>();
  #order = 0;

  /** Work begins. It is part of the history once it has ended, or with an unknown outcome when the history is taken. */
  begin(options: WorkOptions): OpenWork {
    const beganAt = this.#order++;
    const open = new OpenWork((outcome, actions, rebalanced) => {
      this.#open.delete(open);
      const endedAt = this.#order++;
      this.#operations.push({ kind: 'work', ...options, outcome, actions, rebalanced, beganAt, endedAt });
    }, (actions, rebalanced) => {
      const rest = { outcome: 'unknown', actions, rebalanced, beganAt, endedAt: Infinity } as const;
      return { kind: 'work', ...options, ...rest };
    });
    this.#open.add(open);
    return open;
  }

  /** A reader was given records, outside of any transaction. */
  poll(process: string, isolation: Isolation, partition: PartitionName, records: readonly ReadRecord[]): void {
    const open = this.begin({ process, isTransaction: false, isolation });
    open.poll(partition, records);
    open.end('ok');
  }

  /** The partitions of a reader have changed. */
  assign(process: string, kept: readonly PartitionName[]): void {
    this.#operations.push({ kind: 'assignment', process, kept });
  }

  /** Everything so far; what has not ended has an unknown outcome. */
  history(): History {
    return [...this.#operations, ...[...this.#open].map((open) => open.unfinished())];
  }
}

/** A send whose offset may become known. */
export interface OpenSend {
  readonly kind: 'send';
  readonly partition: PartitionName;
  readonly value: string;
  offset: Offset | null;
}

/** An operation that has not ended. */
export class OpenWork {
  readonly #actions: Action[] = [];
  readonly #rebalanced = new Set<PartitionName>();
  readonly #onEnd: (outcome: Outcome, actions: readonly Action[], rebalanced: readonly PartitionName[]) => void;
  readonly #unfinished: (actions: readonly Action[], rebalanced: readonly PartitionName[]) => Operation;
  #hasEnded = false;

  constructor(
    onEnd: (outcome: Outcome, actions: readonly Action[], rebalanced: readonly PartitionName[]) => void,
    unfinished: (actions: readonly Action[], rebalanced: readonly PartitionName[]) => Operation,
  ) {
    this.#onEnd = onEnd;
    this.#unfinished = unfinished;
  }

  /** A record is sent. Where it went is put into what this returns, as soon as it is known. */
  send(partition: PartitionName, value: string): OpenSend {
    const send: OpenSend = { kind: 'send', partition, value, offset: null };
    this.#actions.push(send);
    return send;
  }

  poll(partition: PartitionName, records: readonly ReadRecord[]): void {
    this.#actions.push({ kind: 'poll', partition, records });
  }

  /** Partitions came or went. */
  rebalance(partitions: readonly PartitionName[]): void {
    for (const partition of partitions) this.#rebalanced.add(partition);
  }

  /** It is over; only the first call counts. */
  end(outcome: Outcome): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnd(outcome, this.#actions, [...this.#rebalanced]);
  }

  unfinished(): Operation {
    return this.#unfinished(this.#actions, [...this.#rebalanced]);
  }
}
