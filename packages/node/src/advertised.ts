/** What a client is told about where a node is: the rule of `advertised=auto`. */
import type { Endpoint } from '@hapax/base';

export interface AdvertisedRule {
  /** Whether the address depends on how the client came; else every client is told what nodes registered. */
  readonly auto: boolean;
  /**
   * Gateways of this node's networks, such as the bridge of docker: who comes from there came through a mapped port.
   */
  readonly gateways: readonly string[];
}

/**
 * Where a client should dial a node that registered `broker`.
 *
 * With `auto`, a client that comes over loopback or from a gateway is on the host (or behind a forwarded port), where
 * only `localhost` leads to the nodes, each with a port of its own, the same inside and outside. Every other client is
 * on
 * the network of the cluster, where names lead.
 */
export function advertisedEndpoint(broker: Endpoint, clientHost: string, rule: AdvertisedRule): Endpoint {
  if (!rule.auto || !isFromOutside(clientHost, rule.gateways)) return broker;
  return { host: 'localhost', port: broker.port };
}

/** An address without the prefix of IPv4 inside IPv6 (`::ffff:`) and without a zone. */
export function plainAddress(address: string): string {
  const host = address.toLowerCase().replace(/%.*$/u, '');
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host;
}

function isFromOutside(clientHost: string, gateways: readonly string[]): boolean {
  const host = plainAddress(clientHost);
  return host === '::1' || /^127(?:\.\d{1,3}){3}$/u.test(host) || gateways.includes(host);
}
