/** The default gateways of this host or container, as Linux tells them. */
import { readFileSync } from 'node:fs';

/** `RTF_GATEWAY` of <linux/route.h>: the route leads through a gateway. */
const GATEWAY_FLAG = 0x2;

/** Addresses of the gateways; none on systems without `/proc/net/route`. */
export function defaultGateways(): readonly string[] {
  try {
    return gatewaysOf(readFileSync('/proc/net/route', 'utf8'));
  } catch {
    return [];
  }
}

/** The gateways of default routes in the text of `/proc/net/route`. */
export function gatewaysOf(text: string): readonly string[] {
  const gateways = new Set<string>();
  for (const line of text.split('\n').slice(1)) {
    const [, destination, gateway, flags] = line.split(/\s+/u);
    if (destination !== '00000000' || gateway === undefined || flags === undefined) continue;
    if ((Number.parseInt(flags, 16) & GATEWAY_FLAG) === 0) continue;
    // The address is written as the machine holds it: its bytes from last to first.
    const bytes = gateway.match(/../gu) ?? [];
    gateways.add(bytes.toReversed().map((byte) => Number.parseInt(byte, 16)).join('.'));
  }
  return [...gateways];
}
