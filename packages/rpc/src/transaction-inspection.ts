/** What a node says about its transaction coordinators, to bytes and back. */
import type { ErrorCode } from '@hapax/base';
import { decodeMessage, messages } from './protobuf.ts';

/** The coordinators of one node, and whom they fenced, oldest first. */
export interface CoordinatorsStatus {
  readonly coordinators: readonly CoordinatorStatus[];
  readonly fences: readonly FenceStatus[];
}

/** One partition of the transaction log that the node leads. */
export interface CoordinatorStatus {
  readonly partition: number;
  readonly coordinatorEpoch: number;
  /** `loading`, `active` or `inactive`. */
  readonly phase: string;
  readonly transactionalIds: number;
  /** Ongoing or prepared. */
  readonly openTransactions: number;
  /** Markers that are not yet written. */
  readonly markersQueued: number;
}

/** A producer was shut out, and by whom. */
export interface FenceStatus {
  readonly wallMs: number;
  readonly transactionalId: string;
  readonly cause: string;
  readonly fenced: FencePartyStatus;
  readonly by: FencePartyStatus;
}

export interface FencePartyStatus {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly who: string;
}

/** What happened to one transactional id. */
export interface TransactionTimeline {
  /** NOT_COORDINATOR where another node has it. */
  readonly error: ErrorCode;
  /** Oldest first. */
  readonly entries: readonly TimelineEntryStatus[];
}

export interface TimelineEntryStatus {
  readonly offset: number;
  readonly wallMs: number;
  readonly state: string;
  readonly producerEpoch: number;
  readonly partitionCount: number;
  readonly who: string;
}

/** Bytes of what a node says about its coordinators. */
export function encodeCoordinatorsStatus({ coordinators, fences }: CoordinatorsStatus): Uint8Array {
  return messages.CoordinatorsResponse.encode({ coordinators: [...coordinators], fences: [...fences] }).finish();
}

/** The status of bytes. Throws `frame-malformed`. */
export function decodeCoordinatorsStatus(bytes: Uint8Array): CoordinatorsStatus {
  const wire = decodeMessage(messages.CoordinatorsResponse, 'CoordinatorsResponse', bytes);
  return {
    coordinators: (wire.coordinators as CoordinatorStatus[]).map(pickCoordinator),
    fences: (wire.fences as FenceStatus[]).map(pickFence),
  };
}

/** Bytes of the question for a timeline. */
export function encodeTimelineRequest(transactionalId: string): Uint8Array {
  return messages.TimelineRequest.encode({ transactionalId }).finish();
}

/** The transactional id that is asked for. Throws `frame-malformed`. */
export function decodeTimelineRequest(bytes: Uint8Array): string {
  return decodeMessage(messages.TimelineRequest, 'TimelineRequest', bytes).transactionalId;
}

/** Bytes of a timeline. */
export function encodeTransactionTimeline({ error, entries }: TransactionTimeline): Uint8Array {
  return messages.TimelineResponse.encode({ error, entries: [...entries] }).finish();
}

/** The timeline of bytes. Throws `frame-malformed`. */
export function decodeTransactionTimeline(bytes: Uint8Array): TransactionTimeline {
  const { error, entries } = decodeMessage(messages.TimelineResponse, 'TimelineResponse', bytes);
  return { error: error as ErrorCode, entries: (entries as TimelineEntryStatus[]).map(pickEntry) };
}

function pickCoordinator(wire: CoordinatorStatus): CoordinatorStatus {
  const { partition, coordinatorEpoch, phase, transactionalIds, openTransactions, markersQueued } = wire;
  return { partition, coordinatorEpoch, phase, transactionalIds, openTransactions, markersQueued };
}

function pickFence({ wallMs, transactionalId, cause, fenced, by }: FenceStatus): FenceStatus {
  return { wallMs, transactionalId, cause, fenced: pickParty(fenced), by: pickParty(by) };
}

function pickParty({ producerId, producerEpoch, who }: FencePartyStatus): FencePartyStatus {
  return { producerId, producerEpoch, who };
}

function pickEntry(wire: TimelineEntryStatus): TimelineEntryStatus {
  const { offset, wallMs, state, producerEpoch, partitionCount, who } = wire;
  return { offset, wallMs, state, producerEpoch, partitionCount, who };
}
