/** What replicas say to each other: plain data, so that any transport can carry it and any test can write it down. */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { Snapshot } from './snapshot.ts';

/** One position of the replicated log. */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  /** `command`: from a client. `membership`: a {@link MembershipChange}, encoded. `empty`: the start of a term. */
  readonly type: 'command' | 'membership' | 'empty';
  readonly data: Uint8Array;
}

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  /** The sender's term; in `pre-vote` and its grant the term that would be campaigned for. */
  readonly term: Term;
}

/** Leader to follower: entries that follow `previousIndex`. Without entries it carries the commit index. */
export interface AppendMessage extends Envelope {
  readonly type: 'append';
  readonly previousIndex: LogIndex;
  readonly previousTerm: Term;
  readonly entries: readonly Entry[];
  readonly commitIndex: LogIndex;
}

/** Follower to leader, once all it claims is durable. */
export interface AppendResponseMessage extends Envelope {
  readonly type: 'append-response';
  readonly rejected: boolean;
  /** Accepted: the sender's log equals the leader's up to here. Rejected: the `previousIndex` that did not match. */
  readonly index: LogIndex;
  /** Rejected: the highest index at which the logs may still agree, and the sender's term there; else 0. */
  readonly hintIndex: LogIndex;
  readonly hintTerm: Term;
}

/** Leader to everybody, each heartbeat interval and for each round of reads. */
export interface HeartbeatMessage extends Envelope {
  readonly type: 'heartbeat';
  /** Never above what the leader knows to be in the receiver's log. */
  readonly commitIndex: LogIndex;
  /** The newest round of reads; comes back in the response. */
  readonly round: number;
}

export interface HeartbeatResponseMessage extends Envelope {
  readonly type: 'heartbeat-response';
  readonly round: number;
}

/** Asks for a vote (`vote`), or whether one would be given (`pre-vote`). */
export interface VoteMessage extends Envelope {
  readonly type: 'pre-vote' | 'vote';
  readonly lastIndex: LogIndex;
  readonly lastTerm: Term;
  /** The leader itself asked for this election, so its lease does not stand in the way [Raft thesis §4.2.3]. */
  readonly transfer: boolean;
}

export interface VoteResponseMessage extends Envelope {
  readonly type: 'pre-vote-response' | 'vote-response';
  readonly rejected: boolean;
  /** The voter's commit index and the term there, so that who lost may learn what it lacked to win. */
  readonly commitIndex: LogIndex;
  readonly commitTerm: Term;
}

/** Leader to a follower that needs entries which are gone. */
export interface SnapshotMessage extends Envelope {
  readonly type: 'snapshot';
  readonly snapshot: Snapshot;
}

/** Leader to the follower that shall take over: campaign at once [Raft thesis §3.10]. */
export interface TimeoutNowMessage extends Envelope {
  readonly type: 'timeout-now';
}

export type RaftMessage =
  | AppendMessage
  | AppendResponseMessage
  | HeartbeatMessage
  | HeartbeatResponseMessage
  | VoteMessage
  | VoteResponseMessage
  | SnapshotMessage
  | TimeoutNowMessage;

/** Whether only the leader of the message's term can have sent it. */
export function isFromLeader(message: RaftMessage): boolean {
  return message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot';
}

const ENTRY_OVERHEAD_BYTES = 24;

/** What an entry counts against limits: its data and a fixed share for index, term and framing. */
export function entryBytes(entry: Entry): number {
  return entry.data.byteLength + ENTRY_OVERHEAD_BYTES;
}
