/** A group coordinator over a log in memory that keeps bytes, may refuse, and commits when it is told to. */
import { ErrorCode, SeededRandom, ZERO_UUID } from '@hapax/base';
import type { AppendOutcome, RecordPosition, TransactionalAppend, TransactionProducer } from '@hapax/state-machine';
import {
  describeGroups, heartbeat, joinGroup, leaveGroup, offsetCommit, offsetFetch, syncGroup, txnOffsetCommit,
} from '@hapax/wire';
import {
  decodeGroupRecord, encodeGroupRecord, GroupCoordinator, type DescribeGroupAnswer, type EncodedRecord,
  type GroupAnswer, type GroupConfig, type GroupRecord, type JoinGroupRequest, type LoggedRecord,
  type OffsetCommitAnswer, type OffsetCommitRequest, type RequestContext, type SyncGroupRequest,
  type TransactionEndRecord, type TxnOffsetCommitAnswer, type TxnOffsetCommitRequest,
} from '../src/index.ts';

export const CONFIG: GroupConfig = {
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  newMemberJoinTimeoutMs: 300_000,
  maxSize: 100,
  pendingMembersMax: 10,
  groupsMax: 100,
  memberMetadataMaxBytes: 1000,
  offsetMetadataMaxBytes: 10,
  offsetsRetentionMs: 86_400_000,
  offsetsRetentionCheckIntervalMs: 600_000,
  commitTimeoutMs: 5000,
  parkedMax: 1000,
};

/** Every answer with every field that any test looks at. */
export interface AnyAnswer {
  readonly errorCode?: number;
  readonly generationId?: number;
  readonly protocolName?: string | null;
  readonly protocolType?: string | null;
  readonly leader?: string;
  readonly memberId?: string;
  readonly skipAssignment?: boolean;
  readonly assignment?: Uint8Array;
  readonly groupState?: string;
  readonly protocolData?: string;
  readonly errorMessage?: string | null;
  readonly members?: readonly {
    readonly memberId?: string; readonly groupInstanceId?: string | null; readonly errorCode?: number;
    readonly metadata?: Uint8Array; readonly clientId?: string; readonly clientHost?: string;
    readonly memberMetadata?: Uint8Array; readonly memberAssignment?: Uint8Array;
  }[];
  readonly topics?: readonly {
    readonly name?: string;
    readonly partitions?: readonly {
      readonly partitionIndex?: number; readonly errorCode?: number; readonly committedOffset?: number;
      readonly committedLeaderEpoch?: number; readonly metadata?: string | null;
    }[];
  }[];
}

/** What the log keeps: bytes in a batch of a producer or of none, or a marker. */
type LogEntry = (EncodedRecord | { readonly marker: TransactionEndRecord }) & {
  readonly timestampMs: number;
  readonly producer: TransactionProducer | undefined;
};

/** The log outlives coordinators. */
export class GroupLog {
  readonly entries: LogEntry[] = [];
  refuseWith: ErrorCode | undefined;
  wallMs = 0;
  /** What came with the last append in a transaction. */
  lastVerification: unknown;

  append(records: readonly GroupRecord[], producer?: TransactionalAppend): AppendOutcome {
    if (this.refuseWith !== undefined) return { accepted: false, error: this.refuseWith };
    const baseOffset = this.entries.length;
    this.lastVerification = producer?.verification;
    const owner = producer && { producerId: producer.producerId, producerEpoch: producer.producerEpoch };
    for (const record of records) {
      this.entries.push({ ...encodeGroupRecord(record), timestampMs: this.wallMs, producer: owner });
    }
    return { accepted: true, baseOffset, lastOffset: this.entries.length - 1, timestampMs: this.wallMs };
  }

  /** A marker comes from a transaction's coordinator, past this one. */
  appendMarker(marker: TransactionEndRecord, producerEpoch: number): RecordPosition {
    const timestampMs = this.wallMs;
    const producer = { producerId: marker.producerId, producerEpoch };
    this.entries.push({ marker, timestampMs, producer });
    return { offset: this.entries.length - 1, timestampMs, producer };
  }

  /** Every record that the coordinator knows, as a new leader reads it. */
  read(): { readonly record: LoggedRecord; readonly at: RecordPosition }[] {
    const read: { record: LoggedRecord; at: RecordPosition }[] = [];
    this.entries.forEach((entry, offset) => {
      const record = 'marker' in entry ? entry.marker : decodeGroupRecord(entry.key, entry.value);
      const { timestampMs, producer } = entry;
      if (record !== undefined) read.push({ record, at: { offset, timestampMs, producer } });
    });
    return read;
  }

  last(): LoggedRecord | undefined {
    return this.read().at(-1)?.record;
  }
}

const WALL_ZERO_MS = 1_000_000_000;

