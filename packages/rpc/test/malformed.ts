/** What the tests of this package say again and again. */
import { AppError } from '@hapax/base';
import { expect } from 'vitest';

/** Expects the failure `frame-malformed`, which no retry mends. */
export function expectMalformed(action: () => unknown): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(AppError);
  const { code, retriable, definite } = thrown as AppError;
  expect({ code, retriable, definite }).toEqual({ code: 'frame-malformed', retriable: false, definite: true });
}

/** A value with its bytes as arrays of numbers: Buffers and Uint8Arrays of the same bytes are then equal. */
export function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]));
}
