/** Who gives a producer its id and says what may leave: for the whole life of a plain one, or by transactions. */
import type { AppError } from '@hapax/base';
import type { ProducerIdentity } from './partition-queue.ts';

/** What a producer asks of the one who holds its id. */
export interface ProducerSession {
  /** Null without transactions. */
  readonly transactionalId: string | null;
  /** The versions of Produce that mean what is wanted: from 12 on a produce adds its partition. [KIP-890] */
  readonly produceVersions: { readonly min: number; readonly max: number };
  /** The id to number batches with; undefined while there is none. It may then be asked for, and an event follows. */
  current(): ProducerIdentity | undefined;
  /** An id is of no more use, unless a newer one is here already. */
  discard(producerId: number): void;
  /** Whether batches of a partition may leave now. If not, an event follows when they may. */
  admits(topic: string, partition: number): boolean;
  /** A record has failed. */
  onRecordFailed(error: AppError): void;
  /** Nothing is asked any more. */
  close(): void;
}
