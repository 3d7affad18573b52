/**
 * What a test of the whole system should come across, said where it happens. In production nobody listens, and each of
 * these costs one look at a variable; a simulator counts, and knows which corners no seed has been in.
 *
 * Names are literal strings, each in one place of the sources: `tidy/` checks it, and they can be listed without being
 * run. They read as what has happened: `raft: a follower drops entries of another leader`.
 */

/** Hears of conditions. */
export interface Exploration {
  /** A `sometimes` that holds, or a `reachable`. */
  onReached(name: string): void;
  /** An `always` that does not hold, or a `neverReached`. */
  onBroken(name: string): void;
}

let listener: Exploration | undefined;

/** From now on, this one hears; undefined for nobody, which is how processes begin. Answers who heard until now. */
export function listenToExploration(next: Exploration | undefined): Exploration | undefined {
  const before = listener;
  listener = next;
  return before;
}

/** Must hold in at least one place of one run, or the runs explore too little. */
export function sometimes(condition: boolean, name: string): void {
  if (listener !== undefined && condition) listener.onReached(name);
}

/** Must be come by in at least one run. */
export function reachable(name: string): void {
  if (listener !== undefined) listener.onReached(name);
}

/** Must hold whenever it is come by. For what is too dear for an {@link assert}, or where production may go on. */
export function always(condition: boolean, name: string): void {
  if (listener !== undefined && !condition) listener.onBroken(name);
}

/** Must not be come by where the world keeps to its rules, though production has an answer if it happens. */
export function neverReached(name: string): void {
  if (listener !== undefined) listener.onBroken(name);
}
