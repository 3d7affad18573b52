/** How long brokers may be silent before others are asked. */

/** A broker that says nothing for so long while requests wait may be gone. Asking another costs little. */
export const SILENCE_MS = 1000;

/** Doublings: the most patient attempt waits about half a minute. */
const DOUBLINGS_MAX = 5;

/**
 * What to wait beyond {@link SILENCE_MS}, for a question that any broker can answer, after so many attempts in a row
 * were given up: nothing at first, so that one silent broker costs little, and about twice as long each time, so that
 * a slow cluster is heard out in the end.
 */
export function patienceAfter(timeouts: number): number {
  return SILENCE_MS * (2 ** Math.min(timeouts, DOUBLINGS_MAX) - 1);
}
