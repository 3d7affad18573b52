/** Finds offsets of partitions: the first, the next to be written, or the first at or after a time. */
import { listOffsets } from '@hapax/wire';
import type { Cluster } from './cluster.ts';
import { askLeaders, byTopic, type PartitionOutcome, type TopicPartition } from './leader-fan-out.ts';

/** What is looked for: a place, or a time in milliseconds since 1970. */
export type OffsetSpec = 'earliest' | 'latest' | 'max-timestamp' | number;

/** A partition, and what is looked for in it. */
export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetSpec;
}

/** What was found. Offset −1: no record is that new. */
export interface FoundOffset {
  readonly offset: number;
  /** −1 where the leader did not tell. */
  readonly leaderEpoch: number;
  /** −1 where a place and not a time was looked for. */
  readonly timestampMs: number;
}

/** Bounds and meaning of a look-up. */
export interface ListOffsetsOptions {
  readonly lane: string;
  readonly deadlineMs: number;
  /** Whether `latest` is the last stable offset, below open transactions, rather than the high watermark. */
  readonly readCommitted: boolean;
  readonly isCancelled?: () => boolean;
}

const PLACES = { latest: -1, earliest: -2, 'max-timestamp': -3 } as const;

/** Asks the leaders; each partition has an outcome of its own. */
export function findOffsets(
  cluster: Cluster,
  queries: readonly OffsetQuery[],
  options: ListOffsetsOptions,
  done: (outcomes: readonly PartitionOutcome<OffsetQuery, FoundOffset>[]) => void,
): void {
  const needsMaxTimestamp = queries.some((query) => query.at === 'max-timestamp');
  askLeaders(
    cluster,
    {
      ...options,
      what: 'ListOffsets',
      items: queries,
      plan: (items) => ({
        api: listOffsets,
        minVersion: needsMaxTimestamp ? 7 : 1,
        maxVersion: 9,
        build: (version) => ({
          replicaId: -1,
          ...(version >= 2 ? { isolationLevel: options.readCommitted ? 1 : 0 } : {}),
          topics: byTopic(items).map(({ topic, items: partitions }) => ({
            name: topic,
            partitions: partitions.map((query) => ({
              partitionIndex: query.partition,
              currentLeaderEpoch: cluster.cache.partition(topic, query.partition)?.leaderEpoch ?? -1,
              timestamp: typeof query.at === 'number' ? query.at : PLACES[query.at],
            })),
          })),
        }),
      }),
      find: (response, query) => {
        const found = response.topics
          .find((topic) => topic.name === query.topic)
          ?.partitions.find((partition) => partition.partitionIndex === query.partition);
        if (found === undefined) return undefined;
        const { errorCode, offset, leaderEpoch, timestamp } = found;
        return { errorCode, value: { offset, leaderEpoch, timestampMs: timestamp } };
      },
    },
    done,
  );
}
