/**
 * Fetches that wait for more records: woken when a high watermark moves, when a partition changes hands, or by time.
 * The last stable offset needs no waking of its own: it moves only when the high watermark does. [L2, L5]
 */
import { Deadlines } from '@hapax/base';
import type { Partition, PartitionListener } from './partition.ts';

/** A fetch that was not satisfied at once. */
export interface WaitingFetch {
  /** Looks again; true when it was answered and is done. `isLast`: answer now with whatever there is. */
  retry(isLast: boolean): boolean;
}

interface Entry {
  readonly fetch: WaitingFetch;
  readonly partitions: readonly Partition[];
}

/** The parked fetches of a broker. Bounded: beyond `max` a fetch is answered at once, as if its time were up. */
export class FetchWaits implements PartitionListener {
  private readonly max: number;
  private readonly byPartition = new Map<Partition, Set<Entry>>();
  private readonly deadlines = new Deadlines<Entry>();
  private readonly woken = new Set<Entry>();
  private readonly askWake: () => void;

  constructor(options: { readonly max: number; askWake(): void }) {
    this.max = options.max;
    this.askWake = options.askWake;
  }

  get size(): number {
    return this.deadlines.size;
  }

  /** Parks a fetch until one of its partitions has news or the deadline comes. */
  park(fetch: WaitingFetch, partitions: readonly Partition[], deadlineMs: number): void {
    if (this.deadlines.size >= this.max) {
      fetch.retry(true);
      return;
    }
    const entry = { fetch, partitions };
    this.deadlines.set(entry, deadlineMs);
    for (const partition of partitions) {
      const waiting = this.byPartition.get(partition) ?? new Set();
      if (waiting.size === 0) {
        this.byPartition.set(partition, waiting);
        partition.listeners.add(this);
      }
      waiting.add(entry);
    }
  }

  onHighWatermark(partition: Partition): void {
    this.wake(partition);
  }

  onRole(partition: Partition): void {
    this.wake(partition);
  }

  /** Looks again at every fetch that has news. Called at the end of the turn, so that one append wakes a fetch once. */
  serveWoken(): void {
    const woken = [...this.woken];
    this.woken.clear();
    for (const entry of woken) if (entry.fetch.retry(false)) this.forget(entry);
  }

  /** Answers fetches whose time is up. */
  tick(nowMs: number): void {
    for (const entry of this.deadlines.takeDue(nowMs)) {
      this.forget(entry);
      entry.fetch.retry(true);
    }
  }

  private wake(partition: Partition): void {
    const waiting = this.byPartition.get(partition);
    if (waiting === undefined) return;
    for (const entry of waiting) this.woken.add(entry);
    this.askWake();
  }

  private forget(entry: Entry): void {
    this.deadlines.cancel(entry);
    this.woken.delete(entry);
    for (const partition of entry.partitions) {
      const waiting = this.byPartition.get(partition);
      if (waiting === undefined) continue;
      waiting.delete(entry);
      if (waiting.size > 0) continue;
      this.byPartition.delete(partition);
      partition.listeners.delete(this);
    }
  }
}
