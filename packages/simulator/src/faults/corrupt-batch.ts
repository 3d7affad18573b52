/** Changes one bit of a record batch that is on its way, where its checksum must show it. */
import { crc32c, type Random } from '@hapax/base';
import { BATCH_HEADER_BYTES, BatchField, batchSizeAt, CURRENT_MAGIC } from '@hapax/wire/records';

/** Flips a bit in what the checksum of some batch in the message covers. False where there is no batch. */
export function corruptBatch(message: Uint8Array, random: Random): boolean {
  const batches: { readonly at: number; readonly sizeBytes: number }[] = [];
  for (let at = 0; at + BATCH_HEADER_BYTES <= message.length; at++) {
    const sizeBytes = findBatch(message, at);
    if (sizeBytes === undefined) continue;
    batches.push({ at, sizeBytes });
    at += sizeBytes - 1;
  }
  if (batches.length === 0) return false;
  const { at, sizeBytes } = batches[random.nextInt(batches.length)] as typeof batches[0];
  const byte = at + COVERED_FROM + random.nextInt(sizeBytes - COVERED_FROM);
  message[byte] = (message[byte] as number) ^ (1 << random.nextInt(8));
  return true;
}

/** The checksum is of all that follows it. */
const COVERED_FROM = BatchField.crc + 4;

/** The size of the batch that begins here; undefined where none does. */
function findBatch(message: Uint8Array, at: number): number | undefined {
  if (message[at + BatchField.magic] !== CURRENT_MAGIC) return undefined;
  const sizeBytes = batchSizeAt(message, at);
  if (sizeBytes < BATCH_HEADER_BYTES || at + sizeBytes > message.length) return undefined;
  const { buffer, byteOffset } = message;
  const crc = new DataView(buffer, byteOffset).getUint32(at + BatchField.crc);
  return crc === crc32c(message.subarray(at + COVERED_FROM, at + sizeBytes)) ? sizeBytes : undefined;
}
