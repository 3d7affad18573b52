/** The raft lane: one message of consensus to bytes and back. */
import type { LogIndex, NodeId, Term } from '@hapax/base';
import type { hapax } from './generated/hapax.js';
import { decodeMessage, malformed, messages } from './protobuf.ts';

/** An entry of the replicated log, as `@hapax/raft` has it. */
export interface RaftEntry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly type: 'command' | 'membership' | 'empty';
  readonly data: Uint8Array;
}

/** The configuration inside a snapshot, as `@hapax/raft` has it. */
export interface RaftMembership {
  readonly voters: readonly NodeId[];
  readonly votersOutgoing: readonly NodeId[];
  readonly learners: readonly NodeId[];
  readonly learnersNext: readonly NodeId[];
  readonly autoLeave: boolean;
  readonly addresses: readonly { readonly id: NodeId; readonly address: string }[];
}

/** A whole snapshot, as `@hapax/raft` has it. */
export interface RaftSnapshot {
  readonly metadata: { readonly index: LogIndex; readonly term: Term; readonly membership: RaftMembership };
  readonly data: Uint8Array;
}

interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly term: Term;
}

/** The messages of `@hapax/raft`, in the same shapes: what one package makes, the other takes. */
export type RaftMessage = Envelope &
  (
    | {
        readonly type: 'append';
        readonly previousIndex: LogIndex;
        readonly previousTerm: Term;
        readonly entries: readonly RaftEntry[];
        readonly commitIndex: LogIndex;
      }
    | {
        readonly type: 'append-response';
        readonly rejected: boolean;
        readonly index: LogIndex;
        readonly hintIndex: LogIndex;
        readonly hintTerm: Term;
      }
    | { readonly type: 'heartbeat'; readonly commitIndex: LogIndex; readonly round: number }
    | { readonly type: 'heartbeat-response'; readonly round: number }
    | {
        readonly type: 'pre-vote' | 'vote';
        readonly lastIndex: LogIndex;
        readonly lastTerm: Term;
        readonly transfer: boolean;
      }
    | {
        readonly type: 'pre-vote-response' | 'vote-response';
        readonly rejected: boolean;
        readonly commitIndex: LogIndex;
        readonly commitTerm: Term;
      }
    | { readonly type: 'snapshot'; readonly snapshot: RaftSnapshot }
    | { readonly type: 'timeout-now' }
  );

/** In the order of `RaftMessageType`, whose 0 is "unspecified". */
const MESSAGE_TYPES: readonly RaftMessage['type'][] = [
  'append', 'append-response', 'heartbeat', 'heartbeat-response', 'pre-vote', 'vote', 'pre-vote-response',
  'vote-response', 'snapshot', 'timeout-now',
];

/** In the order of `RaftEntryType`. */
const ENTRY_TYPES: readonly RaftEntry['type'][] = ['command', 'membership', 'empty'];

/** Bytes of a message. */
export function encodeRaftMessage(message: RaftMessage): Uint8Array {
  const type = MESSAGE_TYPES.indexOf(message.type) + 1;
  return messages.RaftMessage.encode({ ...fieldsOf(message), type }).finish();
}

/** The message of bytes. Throws `frame-malformed`. Entries and snapshot data are views of the bytes. */
export function decodeRaftMessage(bytes: Uint8Array): RaftMessage {
  const wire = decodeMessage(messages.RaftMessage, 'RaftMessage', bytes);
  const { from, to, term } = wire;
  const envelope = { from, to, term };
  const type = MESSAGE_TYPES[wire.type - 1];
  switch (type) {
    case 'append': {
      const { previousIndex, previousTerm, commitIndex } = wire;
      return { ...envelope, type, previousIndex, previousTerm, entries: wire.entries.map(toEntry), commitIndex };
    }
    case 'append-response': {
      const { rejected, index, hintIndex, hintTerm } = wire;
      return { ...envelope, type, rejected, index, hintIndex, hintTerm };
    }
    case 'heartbeat':
      return { ...envelope, type, commitIndex: wire.commitIndex, round: wire.round };
    case 'heartbeat-response':
      return { ...envelope, type, round: wire.round };
    case 'pre-vote':
    case 'vote':
      return { ...envelope, type, lastIndex: wire.lastIndex, lastTerm: wire.lastTerm, transfer: wire.transfer };
    case 'pre-vote-response':
    case 'vote-response':
      return { ...envelope, type, rejected: wire.rejected, commitIndex: wire.commitIndex, commitTerm: wire.commitTerm };
    case 'snapshot':
      return { ...envelope, type, snapshot: toSnapshot(wire.snapshot) };
    case 'timeout-now':
      return { ...envelope, type };
    default:
      throw malformed(`raft message type ${wire.type} is not known here`);
  }
}

type WireFields = hapax.v1.RaftMessage.$Properties;

function fieldsOf(message: RaftMessage): WireFields {
  if (message.type === 'append') {
    const entries = message.entries.map((entry) => ({ ...entry, type: ENTRY_TYPES.indexOf(entry.type) }));
    return { ...message, type: 0, entries };
  }
  if (message.type === 'snapshot') {
    const { metadata, data } = message.snapshot;
    const { index, term, membership } = metadata;
    return { ...message, type: 0, snapshot: { index, term, membership: fromMembership(membership), data } };
  }
  return { ...message, type: 0 };
}

function fromMembership(membership: RaftMembership): hapax.v1.RaftMembership.$Properties {
  return {
    voters: [...membership.voters],
    votersOutgoing: [...membership.votersOutgoing],
    learners: [...membership.learners],
    learnersNext: [...membership.learnersNext],
    autoLeave: membership.autoLeave,
    addresses: [...membership.addresses],
  };
}

function toEntry(wire: hapax.v1.RaftEntry.$Properties): RaftEntry {
  const type = ENTRY_TYPES[wire.type ?? 0];
  if (type === undefined) throw malformed(`raft entry type ${wire.type} is not known here`);
  return { index: wire.index ?? 0, term: wire.term ?? 0, type, data: wire.data ?? new Uint8Array() };
}

function toSnapshot(wire: hapax.v1.RaftSnapshot.$Properties | null | undefined): RaftSnapshot {
  if (wire?.membership === undefined || wire.membership === null) throw malformed('a snapshot without a membership');
  const { voters, votersOutgoing, learners, learnersNext, autoLeave, addresses } = wire.membership;
  const membership = {
    voters: voters ?? [],
    votersOutgoing: votersOutgoing ?? [],
    learners: learners ?? [],
    learnersNext: learnersNext ?? [],
    autoLeave: autoLeave ?? false,
    addresses: (addresses ?? []).map(({ id, address }) => ({ id: id ?? 0, address: address ?? '' })),
  };
  const metadata = { index: wire.index ?? 0, term: wire.term ?? 0, membership };
  return { metadata, data: wire.data ?? new Uint8Array() };
}
