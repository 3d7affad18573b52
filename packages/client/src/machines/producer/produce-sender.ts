/** Sends the batches of all partitions: one request a broker and round, with at most one batch of each partition. */
import { ErrorCode, type Compression, type CompressionName } from '@hapax/base';
import { produce, type ResponseOf } from '@hapax/wire';
import { AppError } from '@hapax/base';
import type { Cluster } from '../cluster.ts';
import type { PartitionQueue } from './partition-queue.ts';
import type { ProduceAnswers, PartitionAnswer, SentBatch } from './produce-answers.ts';
import type { ProducerOptions } from './producer-options.ts';
import type { ProducerSession } from './producer-session.ts';

type ProduceResponse = ResponseOf<typeof produce>;

interface Draft {
  readonly sent: SentBatch[];
  sizeBytes: number;
}

/** Takes what may leave from the queues and hands answers on. */
export class ProduceSender {
  readonly #cluster: Cluster;
  readonly #options: ProducerOptions;
  readonly #lane: string;
  readonly #session: ProducerSession;
  readonly #answers: ProduceAnswers;
  readonly #onProgress: () => void;
  /** Requests without an answer, by broker. */
  readonly #requests = new Map<number, number>();

  /** `onProgress` hears that answers came in, so that more may be sent. */
  constructor(
    cluster: Cluster,
    options: ProducerOptions,
    lane: string,
    session: ProducerSession,
    answers: ProduceAnswers,
    onProgress: () => void,
  ) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#session = session;
    this.#answers = answers;
    this.#onProgress = onProgress;
  }

  /** Requests without an answer. */
  get inFlight(): number {
    let inFlight = 0;
    for (const requests of this.#requests.values()) inFlight += requests;
    return inFlight;
  }

  /** Sends all that may leave now. Queues that were served go behind the others. */
  send(queues: Set<PartitionQueue>, nowMs: number, flushing: boolean): void {
    for (;;) {
      const drafts = this.#draft(queues, nowMs, flushing);
      if (drafts.size === 0) return;
      for (const [nodeId, draft] of drafts) this.#sendRequest(nodeId, draft.sent);
    }
  }

  #draft(queues: Set<PartitionQueue>, nowMs: number, flushing: boolean): Map<number, Draft> {
    const drafts = new Map<number, Draft>();
    const full = new Set<number>();
    for (const queue of Array.from(queues)) {
      const leaderId = this.#cluster.cache.partition(queue.topic, queue.partition)?.leaderId ?? -1;
      if (leaderId < 0) {
        this.#cluster.refresh();
        continue;
      }
      if (full.has(leaderId) || (this.#requests.get(leaderId) ?? 0) >= this.#options.inFlightPerBrokerMax) continue;
      if (!this.#session.admits(queue.topic, queue.partition)) continue;
      const batch = queue.next(nowMs, leaderId, flushing);
      if (batch === undefined) continue;
      const draft = drafts.get(leaderId) ?? { sent: [], sizeBytes: 0 };
      if (draft.sent.length > 0 && draft.sizeBytes + batch.sizeBytes > this.#options.requestBytesMax) {
        full.add(leaderId);
        continue;
      }
      draft.sent.push({ queue, batch });
      draft.sizeBytes += batch.sizeBytes;
      drafts.set(leaderId, draft);
      queue.markSent(batch, leaderId);
      queues.delete(queue);
      queues.add(queue);
    }
    return drafts;
  }

  #sendRequest(nodeId: number, sent: readonly SentBatch[]): void {
    const sealed = this.#seal(sent);
    if (sealed.length === 0) return;
    this.#requests.set(nodeId, (this.#requests.get(nodeId) ?? 0) + 1);
    const { acks, requestTimeoutMs } = this.#options;
    const { transactionalId, produceVersions } = this.#session;
    const request = { transactionalId, acks, timeoutMs: requestTimeoutMs, topicData: topicData(sealed) };
    const plan = {
      api: produce,
      minVersion: produceVersions.min,
      maxVersion: produceVersions.max,
      timeoutMs: requestTimeoutMs,
      belongsElsewhere: () => this.#isLedElsewhere(sealed, nodeId),
      build: () => request,
    };
    const target = { kind: 'node', nodeId } as const;
    if (acks === 0) {
      this.#cluster.sendOneWay(target, this.#lane, plan, (outcome) => {
        this.#onAnswered(nodeId);
        for (const one of sealed) {
          if (outcome.ok) this.#answers.onAnswer(one.sent, NO_ANSWER);
          else this.#answers.onLost(one.sent, outcome.error);
        }
        this.#onProgress();
      });
      return;
    }
    this.#cluster.send(target, this.#lane, plan, (outcome) => {
      this.#onAnswered(nodeId);
      if (outcome.ok) this.#onResponse(sealed, outcome.value.response);
      else for (const one of sealed) this.#answers.onLost(one.sent, outcome.error);
      this.#onProgress();
    });
  }

  /** The batches with their bytes; those that cannot be compressed fail. */
  #seal(sent: readonly SentBatch[]): SealedBatch[] {
    const compression: { name: CompressionName; codec: Compression } = {
      name: this.#options.compression,
      codec: this.#cluster.ports.compression,
    };
    const sealed: SealedBatch[] = [];
    for (const one of sent) {
      try {
        sealed.push({ sent: one, bytes: one.batch.seal(compression, this.#session.transactionalId !== null) });
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        const { code, message } = error;
        this.#answers.onLost(one, new AppError(code, message, { retriable: false, definite: true, cause: error }));
      }
    }
    return sealed;
  }

  #isLedElsewhere(sealed: readonly SealedBatch[], nodeId: number): boolean {
    return sealed.some(({ sent: { queue } }) =>
      this.#cluster.cache.isLedElsewhere(queue.topic, queue.partition, nodeId),
    );
  }

  #onAnswered(nodeId: number): void {
    this.#requests.set(nodeId, (this.#requests.get(nodeId) ?? 1) - 1);
  }

  #onResponse(sealed: readonly SealedBatch[], response: ProduceResponse): void {
    const { cache } = this.#cluster;
    for (const { nodeId, host, port } of response.nodeEndpoints) cache.learnBroker(nodeId, { host, port });
    for (const { sent } of sealed) {
      const { topic, partition } = sent.queue;
      const answer = response.responses
        .find((one) => one.name === topic)
        ?.partitionResponses.find((one) => one.index === partition);
      if (answer !== undefined)
        cache.learnLeader(topic, partition, answer.currentLeader.leaderId, answer.currentLeader.leaderEpoch);
      this.#answers.onAnswer(sent, answer ?? MISSING_ANSWER);
    }
  }
}

interface SealedBatch {
  readonly sent: SentBatch;
  readonly bytes: Uint8Array;
}

/** With `acks: 0` a record counts as delivered once it was sent, and where it lies is not known. */
const NO_ANSWER: PartitionAnswer = {
  errorCode: ErrorCode.NONE,
  baseOffset: -1,
  logAppendTimeMs: -1,
  errorMessage: null,
};
const MISSING_ANSWER: PartitionAnswer = {
  errorCode: ErrorCode.UNKNOWN_SERVER_ERROR,
  baseOffset: -1,
  logAppendTimeMs: -1,
  errorMessage: 'the answer does not speak of this partition',
};

function topicData(
  sealed: readonly SealedBatch[],
): { name: string; partitionData: { index: number; records: Uint8Array }[] }[] {
  const topics = new Map<string, { index: number; records: Uint8Array }[]>();
  for (const { sent, bytes } of sealed) {
    const partitions = topics.get(sent.queue.topic) ?? [];
    partitions.push({ index: sent.queue.partition, records: bytes });
    topics.set(sent.queue.topic, partitions);
  }
  return [...topics].map(([name, partitionData]) => ({ name, partitionData }));
}