/** One coordinator at a time, with a clock. Answers are collected by token; a token that is answered twice fails. */
export class CoordinatorRig {
  readonly log = new GroupLog();
  readonly config: GroupConfig;
  readonly coordinator: GroupCoordinator<string>;
  readonly answers = new Map<string, AnyAnswer>();
  /** Answers in the order they came. */
  readonly order: string[] = [];
  readonly missingTopics = new Set<string>();
  nowMs = 0;
  /** Whether appends commit at once. */
  commits = true;
  private committed = -1;
  private requests = 0;
  /** Every answer must be sayable in the version of its request. */
  private readonly encoders = new Map<string, (answer: GroupAnswer) => unknown>();

  constructor(config: Partial<GroupConfig> = {}, seed = 1) {
    this.config = { ...CONFIG, ...config };
    this.coordinator = new GroupCoordinator<string>({
      writer: { append: (records, producer) => this.log.append(records, producer) },
      config: this.config,
      random: new SeededRandom(seed),
      topics: { exists: (topic, partition) => !this.missingTopics.has(topic) && partition < 100 },
    });
    this.load();
  }

  get wallMs(): number {
    return WALL_ZERO_MS + this.nowMs;
  }

  /** A new leader reads the log. What was not committed is lost or kept, as the test says. */
  load(options: { readonly keepUncommitted: boolean } = { keepUncommitted: true }): void {
    this.coordinator.becomeInactive();
    this.collect();
    if (!options.keepUncommitted) this.log.entries.length = this.committed + 1;
    this.coordinator.beginLoading();
    for (const { record, at } of this.log.read()) this.coordinator.replayLoaded(record, at);
    this.coordinator.becomeActive(this.committed, this.nowMs);
    this.settle();
  }

  context(apiVersion: number, clientId = 'client'): RequestContext {
    return { apiVersion, clientId, clientHost: '/10.0.0.1', wallMs: this.wallMs };
  }

  /** Gives a request a token, makes it, and lets everything settle. */
  run(
    call: (coordinator: GroupCoordinator<string>, token: string) => void,
    encode: (answer: GroupAnswer) => unknown = () => undefined,
  ): string {
    const token = `r${++this.requests}`;
    this.encoders.set(token, encode);
    this.log.wallMs = this.wallMs;
    call(this.coordinator, token);
    this.settle();
    return token;
  }

  /** The answer of a request that must be there. */
  answer(token: string): AnyAnswer {
    const answer = this.answers.get(token);
    if (answer === undefined) throw new Error(`request ${token} has no answer yet`);
    return answer;
  }

  isWaiting(token: string): boolean {
    return !this.answers.has(token);
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.log.wallMs = this.wallMs;
    this.coordinator.tick(this.nowMs, this.wallMs);
    this.settle();
  }

  /** Everything appended so far commits. */
  commitAll(): void {
    this.committed = this.log.entries.length - 1;
    this.coordinator.onCommitted(this.committed);
    this.collect();
  }

  /** What a commit sets in motion may append again. */
  settle(): void {
    this.collect();
    while (this.commits && this.committed < this.log.entries.length - 1) this.commitAll();
  }

  join(options: Partial<JoinGroupRequest> & { readonly version?: number; readonly clientId?: string } = {}): string {
    const { version = 9, clientId = 'client', ...request } = options;
    return this.run((coordinator, token) =>
      coordinator.joinGroup(token, joinRequest(request), this.context(version, clientId), this.nowMs),
    (answer) => joinGroup.encodeResponse(version, answer));
  }

  /** Joins under an id of its own choice, as version 4 and later do: asks for the id first. */
  joinNew(options: Partial<JoinGroupRequest> & { readonly version?: number; readonly clientId?: string } = {}): {
    readonly memberId: string; readonly token: string;
  } {
    const memberId = this.answer(this.join(options)).memberId ?? '';
    return { memberId, token: this.join({ ...options, memberId }) };
  }

  sync(memberId: string, generationId: number, options: Partial<SyncGroupRequest> = {}): string {
    const request = {
      groupId: 'g', generationId, memberId, groupInstanceId: null, protocolType: null, protocolName: null,
      assignments: [], ...options,
    };
    return this.run((coordinator, token) =>
      coordinator.syncGroup(token, request, this.context(5), this.nowMs),
    (answer) => [3, 5].map((version) => syncGroup.encodeResponse(version, answer)));
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null): number | undefined {
    const request = { groupId: 'g', generationId, memberId, groupInstanceId };
    return this.answer(this.run((coordinator, token) =>
      coordinator.heartbeat(token, request, this.context(4), this.nowMs),
    (answer) => heartbeat.encodeResponse(4, answer))).errorCode;
  }

  leave(
    members: readonly { readonly memberId: string; readonly groupInstanceId?: string | null }[], version = 5,
  ): string {
    const request = {
      groupId: 'g',
      memberId: version < 3 ? (members[0]?.memberId ?? '') : '',
      members: version < 3 ? [] : members.map((member) => ({ groupInstanceId: null, reason: null, ...member })),
    };
    return this.run((coordinator, token) =>
      coordinator.leaveGroup(token, request, this.context(version), this.nowMs),
    (answer) => leaveGroup.encodeResponse(version, answer));
  }

