/** Asks coordinators whether partitions belong to a transaction, or adds them, before the first append [KIP-890]. */
import {
  coordinatorPartition, ErrorCode, type NodeId, type ProducerEpoch, type ProducerId, sometimes,
} from '@hapax/base';
import { TRANSACTION_STATE_TOPIC } from '@hapax/metadata';
import type { TopicPartitions } from '@hapax/rpc';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import type { TransactionLinks } from './transaction-links.ts';

/** A partition in whose log a transaction is about to begin. */
export interface VerifiedPartition {
  readonly topic: string;
  readonly index: number;
}

export interface VerificationRequest {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** `verify`: they must have been added before (transactions of version 0 and 1). `add`: they are added now [V1]. */
  readonly mode: 'verify' | 'add';
  readonly partitions: readonly VerifiedPartition[];
  /** Of the client: the same question on another connection is a retry of one whose answer nobody awaits [V6]. */
  readonly connectionId: number;
}

/** A question that was not answered yet. */
interface Pending {
  readonly request: VerificationRequest;
  readonly key: string;
  readonly retryUntilMs: number;
  isOver: boolean;
  /** One error for each partition, as the coordinator said; NETWORK_EXCEPTION where it could not be asked. */
  done(errors: readonly ErrorCode[]): void;
}

/** Lets go of a question: its client is gone. */
export interface AskedQuestion {
  cancel(): void;
}

/** How often, and for how long, an addition is tried again while the previous transaction is being ended [V4]. */
const RETRY_MS = 20;
const RETRY_MAX_MS = 100;

/** All questions of this node; at most `max` at a time, and `MAX_PER_TRANSACTION` about one transactional id. */
export class TransactionVerification {
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly links: TransactionLinks;
  private readonly max: number;
  /** By coordinator and transactional id, oldest first. */
  private readonly pending = new Map<string, Pending[]>();
  private count = 0;

  constructor(
    options: {
      readonly ports: BrokerPorts;
      readonly metadata: MetadataDriver;
      readonly links: TransactionLinks;
      readonly max: number;
    },
  ) {
    this.ports = options.ports;
    this.metadata = options.metadata;
    this.links = options.links;
    this.max = options.max;
  }

  /** How many questions wait for an answer. */
  get size(): number {
    return this.count;
  }

  /**
   * Asks the coordinator of a transactional id about partitions. `done` is called once unless the question is
   * cancelled: in this turn where the coordinator is here and has nothing to write.
   */
  ask(request: VerificationRequest, done: (errors: readonly ErrorCode[]) => void): AskedQuestion {
    const refuse = (error: ErrorCode): AskedQuestion => {
      done(request.partitions.map(() => error));
      return NOT_ASKED;
    };
    const coordinator = this.coordinatorOf(request.transactionalId);
    if (coordinator === undefined) return refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const key = `${coordinator}/${request.transactionalId}`;
    const refusal = this.evictFor(key, request);
    if (refusal !== undefined) return refuse(refusal);
    const retryUntilMs = this.ports.clock.nowMs() + RETRY_MAX_MS;
    const pending: Pending = { request, key, retryUntilMs, isOver: false, done };
    const siblings = this.pending.get(key) ?? [];
    this.pending.set(key, siblings);
    siblings.push(pending);
    this.count += 1;
    this.send(pending, coordinator);
    return { cancel: () => this.remove(pending) };
  }

  /** The rules of who makes way for whom [V6]. Undefined where the new question may be asked. */
  private evictFor(key: string, request: VerificationRequest): ErrorCode | undefined {
    const siblings = this.pending.get(key) ?? [];
    const isOlder = siblings.some(
      ({ request: other }) => other.producerId === request.producerId && other.producerEpoch > request.producerEpoch,
    );
    if (isOlder) return ErrorCode.INVALID_PRODUCER_EPOCH;
    for (const sibling of [...siblings]) {
      const error = evictionError(sibling.request, request);
      sometimes(error !== undefined, 'broker: a question to a coordinator makes way for a newer one');
      if (error !== undefined) this.finish(sibling, error);
    }
    const isFull = this.count >= this.max || (this.pending.get(key)?.length ?? 0) >= MAX_PER_TRANSACTION;
    return isFull ? ErrorCode.NETWORK_EXCEPTION : undefined;
  }

