/** Whether a leader takes an append: its epoch, its ISR, and what is known of the producers. */
import { ErrorCode, type LeaderEpoch, type Offset, reachable } from '@hapax/base';
import { WAITING_MAX } from './append-waits.ts';
import type { AppendedBatch } from './appended-batch.ts';
import type { Leader } from './leader.ts';
import type { ProducerVerdict } from './producer-entry.ts';
import type { ProducerStates } from './producer-state.ts';
import type { VerificationGuard, VerificationGuards } from './verification-guards.ts';

/** What becomes of an append. */
export type AppendVerdict =
  | { readonly kind: 'append'; readonly baseOffset: Offset; readonly leaderEpoch: LeaderEpoch }
  | Exclude<ProducerVerdict, { readonly kind: 'append' }>;

/** Who appends, and hence what is checked. [I14] */
export type AppendOrigin =
  | {
      readonly kind: 'client';
      /** As `verificationFor` gave it, when the coordinator has said yes. */
      readonly guard: VerificationGuard | undefined;
      /** Whether the client begins every transaction with a new epoch and sequence 0. [KIP-890] */
      readonly isTransactionV2: boolean;
    }
  | { readonly kind: 'coordinator'; readonly guard: VerificationGuard | undefined }
  /** `transactionVersion`: by which protocol the transaction was made that the marker ends. [KIP-1228] */
  | { readonly kind: 'marker'; readonly transactionVersion: number };

/** How an append is meant. */
export interface AppendOptions {
  readonly requiredAcks: -1 | 0 | 1;
  readonly origin: AppendOrigin;
  /** Of a coordinator: the leader epoch that it decided in; any other refuses. */
  readonly expectedLeaderEpoch?: LeaderEpoch;
}

/** Why a leader takes no appends of this kind now, whatever they hold; undefined where it does. [H1] */
export function leaderRefusal(
  leading: Leader, options: AppendOptions, areWaitsFull: boolean,
): AppendVerdict | undefined {
  const { requiredAcks, expectedLeaderEpoch } = options;
  // Coordinators are told of a new epoch before anything else is done in it: this is for who is not.
  if (expectedLeaderEpoch !== undefined && expectedLeaderEpoch !== leading.leaderEpoch) {
    return refuse(
      ErrorCode.NOT_LEADER_OR_FOLLOWER,
      `the append was decided in leader epoch ${expectedLeaderEpoch}, now it is ${leading.leaderEpoch}`,
    );
  }
  if (requiredAcks === -1 && leading.isUnderMinIsr) {
    reachable('replica: an append below min ISR is refused');
    return refuse(
      ErrorCode.NOT_ENOUGH_REPLICAS,
      `the ISR [${leading.inSync.committed.join(', ')}] is below min.insync.replicas ${leading.minInsyncReplicas}`,
    );
  }
  if (requiredAcks !== 0 && areWaitsFull) {
    return refuse(ErrorCode.NOT_ENOUGH_REPLICAS, `${WAITING_MAX} requests wait here already: retry later`);
  }
  return undefined;
}

/** What the producers' state and the guards say to the batches of one append. */
export function judgeBatches(
  { producers, guards }: { readonly producers: ProducerStates; readonly guards: VerificationGuards },
  batches: readonly AppendedBatch[],
  origin: AppendOrigin,
): ProducerVerdict {
  if (origin.kind === 'marker') return producers.checkMarkers(batches, origin.transactionVersion);
  const verdict = producers.checkAll(batches, origin.kind);
  // A retry of what is in the log needs no transaction, open or about to begin. [I2]
  if (verdict.kind === 'duplicate') return verdict;
  const first = batches.find((batch) => batch.isTransactional);
  if (first === undefined) return verdict;
  const isOthers = (batch: AppendedBatch): boolean => batch.isTransactional && batch.producerId !== first.producerId;
  if (batches.some(isOthers)) return refuseMixture(first);
  if (producers.hasOpenTransaction(first.producerId, first.producerEpoch)) return verdict;
  const lowestSequence = guards.lowestSequenceUnder(origin.guard, first);
  if (lowestSequence === undefined) return refuseUnverified(first);
  if (origin.kind !== 'client' || verdict.kind === 'refuse') return verdict;
  const mustBeginAtZero = origin.isTransactionV2 && producers.find(first.producerId) === undefined;
  const highest = mustBeginAtZero ? 0 : lowestSequence;
  // The first append of a transaction is the one that the client sent first, not one that overtook it. [I7, I8]
  if (first.baseSequence > highest) return refuseOvertaking(first, highest);
  return verdict;
}

/** [I11] */
function refuseMixture({ producerId }: AppendedBatch): ProducerVerdict {
  const message = `an append has transactions of producer ${producerId} and of others; append them apart`;
  return refuse(ErrorCode.INVALID_PRODUCER_ID_MAPPING, message);
}

function refuseUnverified({ producerId, producerEpoch }: AppendedBatch): ProducerVerdict {
  reachable('replica: a verification guard that is over refuses an append');
  return refuse(
    ErrorCode.INVALID_TXN_STATE,
    `producer ${producerId} epoch ${producerEpoch} has no transaction here, and its coordinator's word does not hold ` +
      'any more: the transaction was ended meanwhile',
  );
}

function refuseOvertaking(batch: AppendedBatch, highest: number): ProducerVerdict {
  reachable('replica: a batch that overtook the first of its transaction is refused');
  const { producerId, producerEpoch, baseSequence } = batch;
  return refuse(
    ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    `producer ${producerId} epoch ${producerEpoch} begins a transaction with sequence ${baseSequence}, ` +
      `but ${highest} comes first`,
  );
}

function refuse(error: ErrorCode, message: string): Extract<ProducerVerdict, { readonly kind: 'refuse' }> {
  return { kind: 'refuse', error, message };
}
