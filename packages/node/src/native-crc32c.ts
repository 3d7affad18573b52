/** CRC-32C by the processor's own instruction. */
import { accelerateCrc32c } from '@hapax/base';
import { crc32c } from '@node-rs/crc32';

/** Puts the native checksum behind base's `crc32c`, which tries it first. */
export function useNativeCrc32c(): void {
  accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
}
