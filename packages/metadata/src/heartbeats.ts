/** When each broker was last heard of. Soft state: a new controller gives every broker a full session. */
import type { BrokerEpoch, NodeId } from '@hapax/base';

export interface HeartbeatOptions {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly suspectGraceMs: number;
  readonly clockStepMaxMs: number;
}

interface Session {
  readonly brokerEpoch: BrokerEpoch;
  /** On the session clock. */
  contactMs: number;
  deadlineMs: number;
  /** How far the broker said that it has applied the metadata log; −1 before its first heartbeat here. */
  metadataOffset: number;
  /** What all live brokers must have applied before this one may stop; −1 while it leads or does not want to. */
  shutdownOffset: number;
}

/** Sessions run on a clock of their own, which never jumps: whoever stalled was the controller, not all the brokers. */
export class Heartbeats {
  private readonly options: HeartbeatOptions;
  private readonly sessions = new Map<NodeId, Session>();
  private lastNowMs = 0;
  private clockMs = 0;

  constructor(options: HeartbeatOptions) {
    this.options = options;
  }

  /** Forgets everything: this controller has just become active, at `nowMs`. */
  reset(nowMs: number): void {
    this.sessions.clear();
    this.lastNowMs = nowMs;
    this.clockMs = 0;
  }

  /** Time passed; but never more at once than the largest step, and never backwards. */
  advance(nowMs: number): void {
    const stepMs = Math.min(Math.max(nowMs - this.lastNowMs, 0), this.options.clockStepMaxMs);
    this.lastNowMs = nowMs;
    this.clockMs += stepMs;
  }

  /** A broker begins a session under a new epoch; or, under the same, has just been heard of. */
  touch(brokerId: NodeId, brokerEpoch: BrokerEpoch): void {
    const deadlineMs = this.clockMs + this.options.sessionTimeoutMs;
    const known = this.sessions.get(brokerId);
    if (known?.brokerEpoch === brokerEpoch) {
      known.contactMs = this.clockMs;
      known.deadlineMs = deadlineMs;
      return;
    }
    const fresh = { metadataOffset: -1, shutdownOffset: -1 };
    this.sessions.set(brokerId, { brokerEpoch, contactMs: this.clockMs, deadlineMs, ...fresh });
  }

  /** A broker reports. */
  onHeartbeat(brokerId: NodeId, brokerEpoch: BrokerEpoch, metadataOffset: number): void {
    this.touch(brokerId, brokerEpoch);
    const session = this.sessions.get(brokerId);
    if (session !== undefined) session.metadataOffset = Math.max(session.metadataOffset, metadataOffset);
  }

  /**
   * Somebody lost the broker: its session ends a grace after its next report is due, unless it reports. A report gives
   * it a full session again, so that a lost connection alone fences nobody.
   */
  suspect(brokerId: NodeId): void {
    const session = this.sessions.get(brokerId);
    if (session === undefined) return;
    const dueMs = Math.max(this.clockMs, session.contactMs + this.options.heartbeatIntervalMs);
    session.deadlineMs = Math.min(session.deadlineMs, dueMs + this.options.suspectGraceMs);
  }

  /** The broker is gone for good. */
  remove(brokerId: NodeId): void {
    this.sessions.delete(brokerId);
  }

  /** Whether the broker was heard of recently enough. */
  hasSession(brokerId: NodeId): boolean {
    const session = this.sessions.get(brokerId);
    return session !== undefined && session.deadlineMs > this.clockMs;
  }

  /** How far a broker has applied the metadata log, as far as is known here; −1 where nothing is. */
  metadataOffset(brokerId: NodeId): number {
    return this.sessions.get(brokerId)?.metadataOffset ?? -1;
  }

  /** The offset that all live brokers must reach before this broker may stop: set when first asked. */
  shutdownOffset(brokerId: NodeId, metadataOffset: number): number {
    const session = this.sessions.get(brokerId);
    if (session === undefined) return metadataOffset;
    if (session.shutdownOffset < 0) session.shutdownOffset = metadataOffset;
    return session.shutdownOffset;
  }
}
