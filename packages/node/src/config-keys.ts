/**
 * Every key that a node is configured by. One table: types, defaults, ranges, the reference and errors come from it.
 */
import {
  autoOr, bytes, type ConfigKey, controllers, endpoint, flag, milliseconds, oneOf, someOf, text, whole,
} from './config-key.ts';
import { LOG_LEVELS } from './pino-logger.ts';

const PORTS = { min: 0, max: 65_535 };
const INT = { min: 1, max: 2_147_483_647 };
const TIMEOUT = { min: 10, max: 3_600_000 };

/** Who and where the node is. */
const IDENTITY = {
  'node.id': autoOr(whole({
    default: 'auto', min: 0, max: 2_147_483_647,
    doc: 'The number of the node, unique in its cluster and never changed. `auto` takes the number that the host ' +
      'name ends in, as in a StatefulSet (`hapax-2` is 2); a host name without one is node 1.',
  })),
  'cluster.id': text({
    default: '',
    doc: 'The name of the cluster, the same on every node. A node that is its own only controller draws one when it ' +
      'is empty.',
  }),
  'roles': autoOr(someOf(['broker', 'controller'], {
    default: 'auto',
    doc: 'What the node does: keep partitions and serve clients, take part in the quorum of controllers, or both. ' +
      '`auto` is broker, and controller too where `controllers` names the node or is empty.',
  })),
  'controllers': controllers({
    default: '',
    doc: 'The controllers with which the cluster begins, the same list on every node. Empty for a cluster of this ' +
      'node alone.',
  }),
  'rack': text({
    default: '',
    doc: 'Where the node stands. Replicas of a partition are spread over racks. Empty for none.',
  }),
  'data.dir': text({
    default: './data',
    doc: 'The directory that holds everything the node keeps. Made where it is absent.',
  }),
} as const;

/** Where the node listens, and where others find it. */
const NETWORK = {
  'node.host': autoOr(text({
    default: 'auto',
    doc: 'The name by which other nodes, and clients on the network of the cluster, reach this node. `auto` is the ' +
      'host name.',
  })),
  'advertised': autoOr(endpoint({
    default: 'auto',
    doc: 'Where Kafka clients are told to find the node. With `auto`, clients that come over loopback or through the ' +
      'gateway of a container network are told `localhost`, all others `node.host`, with `kafka.port` in both ' +
      'cases.',
  })),
  'kafka.host': text({ default: '0.0.0.0', doc: 'The address to listen on for Kafka clients.' }),
  'kafka.port': whole({ default: '9092', ...PORTS, doc: 'The port for Kafka clients. 0 for any free one.' }),
  'peer.host': text({ default: '0.0.0.0', doc: 'The address to listen on for other nodes and for tools (gRPC).' }),
  'peer.port': whole({ default: '9192', ...PORTS, doc: 'The port for other nodes and for tools. 0 for any free one.' }),
  'http.host': text({ default: '0.0.0.0', doc: 'The address to listen on for `/livez`, `/readyz` and `/metrics`.' }),
  'http.port': whole({ default: '9292', ...PORTS, doc: 'The port for HTTP. 0 for any free one.' }),
  'peer.connect.timeout.ms': milliseconds({
    default: '2000', ...TIMEOUT, doc: 'How long another node may take to accept a connection.',
  }),
  'peer.keepalive.ms': milliseconds({
    default: '1000', ...TIMEOUT, doc: 'How long a connection between nodes may be silent before it is probed.',
  }),
  'peer.keepalive.timeout.ms': milliseconds({
    default: '2000', ...TIMEOUT,
    doc: 'How long the answer to a probe may take before the connection counts as lost. A stalled process must not ' +
      'look dead.',
  }),
  'connections.max.idle.ms': milliseconds({
    default: '600000', min: 0, max: 86_400_000,
    doc: 'A client without traffic for this long is disconnected. 0 for never.',
  }),
  'max.connections': whole({ default: '5000', ...INT, doc: 'Further clients are turned away.' }),
  'socket.request.max.bytes': bytes({ default: '104857600', ...INT, doc: 'A larger request closes its connection.' }),
} as const;

