/** Where a group goes on: new positions begin at the offsets that it has committed. */
import type { AppError } from '@hapax/base';
import type { Cluster } from '../cluster.ts';
import { fetchCommitted } from '../group-offsets.ts';
import { partitionKey } from './assignor.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import type { PartitionPosition } from './partition-position.ts';

/** What the consumer hears. */
export interface CommittedPositionsEvents {
  /** Nothing is committed: a policy must decide. */
  readonly onNone: (position: PartitionPosition) => void;
  readonly onFailure: (error: AppError) => void;
  readonly onProgress: () => void;
}

/** Asks the coordinator, one question at a time. */
export class CommittedPositions {
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #lane: string;
  readonly #events: CommittedPositionsEvents;
  #asking = false;
  #closed = false;

  constructor(cluster: Cluster, options: ConsumerOptions, lane: string, events: CommittedPositionsEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#events = events;
  }

  close(): void {
    this.#closed = true;
  }

  /**
   * Starts those positions that wait for it. With `read_committed`, offsets of open transactions are waited for, since
   * they decide where to begin. [KIP-447]
   */
  start(positions: readonly PartitionPosition[]): void {
    const starting = positions.filter((one) => one.status === 'starting');
    const { groupId, isolationLevel, requestTimeoutMs } = this.#options;
    if (starting.length === 0 || this.#asking) return;
    if (groupId === null) {
      for (const position of starting) this.#events.onNone(position);
      return;
    }
    this.#asking = true;
    const group = { groupId, lane: this.#lane, deadlineMs: requestTimeoutMs, isCancelled: () => this.#closed };
    const partitions = starting.map(({ topic, partition }) => ({ topic, partition }));
    const revisions = new Map(starting.map((position) => [position, position.revision]));
    fetchCommitted(this.#cluster, group, partitions, isolationLevel === 'read_committed', (outcome) => {
      this.#asking = false;
      this.#events.onProgress();
      if (!outcome.ok) {
        if (!outcome.error.retriable) this.#events.onFailure(outcome.error);
        return;
      }
      const committed = new Map(outcome.value.map((one) => [partitionKey(one), one]));
      for (const position of starting) {
        // Sent back meanwhile, it asks again: what was committed since counts.
        if (position.status !== 'starting' || position.revision !== revisions.get(position)) continue;
        const known = committed.get(partitionKey(position));
        if (known === undefined) this.#events.onNone(position);
        else position.jump(known.offset, known.leaderEpoch);
        position.committed = known?.offset ?? -1;
      }
    });
  }
}
