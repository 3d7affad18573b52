/** What a client is told about where a node is: the rule of `advertised=auto`. */
import type { Endpoint } from '@hapax/base';

export interface AdvertisedOptions {
  /** `auto`, or the endpoint that every client is told. */
  readonly advertised: 'auto' | Endpoint;
  /** The name by which the other nodes and clients of the cluster's network know this node. */
  readonly host: string;
  /** The port of the Kafka listener, the same inside and outside. */
  readonly port: number;
  /** Addresses of the host's own gateways, such as the bridge of docker: who comes from there came through a mapped port. */
  readonly gateways: readonly string[];
}

/** How a client reached this node. */
export interface ClientRoute {
  /** The client's address, as this node sees it. */
  readonly remoteHost: string;
}

/**
 * Where a client should dial this node.
 *
 * With `auto`, a client that comes over loopback or from the bridge's gateway is on the host (or behind a forwarded
 * port), where only `localhost` leads here; every other client is on the cluster's network, where the name does.
 */
export function advertisedEndpoint(options: AdvertisedOptions, route: ClientRoute): Endpoint {
  if (options.advertised !== 'auto') return options.advertised;
  const { host, port } = options;
  return isFromOutside(route.remoteHost, options.gateways) ? { host: 'localhost', port } : { host, port };
}

/**
 * Whether the client must be told `localhost`. A broker decides so once a connection, and then for every node that it
 * names: the other nodes are advertised with `localhost` and their own ports too.
 */
export function isFromOutside(remoteHost: string, gateways: readonly string[]): boolean {
  const host = plainAddress(remoteHost);
  return isLoopback(host) || gateways.some((gateway) => plainAddress(gateway) === host);
}

/** An address without the prefix of IPv4 inside IPv6 (`::ffff:`) and without a zone. */
export function plainAddress(address: string): string {
  const host = address.toLowerCase().replace(/%.*$/u, '');
  return host.startsWith('::ffff:') && host.includes('.') ? host.slice('::ffff:'.length) : host;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/u.test(host);
}
