/** How long clients had to wait: the longest gap between two signs of life of one partition. */

/** Measures gaps for each partition, from its first sign to its last. */
export class Pauses {
  readonly #lastMs = new Map<number, number>();
  #longestMs = 0;

  /** Something came of the partition. */
  onProgress(partition: number, nowMs: number): void {
    const lastMs = this.#lastMs.get(partition);
    if (lastMs !== undefined) this.#longestMs = Math.max(this.#longestMs, nowMs - lastMs);
    this.#lastMs.set(partition, nowMs);
  }

  get longestMs(): number {
    return this.#longestMs;
  }
}
