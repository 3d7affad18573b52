/** Producer snapshots of a partition: which there are, which one to begin a replay from, which ones may go. */

/** Ends the name of a snapshot; in front of it stands the offset up to which it holds. */
export const SNAPSHOT_SUFFIX = '.snapshot';
/** Older ones only shorten the replay after a truncation far back. */
const SNAPSHOTS_KEPT = 3;

/** The offsets of the snapshots of a log. Bytes that are not in their file yet are held here. */
export class ProducerSnapshots {
  private offsets: number[];
  private readonly unwritten = new Map<number, Uint8Array>();

  constructor(offsets: readonly number[] = []) {
    this.offsets = [...offsets].sort((a, b) => a - b);
  }

  /** Takes note of a snapshot; returns the offsets of those that are no longer worth keeping. */
  add(offset: number, bytes: Uint8Array): readonly number[] {
    this.unwritten.set(offset, bytes);
    if (!this.offsets.includes(offset)) this.offsets.push(offset);
    const surplus = this.offsets.slice(0, -SNAPSHOTS_KEPT);
    for (const each of surplus) this.forget(each);
    return surplus;
  }

  /**
   * Whether these bytes are to be written still. A truncation may have dropped them; and a later snapshot of the same
   * offset, which says something else, has its turn after the truncation.
   */
  takeUnwritten(offset: number, bytes: Uint8Array): boolean {
    return this.unwritten.get(offset) === bytes && this.unwritten.delete(offset);
  }

  /** The bytes of a snapshot that is still to be written. */
  findUnwritten(offset: number): Uint8Array | undefined {
    return this.unwritten.get(offset);
  }

  /** Offsets of snapshots that hold up to `offset` at most, greatest first. */
  upTo(offset: number): readonly number[] {
    return this.offsets.filter((each) => each <= offset).reverse();
  }

  /** Forgets the snapshots beyond `offset` and returns their offsets. */
  truncateFromEnd(offset: number): readonly number[] {
    const gone = this.offsets.filter((each) => each > offset);
    for (const each of gone) this.forget(each);
    return gone;
  }

  private forget(offset: number): void {
    this.unwritten.delete(offset);
    this.offsets = this.offsets.filter((each) => each !== offset);
  }
}