/** How the node stores and replicates. */
const STORAGE = {
  'flush': oneOf(['fsync', 'os'], {
    default: 'fsync',
    doc: '`fsync`: what is acknowledged survives a loss of power on every in-sync replica. `os`: it survives the ' +
      'process, as with the default of Kafka.',
  }),
  'journal.file.bytes': bytes({
    default: '67108864', min: 65_536, max: 2_147_483_647,
    doc: 'The size of each of the two journal files. Also bounds the largest append.',
  }),
  'journal.bypass.bytes': bytes({
    default: '8192', min: 1, max: 2_147_483_647,
    doc: 'Appends of at least this size may be written once, to their segment, which is then synced together with ' +
      'the journal; smaller ones are always written to the journal first.',
  }),
  'journal.bypass.round.bytes': bytes({
    default: '262144', min: 0, max: 2_147_483_647,
    doc: 'They are where those of one partition that wait for the disk come to this many bytes; a sync of one more ' +
      'file takes longer than writing less a second time.',
  }),
  'log.tail.cache.bytes': bytes({
    default: '67108864', min: 0, max: 2 ** 40,
    doc: 'Recent batches kept in memory, from which consumers at the end are served.',
  }),
  'log.open.files.max': whole({
    default: '8000', min: 16, max: 1_000_000,
    doc: 'Segment and index files kept open at a time.',
  }),
  'log.reserve.bytes': bytes({
    default: '268435456', min: 0, max: 2 ** 40, doc: 'Appends are refused when no more than this is free on the disk.',
  }),
  'log.checkpoint.interval.ms': milliseconds({
    default: '5000', min: 100, max: 3_600_000,
    doc: 'How often high watermarks are saved and, with `flush=os`, segments are synced.',
  }),
  'log.verify': oneOf(['recent', 'all'], {
    default: 'recent', doc: 'What is checked at start: what was written since the last checkpoint, or every batch.',
  }),
  'replica.lag.time.max.ms': milliseconds({
    default: '10000', min: 500, max: 3_600_000,
    doc: 'How long a follower may lag before it leaves the in-sync replicas.',
  }),
  'replica.inflight.max.bytes': bytes({
    default: '16777216', min: 65_536, max: 2_147_483_647,
    doc: 'Bytes of one partition pushed to a follower and not yet acknowledged.',
  }),
  'replica.push.bytes': bytes({
    default: '262144', min: 4096, max: 33_554_432,
    doc: 'What one message to a follower carries at most, over all partitions.',
  }),
} as const;

/** How nodes find a leader, and how long they wait for one another. */
const TIMING = {
  'raft.election.timeout.ms': milliseconds({
    default: '500', min: 50, max: 60_000,
    doc: 'Silence of the leading controller after which others stand: from once to twice this.',
  }),
  'raft.heartbeat.interval.ms': milliseconds({
    default: '100', min: 5, max: 10_000,
    doc: 'How often the leading controller is heard. Well below the election timeout.',
  }),
  'raft.snapshot.entries': whole({
    default: '20000', min: 10, max: 10_000_000,
    doc: 'Entries of the metadata log after which a snapshot replaces them.',
  }),
  'broker.heartbeat.interval.ms': milliseconds({
    default: '300', ...TIMEOUT,
    doc: 'How often a broker reports to the controller.',
  }),
  'broker.session.timeout.ms': milliseconds({
    default: '2500', ...TIMEOUT,
    doc: 'The silence after which a broker is fenced and its partitions get other leaders.',
  }),
  'controlled.shutdown.timeout.ms': milliseconds({
    default: '10000', min: 0, max: 3_600_000, doc: 'How long a stopping node waits for its leaderships to move away.',
  }),
  'leader.balance.interval.ms': milliseconds({
    default: '10000', min: 100, max: 3_600_000, doc: 'How often leadership goes back to preferred replicas.',
  }),
  'nodes.expected': whole({
    default: '0', min: 0, max: 1000,
    doc: 'How many nodes the cluster shall have: decides the replication factor of topics that are created before ' +
      'all have registered. 0 for as many as there are controllers.',
  }),
} as const;

