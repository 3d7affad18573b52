/** A source of randomness: seeded in tests and in the simulator, seeded from the operating system in production. */

/** Draws numbers. One instance belongs to one owner, so that a new draw here never changes the draws elsewhere. */
export interface Random {
  /** A whole number from 0 to 2³² − 1, each as likely. */
  nextUint32(): number;
  /** A number from 0 (inclusive) to 1 (exclusive). */
  nextFloat(): number;
  /** A whole number from 0 (inclusive) to `bound` (exclusive). Bound: 1 to 2³². */
  nextInt(bound: number): number;
  /** A new source whose draws depend on this source's seed and the label, and on no draw made so far. */
  fork(label: string): Random;
}
