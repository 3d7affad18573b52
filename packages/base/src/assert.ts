/** Broken invariants. They are bugs, not failures of the world: they stop the process, in production too. */

/** A promise that the code made to itself was broken. Never caught, except to log it and stop. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Stops unless a condition holds. The message carries the numbers: `committed offset 9 is outside [4, 7]`. Give it as a
 * function where building it costs something.
 */
export function assert(condition: boolean, message: string | (() => string)): asserts condition {
  if (!condition) throw new InvariantError(typeof message === 'string' ? message : message());
}

/** The value, which the caller knows to be there; stops where it is not. */
export function present<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null) throw new InvariantError(`${what} is missing`);
  return value;
}

/** Ends a switch over a union: does not compile while a case is missing, and stops if one slips in at run time. */
export function unreachable(value: never): never {
  throw new InvariantError(`unexpected value ${JSON.stringify(value)}`);
}
