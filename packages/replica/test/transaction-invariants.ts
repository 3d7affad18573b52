/** What must hold of transactions in one partition: a ghost follows what was committed to the log. */
import { assert, type Offset } from '@hapax/base';
import type { ClusterNode } from './cluster.ts';
import type { StoredBatch } from './memory-log.ts';

/** Names are those of the catalogue of bugs: T2 to T7. */
export class TransactionInvariants {
  /** Of each producer, where its open transaction begins in what is committed to the log. */
  private readonly open = new Map<number, { readonly firstOffset: Offset; readonly transaction: string }>();
  /** How each transaction ended, by producer and number. */
  private readonly outcomes = new Map<string, string>();
  private readonly marks = new Map<string, Offset>();
  /** Producers for which a late batch of one transaction may be taken for one of the next. [M13] */
  private readonly isAnomalous: (producerId: number) => boolean;

  constructor(options: { isAnomalous(producerId: number): boolean }) {
    this.isAnomalous = options.isAnomalous;
  }

  /** A batch is committed to the log, the one after those before. */
  commit(batch: StoredBatch): void {
    if (!batch.isTransactional) return;
    const [, producer, number, outcome] = /^[mt](\d+)-(\d+)-(.*)$/u.exec(batch.value) ?? [];
    const transaction = `${producer}-${number}`;
    const known = this.outcomes.get(transaction);
    if (batch.marker === undefined) {
      const firstOffset = batch.baseOffset;
      if (!this.open.has(batch.producerId)) this.open.set(batch.producerId, { firstOffset, transaction });
      const isLate = known !== undefined && !this.isAnomalous(batch.producerId);
      assert(!isLate, () => `T3: ${batch.value} at ${batch.baseOffset} comes after its transaction's ${known}`);
      return;
    }
    const ended = this.open.get(batch.producerId)?.transaction ?? transaction;
    const isMistaken = ended !== transaction && !this.isAnomalous(batch.producerId);
    assert(!isMistaken, () => `T3: ${batch.value} at ${batch.baseOffset} ends transaction ${ended}`);
    this.open.delete(batch.producerId);
    assert(known === undefined || known === outcome, () => `T5: ${batch.value} after ${known}`);
    this.outcomes.set(transaction, outcome as string);
  }

  /** T2, T4: nobody shows what may still be aborted; the mark never falls, and is what the log says. */
  check(node: ClusterNode): void {
    const { replica, log } = node;
    if (replica === undefined) return;
    const { lastStableOffset, highWatermark } = replica;
    assert(lastStableOffset <= highWatermark, () => `T4: node ${node.id} is stable up to ${lastStableOffset}`);
    for (const { firstOffset } of this.open.values()) {
      assert(
        lastStableOffset <= Math.max(firstOffset, log.startOffset),
        () => `T2: node ${node.id} shows up to ${lastStableOffset}, but from ${firstOffset} on nothing is decided`,
      );
    }
    const life = `${node.id}/${node.life}`;
    const before = this.marks.get(life) ?? 0;
    assert(lastStableOffset >= before, () => `T4: node ${node.id} falls from ${before} to ${lastStableOffset}`);
    this.marks.set(life, lastStableOffset);
    // Where records were deleted, the log does not say any more where a transaction began.
    if (log.startOffset > 0) return;
    const expected = stableOffset(log.batches, highWatermark);
    assert(
      lastStableOffset === expected,
      () => `L2: node ${node.id} is stable up to ${lastStableOffset}, its log says ${expected}`,
    );
  }
}

/** The rule word for word, from the log alone. [L1, L2] */
export function stableOffset(batches: readonly StoredBatch[], highWatermark: Offset): Offset {
  const open = new Map<number, Offset>();
  let stable = highWatermark;
  for (const batch of batches) {
    if (!batch.isTransactional) continue;
    if (batch.marker === undefined) {
      if (!open.has(batch.producerId)) open.set(batch.producerId, batch.baseOffset);
      continue;
    }
    const firstOffset = open.get(batch.producerId);
    open.delete(batch.producerId);
    if (firstOffset !== undefined && batch.baseOffset >= highWatermark) stable = Math.min(stable, firstOffset);
  }
  return Math.min(stable, ...open.values());
}
