/** Opens everything real that a node stands on: data directory, sockets, clock, logger, metrics. */
import type { BrokerPorts } from '@hapax/broker';
import type { Endpoint, Logger } from '@hapax/base';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { advertisedEndpoint } from './advertised.ts';
import { TcpClientListener } from './client-listener.ts';
import type { NodeConfig } from './config.ts';
import { openDataDirectory, readIdentity, type DataDirectory } from './data-directory.ts';
import { FsDisk } from './fs-disk.ts';
import { defaultGateways } from './gateways.ts';
import { GrpcHealth } from './grpc-health.ts';
import { addInspection, type Inspected } from './grpc-inspection.ts';
import { GrpcPeerNetwork } from './grpc-peer-network.ts';
import { addReflection } from './grpc-reflection.ts';
import { HttpServer } from './http-server.ts';
import { Metrics } from './metrics.ts';
import { nativeCompression } from './native-compression.ts';
import { useNativeCrc32c } from './native-crc32c.ts';
import { resolveIdentity, resolvePlace, type NodePlace } from './node-place.ts';
import { OsRandom } from './os-random.ts';
import { pinoLogger } from './pino-logger.ts';
import { systemClock, SystemScheduler } from './system-clock.ts';

/** What a node brings to its ports. Asked from the moment the ports are open, hence before the broker began. */
export interface NodeHooks extends Inspected {
  readiness(): { readonly ready: boolean; readonly reason: string };
  /** The node must not serve another byte. */
  failStop(reason: string): void;
  /** Where log lines go; standard output where absent. */
  readonly logger?: Logger;
}

/** Open ports of one node. */
export interface NodePorts {
  readonly place: NodePlace;
  readonly ports: BrokerPorts;
  readonly metrics: Metrics;
  readonly health: GrpcHealth;
  /** Where it listens, with the ports that the system chose for 0. */
  readonly listening: { readonly kafka: Endpoint; readonly peer: Endpoint; readonly http: Endpoint };
  /** Closes everything, clients first and the data directory last. */
  close(): Promise<void>;
}

/**
 * Opens the ports. Throws `config-invalid`, `disk-locked`, `data-foreign` or a failure of the disk; what was opened
 * until
 * then is closed again.
 */
export async function startPorts(config: NodeConfig, hooks: NodeHooks): Promise<NodePorts> {
  useNativeCrc32c();
  const { values } = config;
  const hostName = hostname();
  const random = new OsRandom();
  const identity = resolveIdentity(config, { hostName, found: readIdentity(values['data.dir']), random });
  const level = values['log.level'];
  const logger = hooks.logger ?? pinoLogger({ level, fields: { node: identity.nodeId } });
  const directory = await openDataDirectory(values['data.dir'], identity);
  const doors = openDoors(config, directory, hooks, logger);
  try {
    const [kafkaPort, peerPort, httpPort] = await Promise.all([
      doors.clients.open(), doors.peers.open(), doors.http.open(),
    ]);
    const place = resolvePlace(config, identity, { hostName, kafkaPort, peerPort });
    const rule = { auto: values.advertised === 'auto', gateways: defaultGateways() };
    const ports: BrokerPorts = {
      clock: systemClock,
      scheduler: new SystemScheduler(),
      random,
      disk: new FsDisk(join(values['data.dir'], 'logs')),
      store: directory.store,
      peers: doors.peers,
      clients: doors.clients,
      compression: nativeCompression,
      logger,
      advertise: (broker, client) => advertisedEndpoint(broker, client.remoteAddress.host, rule),
      failStop: (reason) => hooks.failStop(reason),
    };
    const listening = {
      kafka: { host: values['kafka.host'], port: kafkaPort },
      peer: { host: values['peer.host'], port: peerPort },
      http: { host: values['http.host'], port: httpPort },
    };
    const { metrics, health } = doors;
    return { place, ports, metrics, health, listening, close: () => closeAll(doors, directory) };
  } catch (cause) {
    await closeAll(doors, directory);
    throw cause;
  }
}

interface Doors {
  readonly clients: TcpClientListener;
  readonly peers: GrpcPeerNetwork;
  readonly health: GrpcHealth;
  readonly http: HttpServer;
  readonly metrics: Metrics;
}

/** Everything that listens, made but not yet open. */
function openDoors({ values }: NodeConfig, directory: DataDirectory, hooks: NodeHooks, logger: Logger): Doors {
  const clients = new TcpClientListener({
    host: values['kafka.host'],
    port: values['kafka.port'],
    maxFrameBytes: values['socket.request.max.bytes'],
    maxConnections: values['max.connections'],
    idleTimeoutMs: values['connections.max.idle.ms'],
    logger,
  });
  const peers = new GrpcPeerNetwork({
    host: values['peer.host'],
    port: values['peer.port'],
    clusterId: directory.identity.clusterId,
    connectTimeoutMs: values['peer.connect.timeout.ms'],
    keepaliveMs: values['peer.keepalive.ms'],
    keepaliveTimeoutMs: values['peer.keepalive.timeout.ms'],
    logger,
  });
  const health = new GrpcHealth(peers.server);
  addInspection(peers.server, hooks);
  addReflection(peers.server);
  const metrics = new Metrics({ process: values['metrics.process'] });
  const readiness = (): { ready: boolean; reason: string } => hooks.readiness();
  const http = new HttpServer({ host: values['http.host'], port: values['http.port'], metrics, readiness, logger });
  return { clients, peers, health, http, metrics };
}

async function closeAll(doors: Doors, directory: DataDirectory): Promise<void> {
  doors.health.setServing(false);
  doors.health.close();
  await Promise.all([doors.clients.close(), doors.peers.close(), doors.http.close()]);
  await directory.store.close();
}