  private send(pending: Pending, coordinator: NodeId): void {
    const { transactionalId, producerId, producerEpoch, mode, partitions } = pending.request;
    const call = {
      type: 'add-partitions',
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly: mode === 'verify',
      topics: byTopic(partitions),
    } as const;
    this.links.call(coordinator, call, (answer) => {
      if (pending.isOver) return;
      if (answer === undefined) return this.finish(pending, ErrorCode.NETWORK_EXCEPTION);
      this.onAnswer(pending, answer.errors);
    });
  }

  private onAnswer(pending: Pending, errors: readonly ErrorCode[]): void {
    const { request } = pending;
    const isBusy = errors.includes(ErrorCode.CONCURRENT_TRANSACTIONS);
    sometimes(isBusy, 'broker: a coordinator is busy with the end of the last transaction');
    if (isBusy && request.mode === 'add' && this.ports.clock.nowMs() + RETRY_MS <= pending.retryUntilMs) {
      this.ports.scheduler.after(RETRY_MS, () => {
        if (pending.isOver) return;
        const coordinator = this.coordinatorOf(request.transactionalId);
        if (coordinator === undefined) return this.finish(pending, ErrorCode.COORDINATOR_NOT_AVAILABLE);
        this.send(pending, coordinator);
      });
      return;
    }
    this.remove(pending);
    // Answers come by topic, in the order of `byTopic`; the caller asked in an order of its own.
    const at = new Map<string, ErrorCode>();
    let next = 0;
    for (const { topic, partitions } of byTopic(request.partitions)) {
      for (const index of partitions) at.set(`${topic}-${index}`, errors[next++] ?? ErrorCode.UNKNOWN_SERVER_ERROR);
    }
    const found = (topic: string, index: number): ErrorCode =>
      at.get(`${topic}-${index}`) ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    pending.done(request.partitions.map(({ topic, index }) => found(topic, index)));
  }

  private finish(pending: Pending, error: ErrorCode): void {
    if (pending.isOver) return;
    this.remove(pending);
    pending.done(pending.request.partitions.map(() => error));
  }

  private remove(pending: Pending): void {
    if (pending.isOver) return;
    pending.isOver = true;
    this.count -= 1;
    const siblings = (this.pending.get(pending.key) ?? []).filter((other) => other !== pending);
    if (siblings.length === 0) this.pending.delete(pending.key);
    else this.pending.set(pending.key, siblings);
  }

  /** The node that leads the transactional id's partition of the transaction log [T1]. */
  private coordinatorOf(transactionalId: string): NodeId | undefined {
    const topic = this.metadata.image.topicByName(TRANSACTION_STATE_TOPIC);
    if (topic === undefined) return undefined;
    const leader = topic.partitions[coordinatorPartition(transactionalId, topic.partitions.length)]?.leader ?? -1;
    return leader === -1 ? undefined : leader;
  }
}

/** Questions about one transactional id: more than a client has requests in flight. */
const MAX_PER_TRANSACTION = 100;
const NOT_ASKED: AskedQuestion = { cancel: () => undefined };

/** With what an older question ends when a newer one about the same transactional id comes; undefined: it stays. */
function evictionError(older: VerificationRequest, newer: VerificationRequest): ErrorCode | undefined {
  if (older.producerId !== newer.producerId) return ErrorCode.NETWORK_EXCEPTION;
  if (older.producerEpoch < newer.producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH;
  if (older.connectionId === newer.connectionId) return undefined;
  const isAskedAgain = older.partitions.some(({ topic, index }) =>
    newer.partitions.some((asked) => asked.topic === topic && asked.index === index));
  return isAskedAgain ? ErrorCode.NETWORK_EXCEPTION : undefined;
}

function byTopic(partitions: readonly VerifiedPartition[]): TopicPartitions[] {
  const topics = new Map<string, number[]>();
  for (const { topic, index } of partitions) {
    const indexes = topics.get(topic);
    if (indexes === undefined) topics.set(topic, [index]);
    else indexes.push(index);
  }
  return [...topics].map(([topic, indexes]) => ({ topic, partitions: indexes }));
}
