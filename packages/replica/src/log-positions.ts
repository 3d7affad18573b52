/** Where a replica's log begins, ends, is durable and is committed. */
import { assert, type Offset } from '@hapax/base';
import type { AppendedBatch } from './appended-batch.ts';
import type { TruncateTo } from './ready.ts';

/**
 * The four marks of one log. Invariants: `logStartOffset <= durableOffset <= logEndOffset` and
 * `logStartOffset <= highWatermark <= logEndOffset`. The high watermark may be beyond the durable offset on a follower
 * that is not in the ISR.
 */
export class LogPositions {
  private start: Offset;
  private end: Offset;
  private durable: Offset;
  private high: Offset;

  constructor(options: {
    readonly logStartOffset: Offset;
    readonly logEndOffset: Offset;
    readonly durableOffset: Offset;
    /** As checkpointed: what is outside of the log is brought inside. */
    readonly highWatermark: Offset;
  }) {
    this.start = options.logStartOffset;
    this.end = options.logEndOffset;
    this.durable = options.durableOffset;
    this.high = Math.max(this.start, Math.min(options.highWatermark, this.end));
    assert(
      this.start >= 0 && this.start <= this.durable && this.durable <= this.end,
      () => `log start ${this.start}, durable ${this.durable} and end ${this.end} are not in order`,
    );
  }

  get logStartOffset(): Offset {
    return this.start;
  }

  /** Exclusive: the offset of the next record. */
  get logEndOffset(): Offset {
    return this.end;
  }

  /** Exclusive end of what survives a power loss. */
  get durableOffset(): Offset {
    return this.durable;
  }

  /** Exclusive end of what is committed, as far as this replica knows. */
  get highWatermark(): Offset {
    return this.high;
  }

  /** Moves the end over batches that the driver wrote. Offsets may be missing between them (compaction). */
  append(batches: readonly AppendedBatch[]): void {
    for (const batch of batches) {
      assert(
        batch.baseOffset >= this.end && batch.lastOffset >= batch.baseOffset,
        () => `a batch of offsets ${batch.baseOffset} to ${batch.lastOffset} does not follow the end ${this.end}`,
      );
      this.end = batch.lastOffset + 1;
    }
  }

  /** Takes the driver's word on what is durable; answers whether that is news. */
  setDurable(offset: Offset): boolean {
    // A report that was under way while the log was cut may speak of records that are gone.
    const durable = Math.min(offset, this.end);
    if (durable <= this.durable) return false;
    this.durable = durable;
    return true;
  }

  /** Raises the high watermark, at most to the log's end; it never falls by this. Answers whether it moved. */
  raiseHighWatermark(offset: Offset): boolean {
    const high = Math.min(offset, this.end);
    if (high <= this.high) return false;
    this.high = high;
    return true;
  }

  /** The log was cut. Only here the high watermark may fall: after an unclean election elsewhere. */
  truncate(to: TruncateTo): void {
    if (to.startAt) {
      this.start = to.offset;
      this.end = to.offset;
      this.durable = to.offset;
      this.high = to.offset;
      return;
    }
    assert(
      to.offset >= this.start && to.offset <= this.end,
      () => `the log was cut at ${to.offset}, outside of [${this.start}, ${this.end}]`,
    );
    this.end = to.offset;
    this.durable = Math.min(this.durable, to.offset);
    this.high = Math.min(this.high, to.offset);
  }

  /** Records before `offset` were deleted. Answers whether that is news. */
  advanceStart(offset: Offset): boolean {
    if (offset <= this.start) return false;
    assert(offset <= this.end, () => `the log start ${offset} is beyond its end ${this.end}`);
    this.start = offset;
    this.durable = Math.max(this.durable, offset);
    this.high = Math.max(this.high, offset);
    return true;
  }
}
