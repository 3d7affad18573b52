/** The transactions of one partition that readers of committed data must not see into yet. [KIP-98, L1–L3] */
import { assert, type Offset, type ProducerId, sometimes } from '@hapax/base';

/** A transaction that has its marker, whose marker may not be replicated yet. */
export interface EndedTransaction {
  readonly firstOffset: Offset;
  readonly markerOffset: Offset;
}

/** How many ended ones are told apart; beyond, the newest are taken for one that ends with the last of them. */
const ENDED_MAX = 10_000;

/** State that a replay of the log gives again, but for what `onReplicated` made superfluous. */
export class OpenTransactions {
  /** Where each began, in the order of beginning, which is that of offsets. */
  private open = new Map<ProducerId, Offset>();
  /**
   * Ascending in both fields: one that began before another and ends after it hides it. None has its marker below
   * `replicatedTo`.
   */
  private ended: EndedTransaction[] = [];
  /** Exclusive: up to here all is known to be committed to the log. */
  private replicatedTo: Offset = 0;

  /** How many are open. */
  get size(): number {
    return this.open.size;
  }

  /** Exclusive: up to here all is known to be replicated. */
  get replicatedOffset(): Offset {
    return this.replicatedTo;
  }

  /** Oldest first: what a snapshot keeps beside the open ones. */
  endedTransactions(): readonly EndedTransaction[] {
    return this.ended;
  }

  /** A producer's first transactional batch since its last marker is in the log. */
  begin(producerId: ProducerId, firstOffset: Offset): void {
    assert(!this.open.has(producerId), () => `producer ${producerId} has a transaction already, now ${firstOffset}`);
    this.open.set(producerId, firstOffset);
  }

  /**
   * The marker of an open transaction is in the log. Returns what an entry of the aborted index says was stable then:
   * where the earliest other open one began, else the offset after the marker. [L4]
   */
  end(producerId: ProducerId, markerOffset: Offset): Offset {
    const firstOffset = this.open.get(producerId);
    assert(firstOffset !== undefined, () => `producer ${producerId} has no transaction to end at ${markerOffset}`);
    this.open.delete(producerId);
    sometimes(
      (this.earliestOpen ?? markerOffset) < firstOffset,
      'replica: a transaction ends while an older one is open',
    );
    this.awaitReplication({ firstOffset, markerOffset });
    return this.earliestOpen ?? markerOffset + 1;
  }

  /**
   * The first offset that is not stable: of an open transaction, or of one whose marker is not below the high
   * watermark. [L1] Undefined where all is stable.
   */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined {
    const open = this.earliestOpen;
    const ended = this.ended.find(({ markerOffset }) => markerOffset >= highWatermark)?.firstOffset;
    if (open === undefined || ended === undefined) return open ?? ended;
    return Math.min(open, ended);
  }

  /** All below this offset is replicated: ended transactions with their markers below it are forgotten. [L3] */
  onReplicated(highWatermark: Offset): void {
    if (highWatermark <= this.replicatedTo) return;
    this.replicatedTo = highWatermark;
    const [first] = this.ended;
    if (first === undefined || first.markerOffset >= highWatermark) return;
    this.ended = this.ended.filter(({ markerOffset }) => markerOffset >= highWatermark);
  }

  /** The log was cut: what comes at `endOffset` and beyond is not what was replicated there once. */
  truncate(endOffset: Offset): void {
    this.replicatedTo = Math.min(this.replicatedTo, endOffset);
  }

  /** Forgets all: the log begins anew. */
  clear(): void {
    this.open.clear();
    this.ended = [];
    this.replicatedTo = 0;
  }

  /** Takes over what a snapshot says. What is known to be replicated stays known. */
  restore(open: readonly (readonly [ProducerId, Offset])[], ended: readonly EndedTransaction[]): void {
    this.open = new Map([...open].sort(([, one], [, other]) => one - other));
    this.ended = ended.filter(({ markerOffset }) => markerOffset >= this.replicatedTo);
  }

  /** Makes this one what another is, without sharing anything. What is known to be replicated stays known. */
  copyFrom(other: OpenTransactions): void {
    this.restore([...other.open], other.ended);
  }

  private get earliestOpen(): Offset | undefined {
    for (const firstOffset of this.open.values()) return firstOffset;
    return undefined;
  }

  private awaitReplication(transaction: EndedTransaction): void {
    if (transaction.markerOffset < this.replicatedTo) return;
    const { ended } = this;
    while ((ended.at(-1)?.firstOffset ?? -1) >= transaction.firstOffset) ended.pop();
    const last = ended.at(-1);
    if (last === undefined || ended.length < ENDED_MAX) ended.push(transaction);
    // Later than need be, but never too early: the first of them is taken to last until the last one is replicated.
    else ended[ended.length - 1] = { firstOffset: last.firstOffset, markerOffset: transaction.markerOffset };
  }
}
