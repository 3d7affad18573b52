/** Reads a log from start to end, a slice a turn, so that a coordinator which loads never holds the loop for long. */
import type { Offset, Scheduler } from '@hapax/base';
import { iterateBatches, type BatchHeader } from '@hapax/wire/records';
import { joinBytes } from '../join-bytes.ts';
import type { Partition } from './partition.ts';

const SLICE_BYTES = 1 << 20;

/** A replay and what it is for. */
export interface Replay {
  readonly log: Partition['log'];
  readonly scheduler: Scheduler;
  /** Asked before each slice; a replay that nobody wants any more ends without `done`. */
  isWanted(): boolean;
  /** Batches in order; those before `fromOffset` in the first one have been seen before. */
  onBatch(header: BatchHeader, bytes: Uint8Array, fromOffset: Offset): void;
  /** Everything up to the end of the log was replayed, in this turn. */
  done(): void;
}

/** Begins at once with the first slice. */
export function replayInSlices(replay: Replay): void {
  const { log, scheduler } = replay;
  const next = (fromOffset: Offset): void => {
    if (!replay.isWanted()) return;
    const { endOffset } = log;
    if (fromOffset >= endOffset) return replay.done();
    const read = log.read(fromOffset, { maxBytes: SLICE_BYTES, endOffset, minOneBatch: true });
    for (const { header, bytes } of read === undefined ? [] : iterateBatches(joinBytes(read.chunks, read.sizeBytes))) {
      replay.onBatch(header, bytes, fromOffset);
    }
    scheduler.defer(() => next(read?.nextOffset ?? endOffset));
  };
  next(log.startOffset);
}
