/** S1–S3: what a disk was said to hold is found again by the next process, whole. */
import type { NodeId, Offset, Uuid } from '@hapax/base';
import { isBatchIntact } from '@hapax/wire/records';
import { batchesOf, describeBatch, isSameBatch, type ReadableLog } from './committed-log.ts';
import { demand } from './violation.ts';

/** A partition's log on one node. */
export interface StoredLog extends ReadableLog {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  readonly durableOffset: Offset;
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
  }

  private checkPromise(node: NodeId, log: StoredLog, promise: DurableLog): void {
    demand(log.endOffset >= promise.durableOffset, 'S3', () =>
      `node ${node} recovered ${promise.name} up to ${log.endOffset}, it was durable up to ${promise.durableOffset}`);
    const found = batchesOf(log, log.startOffset, log.endOffset);
    let at = 0;
    for (const expected of promise.batches) {
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
