/** A client that asks what it wants, whether that is wise or not, and hears the codes of the answers as they are. */
import { encodeText, ErrorCode, type ProducerEpoch, type ProducerId } from '@hapax/base';
import { call, type Call } from '@hapax/client/machines';
import {
  addOffsetsToTxn, addPartitionsToTxn, endTxn, initProducerId, offsetCommit, produce, txnOffsetCommit,
  type Decoded, type Fields,
} from '@hapax/wire';
import { BatchBuilder } from '@hapax/wire/records';
import type { ClusterWatch } from '../../cluster-watch.ts';
import { SimClient, type ClientWorld } from '../sim-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import { waitFor, type Script } from './script.ts';

/** A producer id and its epoch. */
export interface Identity {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** Who commits offsets; those of nobody are committed beside the group. */
export interface GroupMember {
  readonly groupId: string;
  readonly generation: number;
  readonly memberId: string;
}

/** By which protocol a transaction is made. */
export type Version = 1 | 2;

/** What is asked, without how long and how. */
type Question<Request extends Fields, Response extends Fields> =
  Pick<Call<Request, Response>, 'api' | 'target' | 'build' | 'minVersion' | 'maxVersion'>;

/** A topic with the number of one of its partitions. */
export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** One record, and as whose it is written. */
export interface Batch extends Identity, Place {
  /** Of the transaction. */
  readonly owner: string;
  readonly baseSequence: number;
  /** Left out, it is. */
  readonly isTransactional?: boolean;
  /** At least. */
  readonly valueBytes?: number;
}

/** One process. Whatever it does with transactions is written down for the invariants. */
export class OddClient {
  readonly client: SimClient;
  private readonly watch: ClusterWatch;
  private readonly name: string;
  private written = 0;

  constructor(name: string, world: ClientWorld, watch: ClusterWatch) {
    this.name = name;
    this.watch = watch;
    this.client = new SimClient(name, world);
    this.client.cluster.track(ODD_TOPIC);
  }

  /** Asks until there is an answer that is not about who is to be asked. Undefined where none came. */
  *ask<Request extends Fields, Response extends Fields>(
    question: Question<Request, Response>, codeOf: (response: Decoded<Response>) => number,
  ): Script<Decoded<Response> | undefined> {
    const errorOf = (response: Decoded<Response>): number => (TRANSIENT.has(codeOf(response)) ? codeOf(response) : 0);
    const what = question.api.name;
    return yield* waitFor<Decoded<Response> | undefined>((done) =>
      call(this.client.cluster, { ...question, ...PATIENT, what, errorOf }, (outcome) =>
        done(outcome.ok ? outcome.value.response : undefined)));
  }

  *sleep(durationMs: number): Script {
    yield* waitFor<void>((done) => void this.client.host.after(durationMs, () => done()));
  }

  /** Asks for the identity of a transactional id; with one that it has, or may have had, for the one after it. */
  *identify(transactionalId: string, from: Identity = NOBODY): Script<Identity> {
    const answer = yield* this.ask({
      api: initProducerId,
      target: { kind: 'coordinator', keyType: 1, key: transactionalId },
      minVersion: 3,
      build: () => ({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS, ...from }),
    }, ({ errorCode }) => errorCode);
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) return NOBODY;
    return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
  }

  /** Tells the invariants that a transaction begins; answers the name of its owner. */
  begin(transactionalId: string, version: Version, identity: Identity, number: number): string {
    const owner = `${this.name}#${number}`;
    this.watch.transactions.clients.onBegun(owner, { transactionalId, version, ...identity });
    return owner;
  }

