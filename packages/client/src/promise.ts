/** Promises over the callbacks of machines: here, and only here, failures are thrown. */
import type { Done } from './machines/index.ts';

/** Runs a machine's call and waits for its outcome. Rejects with the `AppError` of a failure. */
export function outcomeOf<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((outcome) => {
      if (outcome.ok) resolve(outcome.value);
      else reject(outcome.error);
    });
  });
}