/** Groups of consumers, by the names of Kafka. */
const GROUPS = {
  'group.min.session.timeout.ms': milliseconds({
    default: '6000', min: 1, max: 3_600_000,
    doc: 'The shortest session of a member.',
  }),
  'group.max.session.timeout.ms': milliseconds({
    default: '1800000', min: 1, max: 86_400_000,
    doc: 'The longest session of a member.',
  }),
  'group.initial.rebalance.delay.ms': milliseconds({
    default: '500', min: 0, max: 600_000,
    doc: 'How long an empty group waits for more members before it begins. Kafka waits 3000.',
  }),
  'group.max.size': whole({ default: '2000', ...INT, doc: 'The most members of one group.' }),
  'group.max.count': whole({
    default: '20000', ...INT,
    doc: 'The most groups of one partition of `__consumer_offsets`.',
  }),
  'offset.metadata.max.bytes': bytes({
    default: '4096', min: 0, max: 1_048_576,
    doc: 'The longest text beside a committed offset.',
  }),
  'offsets.retention.minutes': whole({ default: '10080', ...INT, doc: 'How long offsets of an empty group are kept.' }),
  'offsets.retention.check.interval.ms': milliseconds({
    default: '600000', min: 1000, max: 86_400_000,
    doc: 'How often old offsets are looked for.',
  }),
  'offsets.commit.timeout.ms': milliseconds({
    default: '5000', ...TIMEOUT,
    doc: 'How long an answer waits for the commit of its records.',
  }),
} as const;

/** Transactions, by the names of Kafka where it has them. */
const TRANSACTIONS = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': milliseconds({
    default: '10000', min: 100, max: 3_600_000,
    doc: 'How often transactions that take too long are looked for, and aborted.',
  }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': milliseconds({
    default: '3600000', min: 1000, max: 86_400_000,
    doc: 'How often transactional ids that nobody uses any more are looked for, and forgotten.',
  }),
  'transaction.ids.max': whole({
    default: '100000', ...INT,
    doc: 'The most transactional ids of one partition of `__transaction_state`.',
  }),
  'transaction.park.timeout.ms': milliseconds({
    default: '1000', min: 0, max: 60_000,
    doc: 'How long a request waits for the last transaction of its id to be complete, before it is answered ' +
      'CONCURRENT_TRANSACTIONS as Kafka answers at once.',
  }),
  'transaction.timeline.entries': whole({
    default: '16', min: 1, max: 1000,
    doc: 'How many changes of one transactional id its coordinator remembers for inspection.',
  }),
} as const;

/** What bounds the memory and work of one node. */
const LIMITS = {
  'fetch.max.bytes': bytes({
    default: '57671680', min: 1024, max: 2_147_483_647,
    doc: 'The most that one fetch returns.',
  }),
  'limits.requests.per.connection': whole({
    default: '64', min: 1, max: 10_000,
    doc: 'Requests of one client at work before it is not read any further.',
  }),
  'limits.fetch.sessions': whole({ default: '1000', min: 0, max: 1_000_000, doc: 'Incremental fetch sessions kept.' }),
  'limits.parked.requests': whole({
    default: '10000', min: 100, max: 10_000_000,
    doc: 'Requests that wait at a time for data, commits or timers.',
  }),
  'log.level': oneOf(LOG_LEVELS, { default: 'info', doc: 'What is logged.' }),
  'metrics.process': flag({
    default: 'true',
    doc: 'Whether `/metrics` also shows memory, garbage collection and the event loop.',
  }),
} as const;

/** Every key by name, in the order of the reference. */
export const CONFIG_SECTIONS = {
  'Who the node is': IDENTITY,
  'Network': NETWORK,
  'Storage and replication': STORAGE,
  'Leaders and time limits': TIMING,
  'Consumer groups': GROUPS,
  'Transactions': TRANSACTIONS,
  'Limits and logging': LIMITS,
} as const;

export const CONFIG_KEYS = {
  ...IDENTITY, ...NETWORK, ...STORAGE, ...TIMING, ...GROUPS, ...TRANSACTIONS, ...LIMITS,
} as const;

/** The name of a key. */
export type ConfigName = keyof typeof CONFIG_KEYS;
/** What all keys together hold. */
export type ConfigValues = {
  readonly [Name in ConfigName]: (typeof CONFIG_KEYS)[Name] extends ConfigKey<infer T> ? T : never;
};
