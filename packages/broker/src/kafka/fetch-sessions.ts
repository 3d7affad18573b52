/** Fetch sessions: a consumer names its partitions once and hears only of those with news [KIP-227]. */
import { ErrorCode, type Offset, type Random, type Uuid } from '@hapax/base';

/** What a session remembers of one partition: what was asked, and what was last told. */
export interface SessionPartition {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  fetchOffset: Offset;
  maxBytes: number;
  currentLeaderEpoch: number;
  lastFetchedEpoch: number;
  toldHighWatermark: Offset;
  toldLastStableOffset: Offset;
  toldLogStartOffset: Offset;
}

/** One session. Its epoch counts the fetches in it, so that a lost or repeated one is noticed. */
export interface FetchSession {
  readonly id: number;
  /** The epoch that the next fetch must carry. */
  nextEpoch: number;
  /** Topics by name (false) or by id (true): may not change within a session. */
  readonly usesTopicIds: boolean;
  readonly partitions: Map<string, SessionPartition>;
  lastUsedMs: number;
}

const IDLE_BEFORE_EVICTION_MS = 120_000;
const MAX_EPOCH = 0x7fffffff;
/** The epoch of a request that begins a session, and of one that wants none. */
export const INITIAL_EPOCH = 0;
export const FINAL_EPOCH = -1;

/** The sessions of a broker. When there are too many, the one that was idle longest goes; else no new one is made. */
export class FetchSessions {
  private readonly max: number;
  private readonly random: Random;
  private readonly sessions = new Map<number, FetchSession>();

  constructor(options: { readonly max: number; readonly random: Random }) {
    this.max = options.max;
    this.random = options.random;
  }

  get size(): number {
    return this.sessions.size;
  }

  /** Makes a session, or undefined where there is no room: the fetch is then served without one. */
  create(usesTopicIds: boolean, nowMs: number): FetchSession | undefined {
    if (this.sessions.size >= this.max && !this.evict(nowMs)) return undefined;
    let id = 0;
    while (id === 0 || this.sessions.has(id)) id = this.random.nextInt(MAX_EPOCH);
    const session: FetchSession = { id, nextEpoch: 1, usesTopicIds, partitions: new Map(), lastUsedMs: nowMs };
    this.sessions.set(id, session);
    return session;
  }

  /** The session that a fetch continues, moved on to its next epoch; or why it cannot be continued. */
  continue(id: number, epoch: number, usesTopicIds: boolean, nowMs: number): FetchSession | ErrorCode {
    const session = this.sessions.get(id);
    if (session === undefined) return ErrorCode.FETCH_SESSION_ID_NOT_FOUND;
    if (session.usesTopicIds !== usesTopicIds) return ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR;
    if (epoch !== session.nextEpoch) return ErrorCode.INVALID_FETCH_SESSION_EPOCH;
    session.nextEpoch = epoch === MAX_EPOCH ? 1 : epoch + 1;
    session.lastUsedMs = nowMs;
    return session;
  }

  close(id: number): void {
    this.sessions.delete(id);
  }

  private evict(nowMs: number): boolean {
    let oldest: FetchSession | undefined;
    for (const session of this.sessions.values()) {
      if (oldest === undefined || session.lastUsedMs < oldest.lastUsedMs) oldest = session;
    }
    if (oldest === undefined || nowMs - oldest.lastUsedMs < IDLE_BEFORE_EVICTION_MS) return false;
    return this.sessions.delete(oldest.id);
  }
}
