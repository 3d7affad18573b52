/** What a call came to: a value, or a failure of the world. Machines pass outcomes on; only the driver throws. */
import type { AppError } from '@hapax/base';

/** A value or a failure. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: AppError };

/** Hears an outcome, exactly once, and never from within the call that it was given to. */
export type Done<T> = (outcome: Outcome<T>) => void;

/** The outcome of a call that worked. */
export function success<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

/** The outcome of a call that failed. */
export function failure(error: AppError): { readonly ok: false; readonly error: AppError } {
  return { ok: false, error };
}
