/** What to do about a step that is broken on the way into a cluster. */
import type { Endpoint } from '@hapax/base';

/** Advice for the steps up to metadata. */
export function adviceFor(step: string, error: unknown, { host, port }: Endpoint): string[] {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (step) {
    case 'name':
      return [`the name ${host} is not known here: check its spelling, DNS, or /etc/hosts`];
    case 'port':
      if (code === 'ECONNREFUSED') {
        return [
          `nothing listens on port ${port} of ${host}: is the broker up, and is this its port for clients?`,
          'in a container, the port must be published; with Kubernetes, forwarded or exposed',
        ];
      }
      return [`packets to ${host} get lost: a firewall, a wrong network, or a host that is down`];
    case 'protocol':
      return [
        'something else than a Kafka broker may listen there, or TLS is expected: this client speaks plain text',
        'by default clients use port 9092, nodes among themselves 9192, and probes 9292',
      ];
    default:
      return [];
  }
}

/** Advice for an advertised address that does not lead to its broker, seen from one that did. */
export function connectAdvice(bootstrap: Endpoint, advertised: Endpoint): string[] {
  const advice = [
    'clients use the advertised address for all but the first connection: it must lead here from where they are',
  ];
  if (isLoopback(advertised.host) && !isLoopback(bootstrap.host)) {
    advice.push(
      `${advertised.host} means the client's own host: set advertised to ${bootstrap.host}:${advertised.port}`,
    );
  } else if (!advertised.host.includes('.') && !isLoopback(advertised.host)) {
    advice.push(
      `${advertised.host} looks like a container's or pod's name, known only on its own network`,
      `set advertised=auto (the default), or advertised=${bootstrap.host}:${bootstrap.port}, a port for each node`,
    );
  } else {
    advice.push(`set advertised (HAPAX_ADVERTISED) of that node to an address that this host reaches, and restart it`);
  }
  return advice;
}

/** Whether a host is always the one that asks. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
