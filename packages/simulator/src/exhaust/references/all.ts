/** Every reference scenario, by its name. */
import type { Reference } from '../reference.ts';
import { transactionReference } from './transaction.ts';

export const REFERENCES: readonly Reference[] = [transactionReference(2), transactionReference(1)];

/** The scenario of a name. */
export function findReference(name: string): Reference | undefined {
  return REFERENCES.find((one) => one.name === name);
}
