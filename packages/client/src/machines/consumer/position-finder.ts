/**
 * Finds where to read: by policy where there is no offset, and whether an offset is still in the log of a new
 * leader.
 */
import { AppError, ErrorCode } from '@hapax/base';
import { offsetForLeaderEpoch } from '@hapax/wire';
import type { Cluster } from '../cluster.ts';
import { askLeaders, byTopic } from '../leader-fan-out.ts';
import { findOffsets } from '../list-offsets.ts';
import { protocolFailure } from '../protocol-failure.ts';
import type { PartitionPosition } from './partition-position.ts';

/** What the finder tells the consumer. */
export interface PositionFinderEvents {
  readonly onFailure: (position: PartitionPosition, error: AppError) => void;
  readonly onProgress: () => void;
}

/** Bounds and policy. */
export interface PositionFinderOptions {
  readonly offsetReset: 'earliest' | 'latest' | 'none';
  readonly isolationLevel: 'read_committed' | 'read_uncommitted';
  readonly requestTimeoutMs: number;
}

/** Asks leaders about positions; each question is asked once at a time. */
export class PositionFinder {
  readonly #cluster: Cluster;
  readonly #options: PositionFinderOptions;
  readonly #lane: string;
  readonly #events: PositionFinderEvents;
  readonly #asked = new Set<PartitionPosition>();
  #closed = false;

  constructor(cluster: Cluster, options: PositionFinderOptions, lane: string, events: PositionFinderEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#events = events;
  }

  close(): void {
    this.#closed = true;
  }

  /** The position is not in the log, or there is none: finds one by policy, or fails. */
  reset(position: PartitionPosition): void {
    if (this.#options.offsetReset !== 'none') {
      position.awaitReset();
      this.#events.onProgress();
      return;
    }
    const { topic, partition } = position;
    const what = `Fetch of ${topic}-${partition} at offset ${position.position}`;
    this.#events.onFailure(
      position,
      protocolFailure(ErrorCode.OFFSET_OUT_OF_RANGE, { what, details: { topic, partition } }),
    );
  }

  /** Asks about all positions that wait for it, or whose leader has changed. */
  find(positions: readonly PartitionPosition[]): void {
    if (this.#closed) return;
    const resetting = positions.filter((one) => one.status === 'resetting' && !this.#asked.has(one));
    if (resetting.length > 0) this.#findOffsets(resetting);
    const moved = positions.filter((one) => this.#needsValidation(one));
    if (moved.length > 0) this.#validate(moved);
  }

  /** A new leader may have less than the old one had: the position is checked before it is read from. [KIP-320] */
  #needsValidation(position: PartitionPosition): boolean {
    if (position.status !== 'ready' || this.#asked.has(position)) return false;
    const leaderEpoch = this.#cluster.cache.partition(position.topic, position.partition)?.leaderEpoch ?? -1;
    if (leaderEpoch <= position.validatedEpoch) return false;
    if (position.fetchEpoch >= 0 && position.fetchEpoch < leaderEpoch) return true;
    position.validatedEpoch = leaderEpoch;
    return false;
  }

  #findOffsets(positions: readonly PartitionPosition[]): void {
    const at = this.#options.offsetReset === 'latest' ? 'latest' : 'earliest';
    const revisions = this.#begin(positions);
    const queries = positions.map(
      (position) => ({ topic: position.topic, partition: position.partition, at, position }) as const,
    );
    findOffsets(
      this.#cluster,
      queries,
      {
        lane: this.#lane,
        deadlineMs: this.#options.requestTimeoutMs,
        readCommitted: this.#options.isolationLevel === 'read_committed',
        isCancelled: () => this.#closed,
      },
      (outcomes) => {
        for (const outcome of outcomes) {
          const position = positions.find(
            (one) => one.topic === outcome.item.topic && one.partition === outcome.item.partition,
          );
          if (position === undefined) continue;
          this.#asked.delete(position);
          if (position.revision !== revisions.get(position) || position.status !== 'resetting') continue;
          if (outcome.error === undefined) position.jump(outcome.answer.offset, outcome.answer.leaderEpoch);
          else if (!outcome.error.retriable) this.#events.onFailure(position, outcome.error);
        }
        this.#events.onProgress();
      },
    );
  }

  #validate(positions: readonly PartitionPosition[]): void {
    const revisions = this.#begin(positions);
    for (const position of positions) position.status = 'validating';
    askLeaders(
      this.#cluster,
      {
        lane: this.#lane,
        what: 'OffsetForLeaderEpoch',
        deadlineMs: this.#options.requestTimeoutMs,
        items: positions,
        isCancelled: () => this.#closed,
        plan: (some) => ({
          api: offsetForLeaderEpoch,
          build: (version) => ({
            ...(version >= 3 ? { replicaId: -1 } : {}),
            topics: byTopic(some).map(({ topic, items }) => ({
              topic,
              partitions: items.map((item) => ({
                partition: item.partition,
                currentLeaderEpoch: this.#cluster.cache.partition(topic, item.partition)?.leaderEpoch ?? -1,
                leaderEpoch: item.fetchEpoch,
              })),
            })),
          }),
        }),
        find: (response, item) => {
          const found = response.topics
            .find((topic) => topic.topic === item.topic)
            ?.partitions.find((partition) => partition.partition === item.partition);
          return found === undefined ? undefined : { errorCode: found.errorCode, value: found };
        },
      },
      (outcomes) => {
        for (const { item: position, answer, error } of outcomes) {
          this.#asked.delete(position);
          if (position.revision !== revisions.get(position) || position.status !== 'validating') continue;
          position.status = 'ready';
          // A broker that cannot tell is no reason to stop: brokers before 2.3 have no such request.
          if (error === undefined) this.#onEndOffset(position, answer.leaderEpoch, answer.endOffset);
          else if (!error.retriable) position.validatedEpoch = this.#leaderEpochOf(position);
        }
        this.#events.onProgress();
      },
    );
  }

  #onEndOffset(position: PartitionPosition, leaderEpoch: number, endOffset: number): void {
    if (endOffset >= 0 && endOffset >= position.fetchOffset) {
      position.validatedEpoch = this.#leaderEpochOf(position);
      return;
    }
    const { topic, partition, fetchOffset } = position;
    this.#cluster.ports.logger.warn({ topic, partition, fetchOffset, endOffset, leaderEpoch }, 'the log was truncated');
    if (endOffset < 0 || this.#options.offsetReset === 'none') this.reset(position);
    else position.jump(Math.min(position.position, endOffset), leaderEpoch);
  }

  #leaderEpochOf(position: PartitionPosition): number {
    return this.#cluster.cache.partition(position.topic, position.partition)?.leaderEpoch ?? -1;
  }

  #begin(positions: readonly PartitionPosition[]): Map<PartitionPosition, number> {
    for (const position of positions) this.#asked.add(position);
    return new Map(positions.map((position) => [position, position.revision]));
  }
}
