/** How large LZ4 frames become, without expanding them: against frames that are made to burst. */

const MAGIC = 0x184d2204;

/**
 * The exact size of what LZ4 frames expand to, found by walking block tokens [LZ4 frame format 1.6.4, LZ4 block
 * format].
 * Undefined where the bytes are no whole frames. Stops early above `maxBytes`, with some number above it.
 */
export function expandedLz4Bytes(bytes: Uint8Array, maxBytes: number): number | undefined {
  let total = 0;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  while (at < bytes.byteLength) {
    if (at + 7 > bytes.byteLength || view.getUint32(at, true) !== MAGIC) return undefined;
    const flags = view.getUint8(at + 4);
    const hasBlockChecksum = (flags & 0x10) !== 0;
    at += 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
    for (;;) {
      if (at + 4 > bytes.byteLength) return undefined;
      const word = view.getUint32(at, true);
      at += 4;
      if (word === 0) break;
      const size = word & 0x7fff_ffff;
      if (size > bytes.byteLength - at) return undefined;
      total += word >>> 31 ? size : expandedBlockBytes(bytes, at, at + size);
      if (total > maxBytes) return total;
      at += size + (hasBlockChecksum ? 4 : 0);
    }
    if (flags & 0x04) at += 4;
  }
  return at === bytes.byteLength ? total : undefined;
}

/**
 * The sum of literal and match lengths of one block. Broken blocks give a number too: the expander will refuse them.
 */
function expandedBlockBytes(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  let at = from;
  while (at < to) {
    const token = bytes[at++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255 && at < to) {
        more = bytes[at++] as number;
        literals += more;
      }
    }
    total += literals;
    at += literals;
    if (at >= to) break;
    at += 2;
    let match = (token & 15) + 4;
    if (match === 19) {
      let more = 255;
      while (more === 255 && at < to) {
        more = bytes[at++] as number;
        match += more;
      }
    }
    total += match;
  }
  return total;
}
