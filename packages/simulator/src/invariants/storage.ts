/**
 * S1–S3: what a disk was said to hold is found again by the next process, whole. What a fault has damaged may be
 * missing, with what comes after it, but nothing before it; and it must not go without a word.
 */
import type { NodeId, Offset, Uuid } from '@hapax/base';
import { isBatchIntact, readBatchHeader } from '@hapax/wire/records';
import { batchesOf, describeBatch, isSameBatch, type ReadableLog } from './committed-log.ts';
import { demand } from './violation.ts';

/** A partition's log on one node. */
export interface StoredLog extends ReadableLog {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly durableOffset: Offset;
  /** Whether damaged files of it are kept aside. */
  readonly isDamageKept: boolean;
}

/** A place from which on a log may be cut. */
export interface DamagedPlace {
  readonly topicId: Uuid;
  readonly partition: number;
  /** Of the first batch that is damaged or gone. */
  readonly offset: Offset;
  /** Whether the damage is over, so that a start cannot find it. */
  isOver(): boolean;
}

interface KnownDamage {
  readonly place: DamagedPlace;
  /** Whether a start may have found it. */
  wasSeen: boolean;
}

interface DurableLog {
  readonly topicId: Uuid;
  readonly name: string;
  readonly partition: number;
  readonly startOffset: Offset;
  readonly durableOffset: Offset;
  readonly batches: readonly Uint8Array[];
}

/** Remembers over a crash what was durable. */
export class StorageInvariants {
  private readonly promises = new Map<NodeId, readonly DurableLog[]>();
  private readonly damages = new Map<NodeId, KnownDamage[]>();

  /** A fault damages a log on a disk. */
  onDamaged(node: NodeId, place: DamagedPlace): void {
    const known = this.damages.get(node) ?? [];
    this.damages.set(node, [...known, { place, wasSeen: false }]);
  }

  /** A process begins to read its disk. */
  onStart(node: NodeId): void {
    for (const damage of this.damages.get(node) ?? []) damage.wasSeen ||= !damage.place.isOver();
  }

  /** A process is about to die: what it has reported as durable must be there again. */
  onDying(node: NodeId, logs: readonly StoredLog[]): void {
    const promises = logs.map((log) => ({
      topicId: log.topicId,
      name: `${log.topic}-${log.partition}`,
      partition: log.partition,
      startOffset: log.startOffset,
      durableOffset: log.durableOffset,
      batches: batchesOf(log, log.startOffset, log.durableOffset).map(({ bytes }) => bytes.slice()),
    }));
    this.promises.set(node, promises);
  }

  /** What was durable is not certain any more, by a fault that nobody promises to survive. */
  forget(node: NodeId): void {
    this.promises.delete(node);
  }

  /** How far a partition of a node that is down is known to be durable. */
  durableEnd(node: NodeId, topicId: Uuid, partition: number): Offset {
    const promise = this.promises.get(node)?.find((one) => one.topicId === topicId && one.partition === partition);
    return promise?.durableOffset ?? 0;
  }

  /** A new process has recovered its logs, and done nothing to them yet. */
  onRecovered(node: NodeId, logs: readonly StoredLog[]): void {
    for (const log of logs) this.checkIntact(node, log);
    for (const promise of this.promises.get(node) ?? []) {
      if (promise.durableOffset <= promise.startOffset) continue;
      const log = logs.find((one) => one.topicId === promise.topicId && one.partition === promise.partition);
      demand(log !== undefined, 'S3', () =>
        `node ${node} lost ${promise.name}, which was durable up to ${promise.durableOffset}`);
      this.checkPromise(node, log, promise);
    }
    this.promises.delete(node);
    const left = (this.damages.get(node) ?? []).filter(({ place }) => !place.isOver());
    this.damages.set(node, left.map(({ place }) => ({ place, wasSeen: false })));
  }

  /** Where a log may end at a start, for damage that a fault has done to it. */
  private damageOf(node: NodeId, { topicId, partition }: DurableLog): Offset {
    const seen = (this.damages.get(node) ?? []).filter(({ place, wasSeen }) =>
      wasSeen && place.topicId === topicId && place.partition === partition);
    return Math.min(Number.POSITIVE_INFINITY, ...seen.map(({ place }) => place.offset));
  }

  private checkPromise(node: NodeId, log: StoredLog, promise: DurableLog): void {
    const damagedFrom = this.damageOf(node, promise);
    const wholeTo = Math.min(promise.durableOffset, damagedFrom);
    demand(log.endOffset >= wholeTo, damagedFrom < promise.durableOffset ? 'S1' : 'S3', () =>
      `node ${node} recovered ${promise.name} up to ${log.endOffset}, it was durable and whole up to ${wholeTo}`);
    demand(log.endOffset >= promise.durableOffset || log.isDamageKept, 'S1', () =>
      `node ${node} cut ${promise.name} at ${log.endOffset}, durable up to ${promise.durableOffset}, without a word`);
    const found = batchesOf(log, log.startOffset, log.endOffset);
    let at = 0;
    const whole = promise.batches.filter((bytes) => readBatchHeader(bytes).lastOffset < wholeTo);
    for (const expected of whole) {
      while (at < found.length && !isSameBatch(found[at]?.bytes as Uint8Array, expected)) at += 1;
      demand(at < found.length || log.startOffset > promise.startOffset, 'S3', () =>
        `node ${node} lost ${describeBatch(expected)} of ${promise.name}, which was durable`);
    }
  }

  private checkIntact(node: NodeId, log: StoredLog): void {
    let next = log.startOffset;
    for (const { header, bytes } of batchesOf(log, log.startOffset, log.endOffset)) {
      demand(isBatchIntact(bytes, header), 'S1', () =>
        `node ${node} recovered a damaged batch at ${header.baseOffset} of ${log.topic}-${log.partition}`);
      demand(header.baseOffset <= next || next === log.startOffset, 'S1', () =>
        `node ${node} recovered ${log.topic}-${log.partition} with a hole at ${next}`);
      next = header.lastOffset + 1;
    }
    demand(next === log.endOffset || log.endOffset === log.startOffset, 'S1', () =>
      `node ${node}: ${log.topic}-${log.partition} ends at ${log.endOffset}, its last batch at ${next}`);
  }
}
