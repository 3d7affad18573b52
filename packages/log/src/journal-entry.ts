/** One entry of the journal: what was done to a partition's log, with a checksum, as bytes. */
import {
  assert, crc32c, decodeText, encodeText, sometimes, uuidFromBytes, uuidToBytes, type Offset, type Uuid,
} from '@hapax/base';

/**
 * What can be done to a log. A roll is no entry: it changes files, not what is in the log. A reference is an append
 * whose bytes are in the segment alone.
 */
export const EntryKind = {
  append: 1, truncate: 2, startOver: 3, advanceStart: 4, create: 5, remove: 6, reference: 7,
} as const;
export type EntryKind = (typeof EntryKind)[keyof typeof EntryKind];

/** Where the batches of an append are, or will be. */
export interface SegmentPlace {
  /** The first offset of the segment. */
  readonly segmentBase: Offset;
  readonly position: number;
}

export interface JournalEntry {
  readonly kind: EntryKind;
  readonly topicId: Uuid;
  readonly partition: number;
  /** append, reference: the base offset. truncate, startOver, advanceStart: where to. create: the first offset. */
  readonly offset: Offset;
  /** append: the batches. reference: what is known of them. create: the topic's name. Else empty. */
  readonly payload: Uint8Array;
  /** append, reference: of the batches in their segment. */
  readonly place?: SegmentPlace;
}

/** What the journal adds to an entry. */
export interface EntryPlace {
  /** Of the file's lap: bytes of an earlier lap are never taken for entries. */
  readonly generation: number;
  /** Counts entries, without gaps, from the node's first. */
  readonly sequence: number;
  /** Every entry below this one was durable when this one was written. */
  readonly durableBelow: number;
}

export interface PlacedEntry extends JournalEntry, EntryPlace {
  readonly place: SegmentPlace;
  /** With padding: where the next entry begins. */
  readonly sizeBytes: number;
}

/**
 * Bytes in front of the payload: length (4), CRC-32C of all that follows (4), generation (4), kind (1), zeros (3),
 * sequence (8), durableBelow (8), topic id (16), partition (4), position in the segment (4), offset (8), how far the
 * offset is from the segment's first (4), zeros (4). Big-endian.
 */
export const ENTRY_HEADER_BYTES = 72;
const CRC_FROM = 8;
const ALIGNMENT_BYTES = 8;
const KINDS = new Set<number>(Object.values(EntryKind));
const PADDING = new Uint8Array(ALIGNMENT_BYTES);

/** Bytes that an entry takes in the file. */
export function entrySizeBytes(payloadBytes: number): number {
  return Math.ceil((ENTRY_HEADER_BYTES + payloadBytes) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
}

/** Chunks to write back to back. The payload is one of them, not a copy. */
export function encodeEntry(entry: JournalEntry, place: EntryPlace, chunks: Uint8Array[]): void {
  const header = new Uint8Array(ENTRY_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const topicId = uuidToBytes(entry.topicId);
  assert(topicId !== undefined, `topic id ${entry.topicId} is no UUID`);
  view.setUint32(0, ENTRY_HEADER_BYTES + entry.payload.length);
  view.setUint32(8, place.generation);
  header[12] = entry.kind;
  setUint64(view, 16, place.sequence);
  setUint64(view, 24, place.durableBelow);
  header.set(topicId, 32);
  view.setInt32(48, entry.partition);
  const { segmentBase, position } = entry.place ?? { segmentBase: entry.offset, position: 0 };
  view.setUint32(52, position);
  setUint64(view, 56, entry.offset);
  view.setUint32(64, entry.offset - segmentBase);
  const own = crc32c(header.subarray(CRC_FROM));
  view.setUint32(4, entry.payload.length === 0 ? own : crc32c(entry.payload, own));
  chunks.push(header);
  if (entry.payload.length > 0) chunks.push(entry.payload);
  const padding = entrySizeBytes(entry.payload.length) - ENTRY_HEADER_BYTES - entry.payload.length;
  if (padding > 0) chunks.push(PADDING.subarray(0, padding));
}

/** The entry at a place of a journal file, or undefined where there is no whole one of this generation. */
export function decodeEntry(bytes: Uint8Array, at: number, generation: number): PlacedEntry | undefined {
  if (bytes.length - at < ENTRY_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const length = view.getUint32(0);
  const kind = view.getUint8(12);
  if (view.getUint32(8) !== generation || length < ENTRY_HEADER_BYTES || length > view.byteLength) return undefined;
  if (!KINDS.has(kind)) return undefined;
  const isTorn = crc32c(bytes.subarray(at + CRC_FROM, at + length)) !== view.getUint32(4);
  sometimes(isTorn, 'log: a journal replay finds a torn tail');
  if (isTorn) return undefined;
  const offset = getUint64(view, 56);
  return {
    kind: kind as EntryKind,
    topicId: uuidFromBytes(bytes.subarray(at + 32, at + 48)),
    partition: view.getInt32(48),
    offset,
    place: { segmentBase: offset - view.getUint32(64), position: view.getUint32(52) },
    payload: bytes.subarray(at + ENTRY_HEADER_BYTES, at + length),
    generation,
    sequence: getUint64(view, 16),
    durableBelow: getUint64(view, 24),
    sizeBytes: entrySizeBytes(length - ENTRY_HEADER_BYTES),
  };
}

/** The topic's name in a `create` entry. */
export function topicOf(entry: JournalEntry): string {
  return decodeText(entry.payload);
}

/** What the entry of a new partition carries: the name of its topic. */
export function topicPayload(topic: string): Uint8Array {
  return encodeText(topic);
}

/** Unsigned, up to 2^53. */
export function setUint64(view: DataView, at: number, value: number): void {
  view.setUint32(at, Math.floor(value / 0x1_0000_0000));
  view.setUint32(at + 4, value % 0x1_0000_0000);
}

/** An unsigned 64-bit number as a safe integer; what is above 2^53 loses its lowest bits. */
export function getUint64(view: DataView, at: number): number {
  return view.getUint32(at) * 0x1_0000_0000 + view.getUint32(at + 4);
}
