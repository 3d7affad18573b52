/** Fetches records ahead of the consumer: one long poll for each broker, within the bounds of its memory. */
import { AppError, ErrorCode } from '@hapax/base';
import { fetch, type ResponseOf } from '@hapax/wire';
import { backoffMs } from '../backoff.ts';
import type { Cluster } from '../cluster.ts';
import { byTopic } from '../leader-fan-out.ts';
import { isRetriable, protocolFailure } from '../protocol-failure.ts';
import type { ConsumerOptions } from './consumer-options.ts';
import { readFetched } from './fetched-records.ts';
import type { PartitionPosition } from './partition-position.ts';

type FetchResponse = ResponseOf<typeof fetch>;
type PartitionResponse = FetchResponse['responses'][number]['partitions'][number];

/** What the fetcher tells the consumer. */
export interface FetcherEvents {
  /** A position is in no log any more. */
  readonly onOutOfRange: (position: PartitionPosition) => void;
  readonly onFailure: (position: PartitionPosition, error: AppError) => void;
  /** Something came, or may be asked for again. */
  readonly onProgress: () => void;
}

interface Asked {
  readonly position: PartitionPosition;
  readonly revision: number;
}

/** Keeps the buffers of positions filled. */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #lane: string;
  readonly #events: FetcherEvents;
  /** Brokers with a fetch under way, and those that failed a moment ago. */
  readonly #busy = new Set<number>();
  readonly #pausedUntilMs = new Map<number, number>();
  #rotation = 0;
  #closed = false;

  constructor(cluster: Cluster, options: ConsumerOptions, lane: string, events: FetcherEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#events = events;
  }

  close(): void {
    this.#closed = true;
  }

  /** Asks every broker that is not being asked for what there is room for. */
  fetch(positions: readonly PartitionPosition[], bufferedBytes: number): void {
    if (this.#closed || bufferedBytes >= this.#options.bufferBytes) return;
    const nowMs = this.#cluster.ports.clock.nowMs();
    const byNode = new Map<number, Asked[]>();
    // Answers are bounded: those that came last the last time come first this time.
    this.#rotation += 1;
    for (let index = 0; index < positions.length; index++) {
      const position = positions[(index + this.#rotation) % positions.length];
      if (position === undefined || !this.#wants(position, nowMs)) continue;
      const leaderId = this.#cluster.cache.partition(position.topic, position.partition)?.leaderId ?? -1;
      if (leaderId < 0) {
        this.#cluster.refresh();
        continue;
      }
      if (this.#busy.has(leaderId) || (this.#pausedUntilMs.get(leaderId) ?? 0) > nowMs) continue;
      const asked = byNode.get(leaderId) ?? [];
      asked.push({ position, revision: position.revision });
      byNode.set(leaderId, asked);
    }
    for (const [nodeId, asked] of byNode) this.#ask(nodeId, asked);
  }

  #wants(position: PartitionPosition, nowMs: number): boolean {
    const { status, paused, retryAtMs, bufferedBytes } = position;
    return status === 'ready' && !paused && retryAtMs <= nowMs && bufferedBytes < this.#options.partitionMaxBytes;
  }

  #ask(nodeId: number, asked: readonly Asked[]): void {
    const { fetchMaxWaitMs, fetchMinBytes, fetchMaxBytes, partitionMaxBytes, requestTimeoutMs, isolationLevel } =
      this.#options;
    this.#busy.add(nodeId);
    const items = asked.map(({ position }) => position);
    const topics = byTopic(items).map(({ topic, items: positions }) => ({
      topic,
      partitions: positions.map((position) => ({
        partition: position.partition,
        currentLeaderEpoch: this.#cluster.cache.partition(topic, position.partition)?.leaderEpoch ?? -1,
        fetchOffset: position.fetchOffset,
        partitionMaxBytes,
      })),
    }));
    const plan = {
      api: fetch,
      maxVersion: 12,
      timeoutMs: requestTimeoutMs + fetchMaxWaitMs,
      patienceMs: fetchMaxWaitMs,
      belongsElsewhere: () =>
        items.some(({ topic, partition }) => this.#cluster.cache.isLedElsewhere(topic, partition, nodeId)),
      build: () => ({
        maxWaitMs: fetchMaxWaitMs,
        minBytes: fetchMinBytes,
        maxBytes: fetchMaxBytes,
        isolationLevel: isolationLevel === 'read_committed' ? 1 : 0,
        topics,
      }),
    };
    this.#cluster.send({ kind: 'node', nodeId }, this.#lane, plan, (outcome) => {
      this.#busy.delete(nodeId);
      if (this.#closed) return;
      if (outcome.ok && outcome.value.response.errorCode === ErrorCode.NONE)
        this.#onResponse(asked, outcome.value.response);
      else this.#onLost(nodeId, outcome.ok ? outcome.value.response.errorCode : outcome.error);
      this.#events.onProgress();
    });
  }

  #onLost(nodeId: number, error: AppError | number): void {
    const { ports, options } = this.#cluster;
    const waitMs = backoffMs(options.retryBackoff, 1, ports.random);
    this.#pausedUntilMs.set(nodeId, ports.clock.nowMs() + waitMs);
    ports.scheduler.after(waitMs, () => this.#events.onProgress());
    ports.logger.debug({ nodeId, reason: typeof error === 'number' ? error : error.message }, 'a fetch has failed');
    this.#cluster.refresh();
  }

  #onResponse(asked: readonly Asked[], response: FetchResponse): void {
    for (const { position, revision } of asked) {
      if (position.revision !== revision || position.status !== 'ready') continue;
      const answer = response.responses
        .find((one) => one.topic === position.topic)
        ?.partitions.find((one) => one.partitionIndex === position.partition);
      if (answer !== undefined) this.#onPartition(position, answer);
    }
  }

  #onPartition(position: PartitionPosition, answer: PartitionResponse): void {
    const { topic, partition } = position;
    this.#cluster.cache.learnLeader(topic, partition, answer.currentLeader.leaderId, answer.currentLeader.leaderEpoch);
    if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) {
      this.#events.onOutOfRange(position);
    } else if (answer.errorCode !== ErrorCode.NONE) {
      this.#onError(position, answer.errorCode);
    } else {
      position.highWatermark = answer.highWatermark;
      position.logStartOffset = answer.logStartOffset;
      this.#onRecords(position, answer);
    }
  }

  #onError(position: PartitionPosition, errorCode: number): void {
    const { topic, partition } = position;
    if (!isRetriable(errorCode)) {
      const error = protocolFailure(errorCode, {
        what: `Fetch of ${topic}-${partition}`,
        details: { topic, partition },
      });
      this.#events.onFailure(position, error);
      return;
    }
    const { ports, options } = this.#cluster;
    const waitMs = backoffMs(options.retryBackoff, 1, ports.random);
    position.retryAtMs = ports.clock.nowMs() + waitMs;
    ports.scheduler.after(waitMs, () => this.#events.onProgress());
    this.#cluster.refresh();
  }

  #onRecords(position: PartitionPosition, { records, abortedTransactions }: PartitionResponse): void {
    if (records === null || records.length === 0) return;
    const { compression } = this.#cluster.ports;
    const aborted = this.#options.isolationLevel === 'read_committed' ? (abortedTransactions ?? []) : [];
    try {
      for (const batch of readFetched(position, records, position.fetchOffset, aborted, compression))
        position.buffer(batch);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const { topic, partition, fetchOffset } = position;
      const where = `${topic}-${partition} at offset ${fetchOffset}`;
      const message = `${where} cannot be read: ${error.message}; seek behind it to go on`;
      const details = { topic, partition, offset: fetchOffset };
      this.#events.onFailure(
        position,
        new AppError(error.code, message, { retriable: false, definite: true, cause: error, details }),
      );
    }
  }
}