  /** Under version 1 a partition is added before it is written to. */
  *addPartition(transactionalId: string, identity: Identity, { topic, partition }: Place): Script {
    yield* this.ask({
      api: addPartitionsToTxn,
      target: { kind: 'coordinator', keyType: 1, key: transactionalId },
      maxVersion: 3,
      build: () => ({
        v3AndBelowTransactionalId: transactionalId,
        v3AndBelowProducerId: identity.producerId,
        v3AndBelowProducerEpoch: identity.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [partition] }],
      }),
    }, ({ resultsByTopicV3AndBelow: [first] }) => first?.resultsByPartition[0]?.partitionErrorCode ?? 0);
  }

  /** One record of a transaction. Answers the code. */
  *write(transactionalId: string, version: Version, batch: Batch): Script<number> {
    const { topic, partition, owner, baseSequence, producerId, producerEpoch } = batch;
    const { isTransactional = true, valueBytes = 0 } = batch;
    const builder = new BatchBuilder();
    const value = encodeText(`${this.name}:${this.written++}:${owner}:`.padEnd(valueBytes, '.'));
    builder.append({ timestampMs: this.client.host.wallMs(), key: null, value });
    const records = builder.build({ producerId, producerEpoch, baseSequence, transactional: isTransactional });
    const answer = yield* this.ask({
      api: produce,
      target: { kind: 'leader', topic, partition },
      ...(version === 2 ? { minVersion: 12, maxVersion: 12 } : { maxVersion: 11 }),
      build: () => ({
        transactionalId: isTransactional ? transactionalId : null,
        acks: -1,
        timeoutMs: 3000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      }),
    }, ({ responses: [first] }) => first?.partitionResponses[0]?.errorCode ?? 0);
    const code = answer?.responses[0]?.partitionResponses[0]?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
    if (code === ErrorCode.NONE) this.watch.transactions.clients.onAcked(owner);
    return code;
  }

  /** Ends what is open. Answers the identity to go on with, that of nobody where it could not be ended. */
  *end(
    transactionalId: string, version: Version, identity: Identity, owner: string, wish: 'commit' | 'abort' = 'commit',
  ): Script<Identity> {
    this.watch.transactions.clients.onAsked(owner, wish);
    const answer = yield* this.ask({
      api: endTxn,
      target: { kind: 'coordinator', keyType: 1, key: transactionalId },
      ...(version === 2 ? { minVersion: 5 } : { maxVersion: 4 }),
      build: () => ({ transactionalId, ...identity, committed: wish === 'commit' }),
    }, ({ errorCode }) => errorCode);
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) return NOBODY;
    this.watch.transactions.clients.onTold(owner, wish);
    return version === 2 ? { producerId: answer.producerId, producerEpoch: answer.producerEpoch } : identity;
  }

  /** Makes the offsets of a group part of a transaction. */
  *addOffsets(transactionalId: string, identity: Identity, groupId: string): Script {
    yield* this.ask({
      api: addOffsetsToTxn,
      target: { kind: 'coordinator', keyType: 1, key: transactionalId },
      build: () => ({ transactionalId, ...identity, groupId }),
    }, ({ errorCode }) => errorCode);
  }

  /** Commits an offset within a transaction. Answers the code. */
  *commitInTransaction(
    transactionalId: string, version: Version, identity: Identity, member: GroupMember, place: Place, offset: number,
  ): Script<number> {
    const { groupId, memberId, generation: generationId } = member;
    const answer = yield* this.ask({
      api: txnOffsetCommit,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      ...(version === 2 ? { minVersion: 5 } : { minVersion: 3, maxVersion: 4 }),
      build: () => ({
        transactionalId, groupId, ...identity, generationId, memberId, topics: [offsetOf(place, offset)],
      }),
    }, ({ topics: [first] }) => first?.partitions[0]?.errorCode ?? 0);
    return answer?.topics[0]?.partitions[0]?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
  }

  /** Commits an offset without a transaction. Answers the code. */
  *commit(member: GroupMember, place: Place, offset: number): Script<number> {
    const { groupId, memberId, generation: generationIdOrMemberEpoch } = member;
    const answer = yield* this.ask({
      api: offsetCommit,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      maxVersion: 8,
      build: () => ({ groupId, generationIdOrMemberEpoch, memberId, topics: [offsetOf(place, offset)] }),
    }, ({ topics: [first] }) => first?.partitions[0]?.errorCode ?? 0);
    return answer?.topics[0]?.partitions[0]?.errorCode ?? ErrorCode.NETWORK_EXCEPTION;
  }
}

/** Of no producer. */
export const NOBODY: Identity = { producerId: -1, producerEpoch: -1 };

function offsetOf({ topic, partition }: Place, committedOffset: number) {
  return { name: topic, partitions: [{ partitionIndex: partition, committedOffset, committedMetadata: '' }] };
}

/** Answers of somebody who cannot answer, or cannot yet. */
const TRANSIENT: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
  ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_ENOUGH_REPLICAS,
  ErrorCode.CONCURRENT_TRANSACTIONS, ErrorCode.REQUEST_TIMED_OUT,
]);
const PATIENT = { lane: 'odd', deadlineMs: 60_000, timeoutMs: 30_000 };
const TRANSACTION_TIMEOUT_MS = 60_000;
