/** Asks the leaders of many partitions, one request a broker, and asks again where leadership moved. */
import type { AppError } from '@hapax/base';
import type { Decoded, Fields } from '@hapax/wire';
import { backoffMs } from './backoff.ts';
import type { RequestPlan } from './request-plan.ts';
import { closedError, type Cluster } from './cluster.ts';
import { isRetriable, protocolFailure } from './protocol-failure.ts';

/** A partition by name. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** What a partition's leader answered, or why there is no answer. */
export type PartitionOutcome<Item, Answer> =
  | { readonly item: Item; readonly answer: Answer; readonly error?: undefined }
  | { readonly item: Item; readonly answer?: undefined; readonly error: AppError };

/** How to ask about partitions. */
export interface FanOut<Item extends TopicPartition, Answer, Request extends Fields, Response extends Fields> {
  readonly lane: string;
  /** For messages: `ListOffsets`. */
  readonly what: string;
  readonly deadlineMs: number;
  readonly items: readonly Item[];
  /** The request about the items that one broker leads. */
  readonly plan: (items: readonly Item[]) => RequestPlan<Request, Response>;
  /** The part of a response about an item; undefined where it does not speak of it. */
  readonly find: (
    response: Decoded<Response>,
    item: Item,
  ) => { readonly errorCode: number; readonly value: Answer } | undefined;
  readonly isCancelled?: () => boolean;
}

/** Asks until every item has an answer, a failure that waiting will not mend, or the deadline has passed. */
export function askLeaders<Item extends TopicPartition, Answer, Request extends Fields, Response extends Fields>(
  cluster: Cluster,
  fanOut: FanOut<Item, Answer, Request, Response>,
  done: (outcomes: readonly PartitionOutcome<Item, Answer>[]) => void,
): void {
  const { ports } = cluster;
  for (const item of fanOut.items) cluster.track(item.topic);
  const giveUpMs = ports.clock.nowMs() + fanOut.deadlineMs;
  const outcomes: PartitionOutcome<Item, Answer>[] = [];
  const finish = (): void => {
    for (const item of fanOut.items) cluster.untrack(item.topic);
    done(outcomes);
  };
  const round = (items: readonly Item[], failures: number): void => {
    if (fanOut.isCancelled?.() === true) return;
    askOnce(cluster, fanOut, items, (results) => {
      const again: Item[] = [];
      const waitMs = backoffMs(cluster.options.retryBackoff, failures + 1, ports.random);
      const outOfTime = ports.clock.nowMs() + waitMs > giveUpMs || cluster.isClosed;
      for (const result of results) {
        if (result.error === undefined || !result.error.retriable || outOfTime) outcomes.push(result);
        else again.push(result.item);
      }
      if (again.length === 0) {
        finish();
        return;
      }
      cluster.refresh();
      ports.scheduler.after(waitMs, () => round(again, failures + 1));
    });
  };
  if (fanOut.items.length === 0) ports.scheduler.defer(finish);
  else round(fanOut.items, 0);
}

function askOnce<Item extends TopicPartition, Answer, Request extends Fields, Response extends Fields>(
  cluster: Cluster,
  fanOut: FanOut<Item, Answer, Request, Response>,
  items: readonly Item[],
  done: (results: readonly PartitionOutcome<Item, Answer>[]) => void,
): void {
  const results: PartitionOutcome<Item, Answer>[] = [];
  const byLeader = groupByLeader(cluster, items);
  let open = byLeader.length;
  for (const group of byLeader) {
    const [first] = group;
    if (first === undefined) continue;
    const target = { kind: 'leader', topic: first.topic, partition: first.partition } as const;
    cluster.send(target, fanOut.lane, fanOut.plan(group), (outcome) => {
      for (const item of group) {
        results.push(
          outcome.ok
            ? answerOf(fanOut, outcome.value.response, item)
            : { item, error: cluster.isClosed ? closedError() : outcome.error },
        );
      }
      open -= 1;
      if (open === 0) done(results);
    });
  }
}

function answerOf<Item extends TopicPartition, Answer, Request extends Fields, Response extends Fields>(
  fanOut: FanOut<Item, Answer, Request, Response>,
  response: Decoded<Response>,
  item: Item,
): PartitionOutcome<Item, Answer> {
  const found = fanOut.find(response, item);
  const errorCode = found?.errorCode ?? -1;
  if (found !== undefined && errorCode === 0) return { item, answer: found.value };
  const { topic, partition } = item;
  const what = `${fanOut.what} for ${topic}-${partition}`;
  const error = protocolFailure(errorCode, { what, definite: !isRetriable(errorCode), details: { topic, partition } });
  return { item, error };
}

/**
 * Items that one broker leads, together. Where no leader is known, each topic stands alone, and the send will say
 * so.
 */
function groupByLeader<Item extends TopicPartition>(cluster: Cluster, items: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const leaderId = cluster.cache.partition(item.topic, item.partition)?.leaderId ?? -1;
    const key = leaderId < 0 ? `${item.topic}-${item.partition}` : `node ${leaderId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

/** Partitions by topic, as most requests want them. */
export function byTopic<Item extends TopicPartition>(items: readonly Item[]): { topic: string; items: Item[] }[] {
  const topics = new Map<string, Item[]>();
  for (const item of items) {
    const known = topics.get(item.topic);
    if (known === undefined) topics.set(item.topic, [item]);
    else known.push(item);
  }
  return [...topics].map(([topic, partitions]) => ({ topic, items: partitions }));
}
