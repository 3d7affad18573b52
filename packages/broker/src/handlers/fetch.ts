/** Fetch: reads committed records for consumers, waiting for them if there are none [kafka-semantics F1–F7]. */
import { ErrorCode, sometimes, ZERO_UUID } from '@hapax/base';
import type { AbortedTransaction } from '@hapax/log';
import type { fetch, RequestOf, ResponseInput } from '@hapax/wire';
import type { Partition } from '../drivers/partition.ts';
import { FINAL_EPOCH, INITIAL_EPOCH, type FetchSession, type SessionPartition } from '../kafka/fetch-sessions.ts';
import { joinBytes } from '../join-bytes.ts';
import { currentLeader, type LeaderHint } from '../kafka/leader-hints.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof fetch>;
type Response = ResponseInput<typeof fetch>;
type PartitionData = NonNullable<NonNullable<Response['responses']>[number]['partitions']>[number];

/** Topic ids instead of names. */
const TOPIC_IDS_FROM = 13;
const LEADER_HINTS_FROM = 16;
const NO_RECORDS = new Uint8Array(0);

export const handleFetch: Handler<typeof fetch> = (services, request, context, answer) => {
  const plan = planFetch(services, request, context);
  if (typeof plan === 'number') return answer({ errorCode: plan, responses: [] });
  const deadlineMs = context.receivedMs + request.maxWaitMs;
  const attempt = new FetchAttempt(services, request, context, plan);
  if (attempt.read() || request.maxWaitMs <= 0 || plan.partitions.length === 0) return answer(attempt.response());
  const retry = (isLast: boolean): boolean => {
    if (!attempt.read() && !isLast) return false;
    sometimes(!isLast, 'broker: a fetch that waited has records');
    sometimes(
      !isLast && request.isolationLevel === READ_COMMITTED,
      'broker: a fetch that waited has committed records',
    );
    answer(attempt.response());
    return true;
  };
  services.fetchWaits.park({ retry }, attempt.watched(), deadlineMs);
};

/** What is to be read, and in which session. */
interface FetchPlan {
  readonly session: FetchSession | undefined;
  readonly partitions: readonly SessionPartition[];
  /** Only partitions with news are told. */
  readonly isIncremental: boolean;
}

/** Finds or makes the session and brings its partitions up to date; an error code where the session is not valid. */
function planFetch(services: Services, request: Request, context: RequestContext): FetchPlan | ErrorCode {
  const { sessionId, sessionEpoch } = request;
  const { fetchSessions } = services;
  const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
  const asked = askedPartitions(services, request, usesTopicIds);
  const nowMs = context.receivedMs;
  if (sessionEpoch === INITIAL_EPOCH || sessionEpoch === FINAL_EPOCH) {
    fetchSessions.close(sessionId);
    const session = sessionEpoch === FINAL_EPOCH ? undefined : fetchSessions.create(usesTopicIds, nowMs);
    for (const partition of asked) session?.partitions.set(keyOf(partition), partition);
    return { session, partitions: asked, isIncremental: false };
  }
  const session = fetchSessions.continue(sessionId, sessionEpoch, usesTopicIds, nowMs);
  if (typeof session === 'number') return session;
  for (const topic of request.forgottenTopicsData) {
    const name = usesTopicIds ? topic.topicId : topic.topic;
    for (const partition of topic.partitions) session.partitions.delete(`${name}/${partition}`);
  }
  for (const partition of asked) {
    const known = session.partitions.get(keyOf(partition));
    if (known !== undefined) {
      partition.toldHighWatermark = known.toldHighWatermark;
      partition.toldLastStableOffset = known.toldLastStableOffset;
      partition.toldLogStartOffset = known.toldLogStartOffset;
      session.partitions.delete(keyOf(partition));
    }
    session.partitions.set(keyOf(partition), partition);
  }
  return { session, partitions: [...session.partitions.values()], isIncremental: true };
}

function keyOf(partition: SessionPartition): string {
  return `${partition.topicId === '' ? partition.topic : partition.topicId}/${partition.partition}`;
}

function askedPartitions(services: Services, request: Request, usesTopicIds: boolean): SessionPartition[] {
  const asked: SessionPartition[] = [];
  for (const topic of request.topics) {
    const name = usesTopicIds ? (services.metadata.image.topicById(topic.topicId)?.name ?? '') : topic.topic;
    for (const partition of topic.partitions) {
      asked.push({
        topic: name,
        topicId: usesTopicIds ? topic.topicId : '',
        partition: partition.partition,
        fetchOffset: partition.fetchOffset,
        maxBytes: partition.partitionMaxBytes,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        toldHighWatermark: -1,
        toldLastStableOffset: -1,
        toldLogStartOffset: -1,
      });
    }
  }
  return asked;
}

/** One fetch, which may look more than once before it is answered. */
class FetchAttempt {
  private readonly services: Services;
  private readonly request: Request;
  private readonly context: RequestContext;
  private readonly plan: FetchPlan;
  private results: { readonly of: SessionPartition; readonly data: PartitionData }[] = [];
  private readonly hints = new Map<number, LeaderHint>();

  constructor(services: Services, request: Request, context: RequestContext, plan: FetchPlan) {
    this.services = services;
    this.request = request;
    this.context = context;
    this.plan = plan;
  }

  /** Reads everything anew; true when there is enough, or something to tell at once. */
  read(): boolean {
    const { request, services } = this;
    let budget = Math.min(request.maxBytes, services.options.limits.fetchMaxBytes);
    let sizeBytes = 0;
    let isUrgent = false;
    this.results = [];
    for (const asked of this.plan.partitions) {
      const data = this.readOne(asked, budget, sizeBytes === 0);
      const bytes = data.records?.length ?? 0;
      sizeBytes += bytes;
      budget = Math.max(0, budget - bytes);
      isUrgent ||= data.errorCode !== ErrorCode.NONE || data.divergingEpoch !== undefined;
      this.results.push({ of: asked, data });
    }
    return isUrgent || sizeBytes >= request.minBytes;
  }

