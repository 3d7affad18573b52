/** A list that keeps what came last, and says when it had to let go of what came before. */

/** At most `max` items; adding one more forgets the oldest. */
export class RecentList<Item> {
  private readonly max: number;
  private kept: Item[] = [];
  /** How many are gone. */
  dropped = 0;

  constructor(max: number) {
    this.max = max;
  }

  add(item: Item): void {
    this.kept.push(item);
    // Now and then, and many at once: one at a time would move the whole list for each.
    if (this.kept.length >= this.max * 2) this.shorten();
  }

  /** Oldest first. */
  items(): readonly Item[] {
    this.shorten();
    return this.kept;
  }

  private shorten(): void {
    const excess = this.kept.length - this.max;
    if (excess <= 0) return;
    this.kept = this.kept.slice(excess);
    this.dropped += excess;
  }
}
