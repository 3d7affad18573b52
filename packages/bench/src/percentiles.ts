/** Percentiles of many numbers in little memory: a histogram whose buckets grow by two percent. */

const GROWTH = 1.02;
const SMALLEST = 0.01;

/** Collects values above zero. Percentiles are right to within two percent. */
export class Percentiles {
  private readonly counts: number[] = [];
  private total = 0;
  private largest = 0;

  add(value: number): void {
    const bucket = Math.max(0, Math.ceil(Math.log(Math.max(value, SMALLEST) / SMALLEST) / Math.log(GROWTH)));
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += 1;
    this.largest = Math.max(this.largest, value);
  }

  get count(): number {
    return this.total;
  }

  /** The value that a share of all values is not above; 0 where there are none. */
  at(share: number): number {
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= share * this.total) return Math.min(this.largest, SMALLEST * GROWTH ** bucket);
    }
    return this.largest;
  }

  summary(): { readonly p50: number; readonly p99: number; readonly max: number } {
    return { p50: this.at(0.5), p99: this.at(0.99), max: this.largest };
  }
}
