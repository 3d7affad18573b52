/** An entry of the bank's books as a record: under the key of its account, in the partition of its account. */
import { decodeText } from '@hapax/base';
import type { ConsumedRecord } from '@hapax/client';
import type { Entry } from './bank-ledger.ts';

/** The partition of an account. */
export function partitionOf(account: number, partitions: number): number {
  return account % partitions;
}

/** Key and value of an entry. */
export function encodeEntry({ transfer, account, amount }: Entry): { readonly key: string; readonly value: string } {
  return { key: `account-${account}`, value: JSON.stringify({ transfer, account, amount }) };
}

/** The entry of a record. */
export function decodeEntry({ value }: ConsumedRecord): Entry {
  return JSON.parse(decodeText(value ?? new Uint8Array(0))) as Entry;
}
