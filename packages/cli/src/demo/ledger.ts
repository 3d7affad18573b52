/** The books of the demo: every row that was sent, lies in the log, and was read. */
import { checksumOf } from './flights.ts';

/** A row at its place in the log. */
export interface PlacedRow {
  readonly partition: number;
  readonly offset: number;
  readonly row: number;
}

/** The balance. The demo is clean when {@link LedgerBalance.isClean} says so. */
export interface LedgerBalance {
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
  /** Rows that the group has read. */
  readonly read: number;
  /** In the log, but never read by the group. */
  readonly neverRead: number;
  /** Records that the group was given once more; allowed, since it commits after the work. */
  readonly readAgain: number;
  readonly inputChecksum: string;
  /** Of what the group has read. */
  readonly outputChecksum: string;
  readonly isClean: boolean;
}

/** Counts what producer, log and group tell. */
export class Ledger {
  readonly #input: readonly string[];
  readonly #acknowledged: Uint8Array;
  readonly #copies: Uint32Array;
  readonly #output: (string | undefined)[];
  readonly #lastRow = new Map<number, number>();
  readonly #seen = new Set<string>();
  #unacknowledged = 0;
  #stored = 0;
  #outOfOrder = 0;
  #readAgain = 0;

  constructor(input: readonly string[]) {
    this.#input = input;
    this.#acknowledged = new Uint8Array(input.length);
    this.#copies = new Uint32Array(input.length);
    this.#output = Array<string | undefined>(input.length).fill(undefined);
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
  stored({ partition, row }: PlacedRow): void {
    this.#stored++;
    this.#copies[row] = (this.#copies[row] ?? 0) + 1;
    if (row < (this.#lastRow.get(partition) ?? -1)) this.#outOfOrder++;
    this.#lastRow.set(partition, row);
  }

  /** The group was given the record. Answers whether it is new. */
  read({ partition, offset, row }: PlacedRow, value: string): boolean {
    const place = `${partition}-${offset}`;
    if (this.#seen.has(place)) {
      this.#readAgain++;
      return false;
    }
    this.#seen.add(place);
    this.#output[row] = value;
    return true;
  }

  /** The balance of all that was told. */
  balance(): LedgerBalance {
    let sent = 0;
    let lost = 0;
    let duplicated = 0;
    let read = 0;
    let neverRead = 0;
    for (let row = 0; row < this.#input.length; row++) {
      const copies = this.#copies[row] ?? 0;
      const wasRead = this.#output[row] !== undefined;
      if (this.#acknowledged[row] === 1) sent++;
      if (this.#acknowledged[row] === 1 && copies === 0) lost++;
      if (copies > 1) duplicated += copies - 1;
      if (wasRead) read++;
      if (copies > 0 && !wasRead) neverRead++;
    }
    const inputChecksum = checksumOf(this.#input);
    const outputChecksum = checksumOf(this.#output);
    const faults = this.#unacknowledged + lost + duplicated + this.#outOfOrder + neverRead;
    return {
      rows: this.#input.length,
      sent,
      unacknowledged: this.#unacknowledged,
      stored: this.#stored,
      lost,
      duplicated,
      outOfOrder: this.#outOfOrder,
      read,
      neverRead,
      readAgain: this.#readAgain,
      inputChecksum,
      outputChecksum,
      isClean: faults === 0 && sent === this.#input.length && inputChecksum === outputChecksum,
    };
  }
}
