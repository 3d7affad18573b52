/** Membership in a classic consumer group: join, sync, heartbeats, leave. */
import { AppError, assert, ErrorCode } from '@hapax/base';
import { heartbeat, joinGroup, leaveGroup, syncGroup, type ResponseOf } from '@hapax/wire';
import { Alarm } from '../alarm.ts';
import { backoffMs } from '../backoff.ts';
import type { Cluster, Target } from '../cluster.ts';
import type { CommittingMember } from '../group-offsets.ts';
import type { TopicPartition } from '../leader-fan-out.ts';
import { isRetriable, protocolFailure } from '../protocol-failure.ts';
import { decodeAssignment, encodeSubscription, type Assignor } from './assignor.ts';
import { GroupLeader } from './group-leader.ts';

/** Bounds of a membership, in milliseconds. */
export interface MembershipOptions {
  readonly groupId: string;
  readonly groupInstanceId: string | null;
  readonly assignors: readonly Assignor[];
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly requestTimeoutMs: number;
}

/** What a membership asks of its consumer. */
export interface MembershipEvents {
  readonly topics: () => readonly string[];
  readonly owned: () => readonly TopicPartition[];
  /** The group rebalances: let go of what cannot be kept, then call `done`. */
  readonly onRejoin: (done: () => void) => void;
  /** What this member reads from now on; call `done` when what is not in it was let go. */
  readonly onAssignment: (partitions: readonly TopicPartition[], done: (released: boolean) => void) => void;
  /** The member was removed: others may have its partitions already. */
  readonly onLost: () => void;
  /** Whether the owner still takes records; a member that does not makes room for others. */
  readonly isAlive: () => boolean;
  /** The group can never be joined like this. */
  readonly onFatal: (error: AppError) => void;
}

/**
 * - `idle`: not a member, and not trying.
 * - `preparing`: lets go of partitions before it joins.
 * - `joining`, `syncing`: a request is on the way; the group waits for all members.
 * - `stable`: a member; heartbeats tell of the next rebalance.
 */
export type MembershipState = 'idle' | 'preparing' | 'joining' | 'syncing' | 'stable';

const NEXT: Record<MembershipState, readonly MembershipState[]> = {
  idle: ['preparing'],
  preparing: ['joining', 'idle'],
  joining: ['syncing', 'preparing', 'joining', 'idle'],
  syncing: ['stable', 'preparing', 'idle'],
  stable: ['preparing', 'idle'],
};

const NO_GENERATION = -1;

/** One member of one group. */
export class Membership {
  readonly #cluster: Cluster;
  readonly #options: MembershipOptions;
  readonly #lane: string;
  readonly #events: MembershipEvents;
  readonly #leader: GroupLeader;
  readonly #alarm: Alarm;
  readonly #target: Target;
  #state: MembershipState = 'idle';
  #memberId = '';
  #generation = NO_GENERATION;
  #failures = 0;
  #lastHeartbeatMs = 0;
  #heartbeatOpen = false;
  /** The subscription changed after it was told to the group. */
  #rejoinWanted = false;
  /** Counted up with each change of state: answers to older requests are dropped. */
  #attempt = 0;

  constructor(cluster: Cluster, options: MembershipOptions, lane: string, events: MembershipEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#events = events;
    this.#target = { kind: 'coordinator', keyType: 0, key: options.groupId };
    this.#leader = new GroupLeader(cluster, () => this.rejoin());
    this.#alarm = new Alarm(cluster.ports, () => this.#onAlarm());
  }

  get state(): MembershipState {
    return this.#state;
  }

  /** Whether all members move partitions one by one. */
  get isCooperative(): boolean {
    return this.#options.assignors.every((assignor) => assignor.cooperative);
  }

  /** As whom to commit now. */
  member(): CommittingMember {
    return { generation: this.#generation, memberId: this.#memberId, groupInstanceId: this.#options.groupInstanceId };
  }

  /** Joins, or joins again: after another subscription, or to give something away. */
  rejoin(): void {
    if (this.#state !== 'idle' && this.#state !== 'stable') {
      this.#rejoinWanted = true;
      return;
    }
    this.#become('preparing');
    const attempt = this.#attempt;
    this.#events.onRejoin(() => {
      if (attempt === this.#attempt) this.#join();
    });
  }

