/**
 * Kinds of numbers and names that must not be mixed up.
 *
 * The brand is optional, so that arithmetic needs no casts: a plain number may become an `Offset`, but an `Offset` is
 * never taken for a `LeaderEpoch`.
 */

/** A position in a partition's log: the first record has 0. */
export type Offset = number & { readonly brand?: 'Offset' };
/** Counts the leaders of one partition; −1 where there was none. */
export type LeaderEpoch = number & { readonly brand?: 'LeaderEpoch' };
/** Counts the changes of one partition's state at the controller. */
export type PartitionEpoch = number & { readonly brand?: 'PartitionEpoch' };
/** Counts the registrations of brokers: the metadata offset of the registration record. */
export type BrokerEpoch = number & { readonly brand?: 'BrokerEpoch' };
/** A term of Raft. */
export type Term = number & { readonly brand?: 'Term' };
/** A position in Raft's log: the first entry has 1. */
export type LogIndex = number & { readonly brand?: 'LogIndex' };
/** A producer, as the controller numbered it; −1 for none. */
export type ProducerId = number & { readonly brand?: 'ProducerId' };
/** Counts the incarnations of one producer: 0 to 32767; −1 for none. */
export type ProducerEpoch = number & { readonly brand?: 'ProducerEpoch' };
/** The number of a node, chosen by its operator: 0 to 2³¹ − 1. */
export type NodeId = number & { readonly brand?: 'NodeId' };
/** A UUID in Kafka's writing: 22 characters of URL-safe base64. */
export type Uuid = string & { readonly brand?: 'Uuid' };

/** The topic id of no topic: sixteen zero bytes. */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';
/** "No leader", "no producer" and the like. */
export const NONE = -1;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Writes sixteen bytes as Kafka writes UUIDs. */
export function uuidFromBytes(bytes: Uint8Array): Uuid {
  let text = '';
  for (let at = 0; at < 16; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    text += ALPHABET.charAt(group >>> 18) + ALPHABET.charAt((group >>> 12) & 63);
    if (at < 15) text += ALPHABET.charAt((group >>> 6) & 63) + ALPHABET.charAt(group & 63);
  }
  return text;
}

/** Reads what {@link uuidFromBytes} wrote; undefined where the text is no UUID. */
export function uuidToBytes(uuid: Uuid): Uint8Array | undefined {
  if (uuid.length !== 22) return undefined;
  const bytes = new Uint8Array(16);
  let bits = 0;
  let count = 0;
  let at = 0;
  for (const character of uuid) {
    const digit = ALPHABET.indexOf(character);
    if (digit < 0) return undefined;
    bits = ((bits << 6) | digit) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[at++] = (bits >>> count) & 0xff;
  }
  return bytes;
}
