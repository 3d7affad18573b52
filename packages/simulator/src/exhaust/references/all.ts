/** Every reference scenario, by its name. */
import type { Reference } from '../reference.ts';
import { electionReference } from './election.ts';
import { failoverReference } from './failover.ts';
import { isrReference } from './isr.ts';
import { membershipReference } from './membership.ts';
import { snapshotReference } from './snapshot.ts';
import { transactionReference } from './transaction.ts';

export const REFERENCES: readonly Reference[] = [
  transactionReference(2), transactionReference(1), electionReference, isrReference, failoverReference,
  snapshotReference, membershipReference,
];

/** The scenario of a name. With another seed than 1 leaders are placed otherwise, and all follows from that. */
export function findReference(name: string, seed = 1): Reference | undefined {
  const found = REFERENCES.find((one) => one.name === name);
  return found === undefined ? undefined : { ...found, plan: { ...found.plan, seed } };
}