  /** Leaves, so that others need not wait for the session to end. A static member only falls silent. */
  leave(done: () => void): void {
    const isMember = this.#memberId !== '' && this.#state !== 'idle';
    const memberId = this.#memberId;
    const { groupId, groupInstanceId } = this.#options;
    this.#become('idle');
    this.#leader.stop();
    this.#generation = NO_GENERATION;
    this.#memberId = '';
    if (!isMember || groupInstanceId !== null) {
      this.#cluster.ports.scheduler.defer(done);
      return;
    }
    this.#cluster.send(
      this.#target,
      this.#lane,
      {
        api: leaveGroup,
        timeoutMs: this.#options.requestTimeoutMs,
        build: (version) => (version >= 3 ? { groupId, members: [{ memberId }] } : { groupId, memberId }),
      },
      () => done(),
    );
  }

  #become(state: MembershipState): void {
    if (state === 'idle' && this.#state === 'idle') return;
    assert(NEXT[this.#state].includes(state), `invalid transition [${this.#state} -> ${state}]`);
    this.#state = state;
    this.#attempt += 1;
    this.#alarm.cancel();
  }

  #join(): void {
    this.#become('joining');
    this.#rejoinWanted = false;
    const attempt = this.#attempt;
    const { groupId, groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs, requestTimeoutMs, assignors } =
      this.#options;
    const protocols = assignors.map((assignor) => ({
      name: assignor.name,
      metadata: encodeSubscription(assignor, this.#events.topics(), this.#events.owned(), this.#generation),
    }));
    this.#cluster.send(
      this.#target,
      this.#lane,
      {
        api: joinGroup,
        minVersion: groupInstanceId === null ? 0 : 5,
        timeoutMs: rebalanceTimeoutMs + requestTimeoutMs,
        build: (version) => ({
          groupId,
          sessionTimeoutMs,
          rebalanceTimeoutMs,
          memberId: this.#memberId,
          protocolType: 'consumer',
          protocols,
          ...(version >= 5 ? { groupInstanceId } : {}),
        }),
      },
      (outcome) => {
        if (attempt !== this.#attempt) return;
        if (!outcome.ok) this.#onFailure('JoinGroup', outcome.error);
        else if (outcome.value.response.errorCode !== ErrorCode.NONE) this.#onJoinError(outcome.value.response);
        else this.#onJoined(outcome.value.response);
      },
    );
  }

  #onJoined(response: ResponseOf<typeof joinGroup>): void {
    this.#memberId = response.memberId;
    this.#generation = response.generationId;
    this.#failures = 0;
    const assignor = this.#options.assignors.find((one) => one.name === response.protocolName);
    if (assignor === undefined) {
      this.#fatal(
        protocolFailure(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, {
          what: `JoinGroup of ${this.#options.groupId}`,
          message: `the group uses the assignor ${response.protocolName}`,
        }),
      );
      return;
    }
    this.#become('syncing');
    const attempt = this.#attempt;
    if (response.leader !== response.memberId || response.skipAssignment) {
      this.#leader.stop();
      this.#sync(assignor.name, []);
      return;
    }
    this.#leader.assign(assignor, response.members, this.#options.requestTimeoutMs, (assignments) => {
      if (attempt === this.#attempt) this.#sync(assignor.name, assignments);
    });
  }

  #sync(protocolName: string, assignments: readonly { memberId: string; assignment: Uint8Array }[]): void {
    const attempt = this.#attempt;
    const { groupId, groupInstanceId, rebalanceTimeoutMs, requestTimeoutMs } = this.#options;
    this.#cluster.send(
      this.#target,
      this.#lane,
      {
        api: syncGroup,
        timeoutMs: rebalanceTimeoutMs + requestTimeoutMs,
        build: (version) => ({
          groupId,
          generationId: this.#generation,
          memberId: this.#memberId,
          assignments,
          ...(version >= 3 ? { groupInstanceId } : {}),
          ...(version >= 5 ? { protocolType: 'consumer', protocolName } : {}),
        }),
      },
      (outcome) => {
        if (attempt !== this.#attempt) return;
        if (!outcome.ok) this.#onFailure('SyncGroup', outcome.error);
        else if (outcome.value.response.errorCode !== ErrorCode.NONE)
          this.#onGroupError('SyncGroup', outcome.value.response.errorCode);
        else this.#onSynced(outcome.value.response.assignment);
      },
    );
  }

  #onSynced(bytes: Uint8Array): void {
    let partitions: TopicPartition[];
    try {
      partitions = decodeAssignment(bytes);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#fatal(error);
      return;
    }
    this.#become('stable');
    this.#lastHeartbeatMs = this.#cluster.ports.clock.nowMs();
    this.#alarm.setAt(this.#lastHeartbeatMs + this.#options.heartbeatIntervalMs);
    const attempt = this.#attempt;
    // What was let go is free for others only when this member joins again. [KIP-429]
    this.#events.onAssignment(partitions, (released) => {
      if ((released || this.#rejoinWanted) && attempt === this.#attempt) this.rejoin();
    });
  }

  #onAlarm(): void {
    if (this.#state === 'joining') this.#join();
    if (this.#state !== 'stable') return;
    const nowMs = this.#cluster.ports.clock.nowMs();
    this.#alarm.setAt(nowMs + this.#options.heartbeatIntervalMs);
    if (nowMs - this.#lastHeartbeatMs > this.#options.sessionTimeoutMs) {
      // The coordinator has not heard of us for so long that it may have given our partitions away. Where it has not,
      // it would let the same member go on in the same generation, and a transaction that is still open would commit
      // offsets of records that are taken a second time: so a new member joins.
      this.#cluster.ports.logger.warn({ groupId: this.#options.groupId }, 'the session ran out without a heartbeat');
      this.#lose(true);
      return;
    }
    if (!this.#events.isAlive()) {
      this.#cluster.ports.logger.warn(
        { groupId: this.#options.groupId },
        'nothing was taken for too long: the member leaves',
      );
      this.#events.onLost();
      this.leave(() => {});
      return;
    }
    if (!this.#heartbeatOpen) this.#beat();
  }

  #beat(): void {
    const { groupId, groupInstanceId, sessionTimeoutMs, requestTimeoutMs } = this.#options;
    const attempt = this.#attempt;
    const sentMs = this.#cluster.ports.clock.nowMs();
    this.#heartbeatOpen = true;
    this.#cluster.send(
      this.#target,
      this.#lane,
      {
        api: heartbeat,
        timeoutMs: Math.min(sessionTimeoutMs, requestTimeoutMs),
        build: (version) => ({
          groupId,
          generationId: this.#generation,
          memberId: this.#memberId,
          ...(version >= 3 ? { groupInstanceId } : {}),
        }),
      },
      (outcome) => {
        this.#heartbeatOpen = false;
        if (attempt !== this.#attempt) return;
        const errorCode = outcome.ok ? outcome.value.response.errorCode : ErrorCode.NONE;
        if (!outcome.ok) {
          this.#cluster.forgetCoordinator(0, groupId);
          this.#alarm.setAt(this.#cluster.ports.clock.nowMs() + this.#waitMs());
        } else if (errorCode === ErrorCode.NONE) {
          this.#failures = 0;
          this.#lastHeartbeatMs = sentMs;
        } else if (isRetriable(errorCode)) {
          this.#cluster.forgetCoordinator(0, groupId);
          this.#alarm.setAt(this.#cluster.ports.clock.nowMs() + this.#waitMs());
        } else {
          this.#onGroupError('Heartbeat', errorCode);
        }
      },
    );
  }

  #onJoinError(response: ResponseOf<typeof joinGroup>): void {
    if (response.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = response.memberId;
      this.#join();
      return;
    }
    this.#onGroupError('JoinGroup', response.errorCode);
  }

  #onGroupError(what: string, errorCode: number): void {
    switch (errorCode) {
      case ErrorCode.REBALANCE_IN_PROGRESS:
        this.#again();
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
        this.#lose(true);
        return;
      case ErrorCode.ILLEGAL_GENERATION:
        this.#lose(false);
        return;
      default: {
        const error = protocolFailure(errorCode, { what: `${what} of ${this.#options.groupId}` });
        if (error.retriable) this.#onFailure(what, error);
        else this.#fatal(error);
      }
    }
  }

  /** The request did not get through: another attempt follows, of the whole join. */
  #onFailure(what: string, error: AppError): void {
    const { groupId } = this.#options;
    if (!error.retriable) {
      this.#fatal(error);
      return;
    }
    this.#cluster.ports.logger.debug({ groupId, what, reason: error.message }, 'the group could not be joined yet');
    this.#cluster.forgetCoordinator(0, groupId);
    this.#again();
  }

  #again(): void {
    if (this.#state === 'stable') {
      this.rejoin();
      return;
    }
    if (this.#state === 'syncing') {
      this.#become('preparing');
      this.#become('joining');
    }
    this.#alarm.setAt(this.#cluster.ports.clock.nowMs() + this.#waitMs());
  }

  /** The group has moved on without this member. */
  #lose(forgetMember: boolean): void {
    if (forgetMember) this.#memberId = '';
    this.#generation = NO_GENERATION;
    this.#events.onLost();
    this.#again();
  }

  #fatal(error: AppError): void {
    this.#become('idle');
    this.#leader.stop();
    this.#events.onLost();
    this.#events.onFatal(error);
  }

  #waitMs(): number {
    this.#failures += 1;
    return backoffMs(this.#cluster.options.retryBackoff, this.#failures, this.#cluster.ports.random);
  }
}
