/** A partition log in memory, with what a power loss leaves of it: the log model of the tests. */
import { assert, type Offset } from '@hapax/base';
import { LeaderEpochs, ProducerStates, type AppendedBatch } from '../src/index.ts';

/** A batch with its content, which the tests see as one word. */
export interface StoredBatch extends AppendedBatch {
  readonly value: string;
}

/** What is on the disk: what a power loss leaves. */
interface Image {
  readonly startOffset: Offset;
  readonly batches: readonly StoredBatch[];
}

/** Keeps two images: what a reader sees, and what is durable. One sync is in flight at most. */
export class MemoryLog {
  batches: StoredBatch[] = [];
  startOffset: Offset = 0;
  readonly leaderEpochs = new LeaderEpochs();
  readonly producers = new ProducerStates();
  private durable: Image = { startOffset: 0, batches: [] };
  private syncing: Image | undefined;
  /** The lowest cut since the sync began: beyond it the sync says nothing about the log as it is. */
  private cutSinceSync = Number.POSITIVE_INFINITY;

  get endOffset(): Offset {
    const last = this.batches.at(-1);
    return last === undefined ? this.startOffset : last.lastOffset + 1;
  }

  get isSyncing(): boolean {
    return this.syncing !== undefined;
  }

  /** What a power loss would leave. */
  get durableImage(): Image {
    return this.durable;
  }

  append(batches: readonly StoredBatch[], wallMs: number): void {
    for (const batch of batches) {
      assert(batch.baseOffset >= this.endOffset, `batch at ${batch.baseOffset} behind end ${this.endOffset}`);
      this.batches.push(batch);
      this.leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
      this.producers.update(batch, wallMs);
    }
  }

  truncateTo(offset: Offset, wallMs: number): void {
    this.batches = this.batches.filter((batch) => batch.lastOffset < offset);
    this.leaderEpochs.truncateFromEnd(offset);
    this.cutSinceSync = Math.min(this.cutSinceSync, offset);
    this.rebuildProducers(wallMs);
  }

  startAt(offset: Offset): void {
    this.batches = [];
    this.startOffset = offset;
    this.leaderEpochs.clear();
    this.producers.clear();
    this.cutSinceSync = Math.min(this.cutSinceSync, offset);
  }

  advanceStart(offset: Offset): void {
    this.startOffset = offset;
    this.batches = this.batches.filter((batch) => batch.lastOffset >= offset);
    this.leaderEpochs.truncateFromStart(offset);
  }

  startSync(): void {
    this.syncing = { startOffset: this.startOffset, batches: [...this.batches] };
    this.cutSinceSync = Number.POSITIVE_INFINITY;
  }

  /** Ends the sync in flight. Answers how far the log as it is now is known to be durable. */
  completeSync(): Offset {
    assert(this.syncing !== undefined, 'no sync is in flight');
    this.durable = this.syncing;
    this.syncing = undefined;
    return Math.min(endOf(this.durable), this.cutSinceSync);
  }

  /** The process dies; with `powerLoss` all that was not synced is gone, else a recovery finds and syncs everything. */
  restart(options: { readonly powerLoss: boolean; readonly wallMs: number }): void {
    if (options.powerLoss) {
      this.startOffset = this.durable.startOffset;
      this.batches = [...this.durable.batches];
    }
    this.durable = { startOffset: this.startOffset, batches: [...this.batches] };
    this.syncing = undefined;
    this.leaderEpochs.clear();
    for (const batch of this.batches) this.leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
    this.rebuildProducers(options.wallMs);
  }

  /** Batches from an offset on, as many as fit into `maxBytes`, at least one. */
  read(fromOffset: Offset, maxBytes: number): StoredBatch[] {
    const found: StoredBatch[] = [];
    let left = maxBytes;
    for (const batch of this.batches) {
      if (batch.baseOffset < fromOffset) continue;
      if (found.length > 0 && batch.sizeBytes > left) break;
      found.push(batch);
      left -= batch.sizeBytes;
    }
    return found;
  }

  private rebuildProducers(wallMs: number): void {
    this.producers.clear();
    for (const batch of this.batches) this.producers.update(batch, wallMs);
  }
}

function endOf(image: Image): Offset {
  const last = image.batches.at(-1);
  return last === undefined ? image.startOffset : last.lastOffset + 1;
}
