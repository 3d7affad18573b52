/** Markers of many transactions for one node, in one message. */
import type { NodeId } from '@hapax/base';
import type { MarkerTask } from './marker-task.ts';
import { byTopic, type TopicPartitions } from './transaction.ts';

/** One marker for one partition. */
export interface MarkerItem {
  readonly task: MarkerTask;
  readonly topic: string;
  readonly partition: number;
  /** How often it was refused or lost. */
  failures: number;
}

/** The markers of one transaction in one batch. */
export interface BatchMarker {
  readonly task: MarkerTask;
  readonly topics: readonly TopicPartitions[];
}

/** The object itself is the key by which it is answered. */
export interface MarkerBatch {
  readonly destination: NodeId;
  readonly markers: readonly BatchMarker[];
}

/** A batch, and its items in the order in which its answer gives their codes: by marker, topic and partition. */
export function batchOf(
  destination: NodeId,
  items: readonly MarkerItem[],
): { readonly batch: MarkerBatch; readonly inOrder: readonly MarkerItem[] } {
  const byTask = new Map<MarkerTask, MarkerItem[]>();
  for (const item of items) {
    const known = byTask.get(item.task);
    if (known === undefined) byTask.set(item.task, [item]);
    else known.push(item);
  }
  const markers: BatchMarker[] = [];
  const inOrder: MarkerItem[] = [];
  for (const [task, its] of byTask) {
    const topics = byTopic(its);
    markers.push({ task, topics });
    for (const { topic } of topics) inOrder.push(...its.filter((item) => item.topic === topic));
  }
  return { batch: { destination, markers }, inOrder };
}
