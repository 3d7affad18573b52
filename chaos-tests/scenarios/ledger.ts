/** What was sent, what came of it and what is stored in the end: the verdict over a run with failures. */
import type { Received } from '../cluster/record.ts';

/** The sums of a run. A good run has nothing lost, duplicated, out of order, resurrected or unread. */
export interface Verdict {
  readonly sent: number;
  readonly acked: number;
  /** Failed, and certainly not in the log. */
  readonly refused: number;
  /** Failed, and possibly in the log. */
  readonly unknown: number;
  readonly stored: number;
  /** Acknowledged and not in the log. */
  readonly lost: number;
  /** Further copies in the log. */
  readonly duplicated: number;
  /** Behind a record of the same key that was sent later. */
  readonly outOfOrder: number;
  /** Certainly not in the log, said the producer; and there they are. */
  readonly resurrected: number;
  /** Stored and never handed out to the group. */
  readonly unread: number;
  /** Handed out to the group again: allowed, a group reads at least once. */
  readonly readAgain: number;
  /** The longest time in which some partition acknowledged nothing although records were sent, in milliseconds. */
  readonly longestPauseMs: number;
  readonly isGood: boolean;
}

type Fate = 'open' | 'acked' | 'refused' | 'unknown';

/** Records are texts `key:number`, numbered from 0 for each key in the order of sending. */
export class Ledger {
  private readonly fates = new Map<string, Fate>();
  private readonly reads = new Map<string, number>();
  private readonly numbers = new Map<string, number>();
  private readonly lastAckMs = new Map<number, number>();
  private longestPauseMs = 0;

  /** The next record of a key. */
  send(key: string): string {
    const number = this.numbers.get(key) ?? 0;
    this.numbers.set(key, number + 1);
    const value = `${key}:${number}`;
    this.fates.set(value, 'open');
    return value;
  }

  ack(value: string, partition: number, nowMs: number): void {
    this.fates.set(value, 'acked');
    this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - (this.lastAckMs.get(partition) ?? nowMs));
    this.lastAckMs.set(partition, nowMs);
  }

  fail(value: string, isDefinite: boolean): void {
    this.fates.set(value, isDefinite ? 'refused' : 'unknown');
  }

  read(value: string): void {
    this.reads.set(value, (this.reads.get(value) ?? 0) + 1);
  }

  /** Whether the group was given every acknowledged record. */
  get isAllRead(): boolean {
    for (const [value, fate] of this.fates) if (fate === 'acked' && !this.reads.has(value)) return false;
    return true;
  }

  /** Judges by what the log holds, partition by partition in the order of offsets. */
  judge(stored: readonly Received[]): Verdict {
    const copies = new Map<string, number>();
    for (const { value } of stored) copies.set(value ?? '', (copies.get(value ?? '') ?? 0) + 1);
    const values = [...this.fates];
    const count = (isCounted: (value: string, fate: Fate) => boolean): number => {
      return values.filter(([value, fate]) => isCounted(value, fate)).length;
    };
    const sums = {
      sent: values.length,
      acked: count((_, fate) => fate === 'acked'),
      refused: count((_, fate) => fate === 'refused'),
      unknown: count((_, fate) => fate === 'unknown' || fate === 'open'),
      stored: stored.length,
      lost: count((value, fate) => fate === 'acked' && !copies.has(value)),
      duplicated: stored.length - copies.size,
      outOfOrder: outOfOrder(stored),
      resurrected: count((value, fate) => fate === 'refused' && copies.has(value)),
      unread: [...copies.keys()].filter((value) => !this.reads.has(value)).length,
      readAgain: [...this.reads.values()].reduce((sum, times) => sum + times - 1, 0),
      longestPauseMs: Math.round(this.longestPauseMs),
    };
    const bad = sums.lost + sums.duplicated + sums.outOfOrder + sums.resurrected + sums.unread;
    return { ...sums, isGood: bad === 0 && sums.acked > 0 };
  }
}

/** Copies of a record count as duplicates, not as disorder. */
function outOfOrder(stored: readonly Received[]): number {
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  let count = 0;
  for (const { value } of stored) {
    if (value === null || seen.has(value)) continue;
    seen.add(value);
    const [key = '', number = ''] = value.split(':');
    const before = highest.get(key) ?? -1;
    if (Number(number) < before) count += 1;
    highest.set(key, Math.max(before, Number(number)));
  }
  return count;
}
