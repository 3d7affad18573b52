/** The books of the input: every row that was sent, and what lies in the log. */

/** A row at its place in the log. */
export interface PlacedRow {
  readonly partition: number;
  readonly row: number;
}

/** The balance. The load was good when {@link LoadBalance.isClean} says so. */
export interface LoadBalance {
  readonly rows: number;
  /** Acknowledged to the producer. */
  readonly sent: number;
  /** Given up by the producer. */
  readonly unacknowledged: number;
  /** Records in the log. */
  readonly stored: number;
  /** Acknowledged, but not in the log. */
  readonly lost: number;
  /** Records in the log beyond the first of their row. */
  readonly duplicated: number;
  /** Records that stand behind a later row of their partition. */
  readonly outOfOrder: number;
  /** Records that are not what was sent. */
  readonly altered: number;
  readonly isClean: boolean;
}

/** Counts what producer and log tell. */
export class LoadLedger {
  readonly #input: readonly string[];
  readonly #acknowledged: Uint8Array;
  readonly #copies: Uint32Array;
  readonly #lastRow = new Map<number, number>();
  #unacknowledged = 0;
  #stored = 0;
  #outOfOrder = 0;
  #altered = 0;

  constructor(input: readonly string[]) {
    this.#input = input;
    this.#acknowledged = new Uint8Array(input.length);
    this.#copies = new Uint32Array(input.length);
  }

  /** The cluster said that it has the row. */
  acknowledged(row: number): void {
    this.#acknowledged[row] = 1;
  }

  /** The producer gave the row up. */
  failed(): void {
    this.#unacknowledged++;
  }

  /** The row lies in the log. To be called in the order of offsets for each partition. */
  stored({ partition, row }: PlacedRow, value: string): void {
    this.#stored++;
    this.#copies[row] = (this.#copies[row] ?? 0) + 1;
    if (value !== this.#input[row]) this.#altered++;
    if (row < (this.#lastRow.get(partition) ?? -1)) this.#outOfOrder++;
    this.#lastRow.set(partition, row);
  }

  /** The balance of all that was told. */
  balance(): LoadBalance {
    let sent = 0;
    let lost = 0;
    let duplicated = 0;
    for (let row = 0; row < this.#input.length; row++) {
      const copies = this.#copies[row] ?? 0;
      if (this.#acknowledged[row] === 1) sent++;
      if (this.#acknowledged[row] === 1 && copies === 0) lost++;
      if (copies > 1) duplicated += copies - 1;
    }
    const faults = this.#unacknowledged + lost + duplicated + this.#outOfOrder + this.#altered;
    return {
      rows: this.#input.length,
      sent,
      unacknowledged: this.#unacknowledged,
      stored: this.#stored,
      lost,
      duplicated,
      outOfOrder: this.#outOfOrder,
      altered: this.#altered,
      isClean: faults === 0 && sent === this.#input.length,
    };
  }
}