  commit(options: CommitOptions = {}): string {
    const { version = 8, ...rest } = options;
    return this.run((coordinator, token) =>
      coordinator.offsetCommit(token, commitRequest(rest), this.context(version), this.nowMs),
    (answer) => offsetCommit.encodeResponse(version, answer as OffsetCommitAnswer));
  }

  /** Offsets of a producer's transaction, which counts as verified. */
  txnCommit(options: TxnCommitOptions = {}): string {
    const { version = 5, verification, ...rest } = options;
    const context = { ...this.context(version), verification };
    return this.run((coordinator, token) =>
      coordinator.txnOffsetCommit(token, txnCommitRequest(rest), context, this.nowMs),
    (answer) => txnOffsetCommit.encodeResponse(version, answer as TxnOffsetCommitAnswer));
  }

  /** The transaction of a producer ends: a marker is appended, and the coordinator hears of it in the same turn. */
  mark(outcome: 'commit' | 'abort', producerId = 7, producerEpoch = 0): void {
    this.log.wallMs = this.wallMs;
    const marker = { kind: 'transaction-end', producerId, outcome } as const;
    this.coordinator.applyMarker(marker, this.log.appendMarker(marker, producerEpoch));
    this.settle();
  }

  /** Asks for the committed offsets of a group: of all partitions, or of the first ones of topic t. */
  askOffsets(options: FetchOptions = {}): string {
    const { groupId = 'g', requireStable = false, partitions } = options;
    const topics = partitions === undefined
      ? null
      : [{ name: 't', topicId: ZERO_UUID, partitionIndexes: partitions }];
    return this.run((coordinator, request) =>
      coordinator.offsetFetchGroup(request, { groupId, topics, requireStable }, this.context(8), this.nowMs),
    (answer) => offsetFetch.encodeResponse(8, { groups: [answer] }));
  }

  /** The committed offsets of a group, as `topic-partition` → offset; an error of a partition stands as a text. */
  fetch(groupId = 'g', options: FetchOptions = {}): Record<string, number | string> {
    const offsets: Record<string, number | string> = {};
    for (const topic of this.answer(this.askOffsets({ groupId, ...options })).topics ?? []) {
      for (const { partitionIndex, errorCode = 0, committedOffset = -1 } of topic.partitions ?? []) {
        const told = errorCode === 0 ? committedOffset : `error ${errorCode}, offset ${committedOffset}`;
        offsets[`${topic.name}-${partitionIndex}`] = told;
      }
    }
    return offsets;
  }

  describe(groupId = 'g', version = 5): AnyAnswer {
    return this.answer(this.run((coordinator, token) =>
      coordinator.describeGroup(token, groupId, this.context(version), this.nowMs),
    (answer) => describeGroups.encodeResponse(version, { groups: [answer as DescribeGroupAnswer] })));
  }

  private collect(): void {
    for (const { token, answer } of this.coordinator.takeAnswers()) {
      if (this.answers.has(token)) throw new Error(`request ${token} was answered twice`);
      this.encoders.get(token)?.(answer);
      this.answers.set(token, answer as AnyAnswer);
      this.order.push(token);
    }
  }
}

export interface CommitOptions extends Partial<Omit<OffsetCommitRequest, 'topics'>> {
  readonly version?: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly leaderEpoch?: number;
  readonly metadata?: string | null;
}

export interface TxnCommitOptions extends Partial<Omit<TxnOffsetCommitRequest, 'topics'>> {
  readonly version?: number;
  readonly verification?: unknown;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly metadata?: string | null;
}

export interface FetchOptions {
  readonly groupId?: string;
  readonly requireStable?: boolean;
  readonly partitions?: readonly number[];
}

export function joinRequest(request: Partial<JoinGroupRequest>): JoinGroupRequest {
  return {
    groupId: 'g', sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, memberId: '', groupInstanceId: null,
    protocolType: 'consumer', protocols: [protocol('range')], reason: null, ...request,
  };
}

export function commitRequest(options: CommitOptions): OffsetCommitRequest {
  const { topic = 't', partition = 0, offset = 1, leaderEpoch = -1, metadata = '', ...request } = options;
  return {
    groupId: 'g', generationIdOrMemberEpoch: -1, memberId: '', groupInstanceId: null, retentionTimeMs: -1,
    topics: [{
      name: topic,
      topicId: ZERO_UUID,
      partitions: [{
        partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      }],
    }],
    ...request,
  };
}

export function txnCommitRequest(options: Omit<TxnCommitOptions, 'version' | 'verification'>): TxnOffsetCommitRequest {
  const { topic = 't', partition = 0, offset = 1, metadata = '', ...request } = options;
  return {
    transactionalId: 'txn', groupId: 'g', producerId: 7, producerEpoch: 0, generationId: -1, memberId: '',
    groupInstanceId: null,
    topics: [{
      name: topic,
      partitions: [{
        partitionIndex: partition, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: metadata,
      }],
    }],
    ...request,
  };
}

export function protocol(name: string, text = ''): { readonly name: string; readonly metadata: Uint8Array } {
  return { name, metadata: bytesOf(text) };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(bytes: Uint8Array | undefined): string {
  return String.fromCharCode(...(bytes ?? []));
}
