/** What operators did to the metadata of a cluster, as plain data: topics and configurations, one key each. */
import type { Outcome } from './operation.ts';

/**
 * What a call does to its key, whose value is a text, or null where nothing is there.
 *
 * - `write`: whatever was there, it is this now.
 * - `create`: nothing was there, now this is.
 * - `delete`: something was there, now nothing is.
 * - `ensure`: as `create`, but what is there may stay: the answer does not tell a retry from somebody else's success.
 * - `clear`: as `delete`, but there may be nothing.
 * - `read`: this is there.
 */
export type KeyedAction =
  | { readonly kind: 'write' | 'create' | 'ensure'; readonly value: string }
  | { readonly kind: 'delete' | 'clear' }
  | { readonly kind: 'read'; readonly value: string | null };

/** One call of a client. */
export interface KeyedCall {
  readonly process: string;
  readonly key: string;
  readonly action: KeyedAction;
  /** Of a read, `ok`. A call that failed has certainly changed nothing. */
  readonly outcome: Outcome;
  /** The place in the order of all beginnings and ends. Negative infinity for a read that may be of the past. */
  readonly beganAt: number;
  /** Infinity where the end was never seen. */
  readonly endedAt: number;
}

/** The value after an action; undefined where the action cannot be. */
export function valueAfter(value: string | null, action: KeyedAction): string | null | undefined {
  switch (action.kind) {
    case 'write':
      return action.value;
    case 'create':
      return value === null ? action.value : undefined;
    case 'delete':
      return value === null ? undefined : null;
    case 'ensure':
      return value ?? action.value;
    case 'clear':
      return null;
    case 'read':
      return value === action.value ? value : undefined;
  }
}
