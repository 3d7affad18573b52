/** The world, as a broker sees it: everything that a node or the simulator must bring. */
import type {
  ClientListener,
  Clock,
  Compression,
  Connection,
  Disk,
  Endpoint,
  KeyValueStore,
  Logger,
  PeerNetwork,
  Random,
  Scheduler,
} from '@hapax/base';

/** The ports of one broker. */
export interface BrokerPorts {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Partition logs and the journal. */
  readonly disk: Disk;
  /** Raft's log and hard state. */
  readonly store: KeyValueStore;
  readonly peers: PeerNetwork;
  readonly clients: ClientListener;
  readonly compression: Compression;
  readonly logger: Logger;
  /** Which address of a broker a client should be told, by how the client came in (`advertised=auto`, DESIGN §7). */
  advertise(broker: Endpoint, client: Connection): Endpoint;
  /** A broken disk or invariant: the node must stop at once and not serve another byte. */
  failStop(reason: string): void;
}
