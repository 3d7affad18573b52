/** What the handlers work with: the groups of one coordinator, the log beneath them, deadlines, and answers. */
import { Deadlines, ErrorCode, type Random } from '@hapax/base';
import { coordinatorError, type Coordinator, type TransactionalAppend } from '@hapax/state-machine';
import type { GroupAnswer } from './answers.ts';
import type { GroupConfig } from './config.ts';
import type { GroupRecord, TransactionEndRecord } from './group-record.ts';
import { Group } from './group.ts';
import type { Member } from './member.ts';
import type { ReplayedState } from './replayed-state.ts';
import type { Timer } from './timer.ts';

/** What the coordinator must know of topics. Asked at every use, never remembered. */
export interface TopicsView {
  /** Whether the partition exists. [O11] */
  exists(topic: string, partition: number): boolean;
}

/** The time of the call that is being handled. */
export interface Instant {
  /** On the clock that never goes back; for deadlines. */
  readonly nowMs: number;
  /** Milliseconds since 1970; for records. */
  readonly wallMs: number;
}

/** How records are appended, and what follows. */
export interface AppendSteps {
  /** The transaction that they belong to, if any. */
  readonly producer?: TransactionalAppend;
  /** The log took the records: what they say is so, unless this coordinator loses its log. */
  accepted?(): void;
  /** The end, once: NONE when the records are committed; a mapped error when they were refused or nobody knows. */
  done(error: ErrorCode): void;
}

/** The frame of this coordinator: it writes its records, and others write markers between them. */
export type GroupFrame = Coordinator<ReplayedState, GroupRecord, TransactionEndRecord>;

export interface LiveGroupsOptions {
  readonly frame: GroupFrame;
  readonly config: GroupConfig;
  readonly random: Random;
  readonly topics: TopicsView;
}

/** An answer and the request that it is for. */
export interface TokenAnswer<T> {
  readonly token: T;
  readonly answer: GroupAnswer;
}

/** Soft state beside the replayed one: who is in which group, and who waits. */
export class LiveGroups<T> {
  readonly config: GroupConfig;
  readonly random: Random;
  readonly topics: TopicsView;
  readonly timers = new Deadlines<Timer<T>>();
  now: Instant = { nowMs: 0, wallMs: 0 };
  private readonly frame: GroupFrame;
  /** Groups with members or pending ones, and those that were asked for. Others are made from the log when needed. */
  private readonly groups = new Map<string, Group<T>>();
  private answers: TokenAnswer<T>[] = [];

  constructor(options: LiveGroupsOptions) {
    this.frame = options.frame;
    this.config = options.config;
    this.random = options.random;
    this.topics = options.topics;
  }

  /** The state with every appended record in it. */
  get state(): ReplayedState {
    return this.frame.state;
  }

  /** The group, whether it is alive or only in the log. */
  find(groupId: string): Group<T> | undefined {
    const known = this.groups.get(groupId);
    if (known !== undefined) return known;
    if (!this.state.hasGroup(groupId)) return undefined;
    const stored = this.state.findMetadata(groupId);
    const group = stored === undefined ? new Group<T>(groupId, undefined) : Group.fromStored<T>(groupId, stored);
    this.groups.set(groupId, group);
    return group;
  }

  /** The group, which is made if it is not there; undefined where there are as many as there may be. */
  findOrCreate(groupId: string): Group<T> | undefined {
    const known = this.find(groupId);
    if (known !== undefined || this.isFull) return known;
    const group = new Group<T>(groupId, undefined);
    this.groups.set(groupId, group);
    return group;
  }

  /** Whether no further group may be made. */
  get isFull(): boolean {
    return Math.max(this.groups.size, this.state.groupCount) >= this.config.groupsMax;
  }

  /** The ids of all groups: those in the log first. */
  groupIds(): string[] {
    const ids = this.state.groupIds();
    for (const groupId of this.groups.keys()) if (!this.state.hasGroup(groupId)) ids.push(groupId);
    return ids;
  }

  /** Ends a group that was deleted. Only for groups in which nobody waits. */
  bury(group: Group<T>): void {
    this.cancelTimers(group);
    group.become('Dead');
    this.groups.delete(group.groupId);
  }

  /** Lets go of a group that nobody is in and that the log never heard of; other groups stay. */
  maybeForget(group: Group<T>): void {
    if (group.state !== 'Empty' || group.pending.size > 0 || this.state.hasGroup(group.groupId)) return;
    this.bury(group);
  }

  /** Makes the groups with members from the log: every member starts a new session. */
  resumeAll(): void {
    for (const groupId of this.state.groupIds()) {
      if ((this.state.findMetadata(groupId)?.members.length ?? 0) === 0) continue;
      for (const member of this.find(groupId)?.members ?? []) this.renewSession(member);
    }
  }

  /** This node coordinates no longer: all groups end, and all who wait are told `error`. */
  endAll(error: ErrorCode): void {
    for (const group of this.groups.values()) {
      this.cancelTimers(group);
      for (const member of group.members) {
        this.finishJoin(member, { errorCode: error, memberId: member.memberId });
        this.finishSync(member, { errorCode: error });
      }
      group.become('Dead');
    }
    this.groups.clear();
  }

  /** Gives an answer to a request. Every request gets one. */
  answer(token: T, answer: GroupAnswer): void {
    this.answers.push({ token, answer });
  }

  takeAnswers(): TokenAnswer<T>[] {
    const taken = this.answers;
    this.answers = [];
    return taken;
  }

  /** Answers the member's JoinGroup, if one waits. */
  finishJoin(member: Member<T>, answer: GroupAnswer): void {
    const waiting = member.joining;
    if (waiting === undefined) return;
    member.joining = undefined;
    this.answer(waiting.token, answer);
  }

  /** Answers the member's SyncGroup, if one waits. */
  finishSync(member: Member<T>, answer: GroupAnswer): boolean {
    const waiting = member.syncing;
    if (waiting === undefined) return false;
    member.syncing = undefined;
    this.answer(waiting.token, answer);
    return true;
  }

  /** The member was heard of: its session begins anew. */
  renewSession(member: Member<T>): void {
    this.timers.set(member.session, this.now.nowMs + member.sessionTimeoutMs);
  }

  /** Appends records. `done` may be called before this returns. */
  append(records: readonly GroupRecord[], steps: AppendSteps): void {
    let early: ErrorCode | undefined;
    let hasReturned = false;
    const { producer } = steps;
    this.frame.execute(this.now.nowMs, () => ({ records, producer, answer: undefined }), (outcome) => {
      const error = outcome.ok ? ErrorCode.NONE : coordinatorError(outcome.error);
      if (hasReturned) steps.done(error);
      else early = error;
    });
    hasReturned = true;
    if (early === undefined || early === ErrorCode.NONE) steps.accepted?.();
    if (early !== undefined) steps.done(early);
  }

  /** Calls `done` when everything that was appended until now is committed: for answers that tell what the log says. */
  whenCommitted(done: (error: ErrorCode) => void): void {
    this.append([], { done });
  }

  private cancelTimers(group: Group<T>): void {
    this.timers.cancel(group.rebalanceTimer);
    this.timers.cancel(group.syncTimer);
    for (const timer of group.pending.values()) this.timers.cancel(timer);
    for (const member of group.members) this.timers.cancel(member.session);
  }
}
