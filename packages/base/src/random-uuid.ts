/** New UUIDs from a port of randomness, so that a seed decides them in the simulator. */
import { uuidFromBytes, type Uuid } from './ids.ts';
import type { Random } from './ports/random.ts';

/**
 * A version-4 UUID that does not begin with `-`, so that it can stand as an argument on a command line (as in Kafka).
 */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = new Uint8Array(16);
    for (let at = 0; at < 16; at++) bytes[at] = random.nextInt(256);
    bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-')) return uuid;
  }
}
