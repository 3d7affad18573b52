/** How an operator's abort of a transaction is to be done so that it tears nothing. */
import type { TransactionDescription } from '@hapax/client';
import { isOwner, type OpenTransaction } from './open-transactions.ts';

/**
 * coordinator: a coordinator has the transaction, and aborts it when its producer is fenced.
 * fence-then-marker: a coordinator has the producer under an epoch that the marker would pass for, but not this
 * partition. Fenced first, it can add nothing more under that epoch.
 * marker: nobody knows the producer under such an epoch.
 * decided: it is prepared, and will end by itself.
 */
export type AbortPlan =
  | { readonly kind: 'coordinator' | 'fence-then-marker'; readonly owner: TransactionDescription }
  | { readonly kind: 'marker' }
  | { readonly kind: 'decided'; readonly owner: TransactionDescription };

/** The way to abort a transaction that is open in a partition. */
export function planAbort(open: OpenTransaction, owners: readonly TransactionDescription[]): AbortPlan {
  const owner = owners.find((one) => isOwner(one, open));
  if (owner !== undefined) return planOf(owner);
  const idle = owners.find((one) => one.producerId === open.producerId && one.producerEpoch <= open.producerEpoch);
  return idle === undefined ? { kind: 'marker' } : { kind: 'fence-then-marker', owner: idle };
}

/** The way to abort what a transactional id has open. */
export function planOf(owner: TransactionDescription): AbortPlan {
  return owner.state.startsWith('Prepare') ? { kind: 'decided', owner } : { kind: 'coordinator', owner };
}

/** What is about to happen, in one sentence. */
export function sentenceOf(plan: AbortPlan, open?: OpenTransaction): string {
  const where = open === undefined ? '' : `${open.topic}-${open.partition} from offset ${open.startOffset} on`;
  switch (plan.kind) {
    case 'coordinator': {
      const { transactionalId, producerId, producerEpoch, partitions, coordinatorId } = plan.owner;
      const who = `${transactionalId} (producer ${producerId}, epoch ${producerEpoch})`;
      return `coordinator ${coordinatorId} fences ${who} and aborts its transaction in ${partitions.length} partitions`;
    }
    case 'fence-then-marker': {
      const { transactionalId, state } = plan.owner;
      return `${transactionalId} (${state}) is fenced, then an abort marker is written into ${where}`;
    }
    case 'marker':
      return `no coordinator knows producer ${open?.producerId}: an abort marker is written into ${where}`;
    case 'decided':
      return `${plan.owner.transactionalId} is in ${plan.owner.state}: it is decided, and cannot be aborted any more`;
  }
}
