/** The books of the bank: what an auditor sees of transfers, and whether money appears or disappears. */

/** One half of a transfer, as a record: money comes to an account, or goes from it. */
export interface Entry {
  readonly transfer: string;
  readonly account: number;
  /** Negative for the account that pays. */
  readonly amount: number;
}

/** What the books say of one way to transfer. All zeros but `transfers` and `reads`, or money was made or lost. */
export interface BankBalance {
  /** Transfers of which both halves are visible. */
  readonly transfers: number;
  /** How often the auditor took stock. */
  readonly reads: number;
  /** Readings at which the sum over all accounts was not what it was at the beginning. */
  readonly readsOff: number;
  /** The largest of these differences, without its sign. */
  readonly driftMax: number;
  /** The difference at the end, when nothing is on its way any more. */
  readonly driftAtEnd: number;
  /** Transfers of which one half only is visible at the end. */
  readonly halfAtEnd: number;
  /** Transfers that were reported as done, and are not there in whole. */
  readonly missing: number;
  readonly isClean: boolean;
}

interface Transfer {
  entries: number;
  net: number;
}

/**
 * Takes stock at consistent cuts. A reader of several partitions never sees all of them at the same instant: one half
 * of a committed transfer may come into sight before the other, whose partition is read later. But whoever sees one
 * half of a transfer, and only *then* asks where all logs end, must have seen the other half when he has read up to
 * there. So a reading counts the transfers of which anything was visible when it began, and nothing that came later.
 */
export class BankLedger {
  /** Transfers that are not two halves of the same amount (yet). Whole ones sum up to nothing, and are only counted. */
  readonly #uneven = new Map<string, Transfer>();
  readonly #whole = new Set<string>();
  readonly #done = new Set<string>();
  #cut: readonly string[] | undefined;
  #reads = 0;
  #readsOff = 0;
  #driftMax = 0;

  /** A client was told that the transfer is done. */
  toldDone(transfer: string): void {
    this.#done.add(transfer);
  }

  /** The auditor sees an entry. */
  entry({ transfer, amount }: Entry): void {
    // A third entry of a transfer that was whole makes it uneven again.
    const found = this.#uneven.get(transfer) ?? { entries: this.#whole.delete(transfer) ? 2 : 0, net: 0 };
    found.entries++;
    found.net += amount;
    const isWhole = found.entries === 2 && found.net === 0;
    if (isWhole) this.#whole.add(transfer);
    if (isWhole) this.#uneven.delete(transfer);
    else this.#uneven.set(transfer, found);
  }

  /** A reading begins. Only now the auditor may ask where the logs end. */
  beginRead(): void {
    this.#cut = [...this.#uneven.keys()];
  }

  /** Everything up to these ends was seen. Answers how far the sum of all accounts is off. */
  endRead(): number {
    const drift = this.#driftOf(this.#cut ?? []);
    this.#cut = undefined;
    this.#reads++;
    if (drift !== 0) this.#readsOff++;
    this.#driftMax = Math.max(this.#driftMax, Math.abs(drift));
    return drift;
  }

  /** The balance, once nothing is on its way any more and everything was seen. */
  balance(): BankBalance {
    const driftAtEnd = this.#driftOf([...this.#uneven.keys()]);
    const missing = [...this.#done].filter((transfer) => !this.#whole.has(transfer)).length;
    const halfAtEnd = this.#uneven.size;
    return {
      transfers: this.#whole.size,
      reads: this.#reads,
      readsOff: this.#readsOff,
      driftMax: this.#driftMax,
      driftAtEnd,
      halfAtEnd,
      missing,
      isClean: this.#readsOff + Math.abs(driftAtEnd) + halfAtEnd + missing === 0,
    };
  }

  #driftOf(transfers: readonly string[]): number {
    return transfers.reduce((sum, transfer) => sum + (this.#uneven.get(transfer)?.net ?? 0), 0);
  }
}
