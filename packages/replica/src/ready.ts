/** What a replica wants done: collected while it is told things, taken by its driver. */
import type { ErrorCode, LeaderEpoch, NodeId, Offset } from '@hapax/base';
import type { Ack, AlterPartition, Attach, AttachAnswer } from './message.ts';

/** What a replica is. `offline`: nobody leads, it is none of the replicas, or it must not act yet. */
export type Role = 'leader' | 'follower' | 'offline';

/** An answer to a request that waited. */
export interface Answer<T> {
  readonly token: T;
  readonly error: ErrorCode;
}

/** How a log must be cut. */
export interface TruncateTo {
  readonly offset: Offset;
  /** The whole log goes, and an empty one begins at `offset`. */
  readonly startAt: boolean;
}

/** A change of role, or of the leader or leader epoch in the same role. */
export interface RoleChange {
  readonly role: Role;
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
}

/**
 * Work for the driver. The order matters in one place: cut the log (and call `onTruncated`) before anything else is
 * appended; all the rest may be done in any order, since every message carries what it is about.
 */
export interface ReplicaReady<T> {
  readonly roleChanged: RoleChange | undefined;
  /** Cut the log, then call `onTruncated` in the same turn. */
  readonly truncateTo: TruncateTo | undefined;
  /** Send this to the leader, over a stream that is opened for it if need be. */
  readonly attach: (Attach & { readonly to: NodeId }) | undefined;
  /** Answers to attaches. One that cannot be sent is lost; the follower asks again. */
  readonly sends: readonly { readonly to: NodeId; readonly message: AttachAnswer }[];
  readonly ack: (Ack & { readonly to: NodeId }) | undefined;
  /** Call `nextPush` for these until it answers undefined. */
  readonly pushable: readonly NodeId[];
  /** Send this to the controller; call `onAlterPartitionAnswer` in any case, with REQUEST_TIMED_OUT if it is lost. */
  readonly alterPartition: AlterPartition | undefined;
  readonly answers: readonly Answer<T>[];
  /** Where the high watermark is now: it moved, wake fetches. */
  readonly highWatermark: Offset | undefined;
  /** The leader's log begins here: drop what is before it, then call `onLogStartAdvanced`. */
  readonly advanceLogStart: Offset | undefined;
}

const NOTHING: readonly never[] = [];

/** Collects the parts of the next {@link ReplicaReady}. */
export class Outbox<T> {
  roleChanged: RoleChange | undefined;
  truncateTo: TruncateTo | undefined;
  attach: (Attach & { readonly to: NodeId }) | undefined;
  ack: (Ack & { readonly to: NodeId }) | undefined;
  alterPartition: AlterPartition | undefined;
  highWatermark: Offset | undefined;
  advanceLogStart: Offset | undefined;
  /** Whether followers may have become pushable. */
  hasPushes = false;
  private sends: { readonly to: NodeId; readonly message: AttachAnswer }[] = [];
  private answers: Answer<T>[] = [];

  send(to: NodeId, message: AttachAnswer): void {
    this.sends.push({ to, message });
  }

  answer(token: T, error: ErrorCode): void {
    this.answers.push({ token, error });
  }

  /**
   * Forgets what a role that is over wanted. Answers stay, they are owed; so do refusals: a follower that knew of the
   * new
   * leader before the leader did would else wait for its attach to time out.
   */
  dropRoleWork(): void {
    this.truncateTo = undefined;
    this.attach = undefined;
    this.ack = undefined;
    this.alterPartition = undefined;
    this.advanceLogStart = undefined;
    this.hasPushes = false;
    this.sends = this.sends.filter(({ message }) => message.type === 'attach-refused');
  }

  /** Empties the box; undefined where nothing is to be done. */
  take(pushable: readonly NodeId[]): ReplicaReady<T> | undefined {
    if (this.isEmpty && pushable.length === 0) return undefined;
    const ready: ReplicaReady<T> = {
      roleChanged: this.roleChanged,
      truncateTo: this.truncateTo,
      attach: this.attach,
      sends: this.sends.length === 0 ? NOTHING : this.sends,
      ack: this.ack,
      pushable,
      alterPartition: this.alterPartition,
      answers: this.answers.length === 0 ? NOTHING : this.answers,
      highWatermark: this.highWatermark,
      advanceLogStart: this.advanceLogStart,
    };
    this.roleChanged = undefined;
    this.truncateTo = undefined;
    this.attach = undefined;
    this.ack = undefined;
    this.alterPartition = undefined;
    this.highWatermark = undefined;
    this.advanceLogStart = undefined;
    if (this.sends.length > 0) this.sends = [];
    if (this.answers.length > 0) this.answers = [];
    return ready;
  }

  private get isEmpty(): boolean {
    return (
      this.ack === undefined && this.highWatermark === undefined && this.answers.length === 0 &&
      this.sends.length === 0 && this.attach === undefined && this.alterPartition === undefined &&
      this.truncateTo === undefined && this.roleChanged === undefined && this.advanceLogStart === undefined
    );
  }
}