  /** The partitions whose news may satisfy this fetch. */
  watched(): readonly Partition[] {
    return this.plan.partitions.flatMap((asked) => this.find(asked) ?? []);
  }

  response(): Response {
    const { session, isIncremental } = this.plan;
    const topics = new Map<string, { topic: string; topicId: string; partitions: PartitionData[] }>();
    for (const { of, data } of this.results) {
      if (isIncremental && !hasNews(of, data)) continue;
      of.toldHighWatermark = data.highWatermark ?? -1;
      of.toldLastStableOffset = data.lastStableOffset ?? -1;
      of.toldLogStartOffset = data.logStartOffset ?? -1;
      const key = of.topicId === '' ? of.topic : of.topicId;
      const topic = topics.get(key) ?? {
        topic: of.topic,
        topicId: of.topicId === '' ? ZERO_UUID : of.topicId,
        partitions: [],
      };
      topic.partitions.push(data);
      topics.set(key, topic);
      this.services.metrics.bytesOut += data.records?.length ?? 0;
    }
    const nodeEndpoints = this.context.apiVersion >= LEADER_HINTS_FROM ? [...this.hints.values()] : [];
    return { errorCode: ErrorCode.NONE, sessionId: session?.id ?? 0, responses: [...topics.values()], nodeEndpoints };
  }

  private find(asked: SessionPartition): Partition | undefined {
    const { partitions } = this.services;
    if (asked.topicId !== '') return partitions.find(asked.topicId, asked.partition);
    return partitions.findByName(asked.topic, asked.partition);
  }

  private readOne(asked: SessionPartition, budget: number, isFirst: boolean): PartitionData {
    const partition = this.find(asked);
    if (partition === undefined) return this.refuse(asked, this.missing(asked));
    const { replica, log } = partition;
    const fenced = replica.checkLeaderEpoch(asked.currentLeaderEpoch);
    if (fenced !== ErrorCode.NONE) return this.refuse(asked, fenced);
    const { highWatermark, lastStableOffset } = replica;
    const head = {
      partitionIndex: asked.partition,
      errorCode: ErrorCode.NONE,
      highWatermark,
      lastStableOffset,
      logStartOffset: log.startOffset,
    };
    if (asked.lastFetchedEpoch >= 0) {
      const end = replica.epochEndOffset(-1, asked.lastFetchedEpoch);
      if (end.error !== ErrorCode.NONE || end.endOffset === -1)
        return this.refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE);
      if (end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset) {
        const divergingEpoch = { epoch: end.epoch, endOffset: end.endOffset };
        return { ...head, divergingEpoch, abortedTransactions: null, records: NO_RECORDS };
      }
    }
    // Between the high watermark and the log's end there is nothing to tell yet, but the offset is not wrong [L5].
    if (asked.fetchOffset < log.startOffset || asked.fetchOffset > log.endOffset) {
      return this.refuse(asked, ErrorCode.OFFSET_OUT_OF_RANGE);
    }
    const isCommittedOnly = this.request.isolationLevel === READ_COMMITTED;
    const upTo = partition.endOffsetFor(isCommittedOnly ? 'read-committed' : 'read-uncommitted');
    const maxBytes = Math.min(asked.maxBytes, budget);
    const isEmpty = asked.fetchOffset >= upTo || (maxBytes <= 0 && !isFirst);
    const read = isEmpty ? undefined : partition.read(asked.fetchOffset, { maxBytes, upTo, minOneBatch: isFirst });
    const records = read === undefined ? NO_RECORDS : joinBytes(read.chunks, read.sizeBytes);
    // Of exactly these bytes, and anew with every look: what was aborted meanwhile is among them now [L6, L7, bug 141].
    const abortedTransactions = isCommittedOnly
      ? log.abortedTransactions(asked.fetchOffset, read?.nextOffset ?? asked.fetchOffset).map(toAborted)
      : null;
    return { ...head, abortedTransactions, records };
  }

  private missing(asked: SessionPartition): ErrorCode {
    if (asked.topicId !== '' && asked.topic === '') return ErrorCode.UNKNOWN_TOPIC_ID;
    return this.services.metadata.whereIs(asked.topic, asked.partition);
  }

  private refuse(asked: SessionPartition, error: ErrorCode): PartitionData {
    const data = {
      partitionIndex: asked.partition,
      errorCode: error,
      highWatermark: -1,
      abortedTransactions: null,
      records: NO_RECORDS,
    };
    if (this.context.apiVersion < LEADER_HINTS_FROM) return data;
    const leader = currentLeader(
      this.services,
      this.context,
      { topic: asked.topic, index: asked.partition, error },
      this.hints,
    );
    return leader === undefined ? data : { ...data, currentLeader: leader };
  }
}

const READ_COMMITTED = 1;

function hasNews(asked: SessionPartition, data: PartitionData): boolean {
  return (
    (data.records?.length ?? 0) > 0 ||
    data.errorCode !== ErrorCode.NONE ||
    data.divergingEpoch !== undefined ||
    data.highWatermark !== asked.toldHighWatermark ||
    (data.lastStableOffset ?? -1) !== asked.toldLastStableOffset ||
    data.logStartOffset !== asked.toldLogStartOffset
  );
}

function toAborted({ producerId, firstOffset }: AbortedTransaction): { producerId: number; firstOffset: number } {
  return { producerId, firstOffset };
}
