/** Which appends to a partition need the word of a transaction coordinator first [KIP-890]. */
import type { ErrorCode, ProducerEpoch, ProducerId } from '@hapax/base';
import type { TransactionalBatch, VerificationGuard } from '@hapax/replica';
import { BATCH_HEADER_BYTES, BatchField, batchSizeAt, CURRENT_MAGIC, readBatchHeader } from '@hapax/wire/records';

/** Whether a coordinator must confirm a transaction before its first batch is appended here [KIP-890]. */
export type PartitionVerification =
  | { readonly kind: 'not-needed' }
  | {
      readonly kind: 'needed';
      readonly guard: VerificationGuard;
      readonly producerId: ProducerId;
      readonly producerEpoch: ProducerEpoch;
    }
  | { readonly kind: 'refuse'; readonly error: ErrorCode; readonly message: string };

/** Offsets that a group coordinator is about to append as part of a transaction. */
export interface TransactionalOffsets {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
}

/** What an append outside of transactions needs, or inside of one that has records here: nothing. */
export const NOT_NEEDED: PartitionVerification = { kind: 'not-needed' };

/** What goes to the replica machine with an append. */
export function guardOf(verification: PartitionVerification | undefined): VerificationGuard | undefined {
  return verification?.kind === 'needed' ? verification.guard : undefined;
}

/** The batch that is about to be appended; undefined where it is none of a transaction, or will be refused anyway. */
export function transactionalBatch(what: Uint8Array | TransactionalOffsets): TransactionalBatch | undefined {
  if (!(what instanceof Uint8Array)) return { ...what, baseSequence: NO_SEQUENCE };
  if (what.length < BATCH_HEADER_BYTES || what[BatchField.magic] !== CURRENT_MAGIC) return undefined;
  if (batchSizeAt(what, 0) !== what.length) return undefined;
  const header = readBatchHeader(what);
  return header.isTransactional && !header.isControl && header.producerId >= 0 ? header : undefined;
}

const NO_SEQUENCE = -1;
