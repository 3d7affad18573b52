/** Which protocol of transactions to speak. [KIP-890] */
import { endTxn, produce, txnOffsetCommit } from '@hapax/wire';
import type { ClusterFeatures } from '../cluster-features.ts';

/** 2 adds partitions implicitly, and gives every transaction an epoch of its own. */
export type TransactionVersion = 1 | 2;

/** The first versions of requests that take and give what transactions of version 2 need. */
export const VERSION_2 = { endTxn: 5, produce: 12, txnOffsetCommit: 5 } as const;

/** 2 where the cluster has decided so, and all brokers that were met know its requests. [D3] */
export function transactionVersionOf(features: ClusterFeatures): TransactionVersion {
  const isDecided = features.finalizedLevel('transaction.version') >= 2;
  const isKnown =
    features.allHave(endTxn.key, VERSION_2.endTxn) &&
    features.allHave(produce.key, VERSION_2.produce) &&
    features.allHave(txnOffsetCommit.key, VERSION_2.txnOffsetCommit);
  return isDecided && isKnown ? 2 : 1;
}
