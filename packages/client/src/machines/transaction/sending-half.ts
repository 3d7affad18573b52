/** What a transaction asks of the producer whose records are in it. */
import type { AppError } from '@hapax/base';

/** The producer's side. */
export interface SendingHalf {
  /** More may leave now. */
  readonly wake: () => void;
  /** Calls when every record has its outcome. */
  readonly flush: (done: () => void) => void;
  /** Fails what is not on the way, now and later. */
  readonly discard: (error: AppError) => void;
  /** As discard, and calls when nothing is on the way. */
  readonly drain: (error: AppError, done: () => void) => void;
  readonly resume: () => void;
  /** Fails everything, for good. */
  readonly fail: (error: AppError) => void;
}
