/** A small ordered store with atomic, durable batches: LevelDB in production. It keeps Raft's log and hard state. */
import type { AppError } from '../errors.ts';

/** One change of a batch. Keys are compared as bytes of UTF-8. */
export type KeyValueChange =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: string };

/** An ordered store. */
export interface KeyValueStore {
  /** Reads every pair with `from <= key < to`, in order. Used at start only: what is needed later is kept in memory. */
  readRange(
    from: string,
    to: string,
    done: (error: AppError | undefined, pairs: readonly KeyValuePair[]) => void,
  ): void;
  /**
   * Makes all the changes or none. With `sync`, `done` is called once they survive a loss of power. Batches take effect
   * in the order of the calls.
   */
  write(
    changes: readonly KeyValueChange[],
    options: { readonly sync: boolean },
    done: (error?: AppError) => void,
  ): void;
}

/** A key and its value. */
export interface KeyValuePair {
  readonly key: string;
  readonly value: Uint8Array;
}
