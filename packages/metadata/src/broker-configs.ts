/** The configuration of brokers: what topics inherit, what the controller acts on, and what a node is started with. */
import { type ConfigDefinition, INT_MAX } from './config-definition.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

type Row = Omit<ConfigDefinition, 'name' | 'readOnly'>;

/** Set for the whole cluster while it runs, and acted upon by the controller or by every broker. */
const DYNAMIC: Readonly<Record<string, Row>> = {
  'auto.create.topics.enable': {
    type: 'boolean', default: 'true', doc: 'Whether a topic that a client asks for is created.',
  },
  'auto.leader.rebalance.enable': {
    type: 'boolean', default: 'true', doc: 'Whether leadership goes back to the preferred replicas by itself.',
  },
  'default.replication.factor': {
    type: 'int', default: null, min: 1, max: 32767,
    doc: 'The replication factor of topics that name none; by default 3, or the number of nodes where there are fewer.',
  },
  'delete.topic.enable': { type: 'boolean', default: 'true', doc: 'Whether topics may be deleted.' },
  'num.partitions': {
    type: 'int', default: '1', min: 1, max: INT_MAX, doc: 'The partitions of topics that name no number.',
  },
  'offsets.topic.num.partitions': {
    type: 'int', default: '50', min: 1, max: 1000,
    doc: 'The partitions of __consumer_offsets; acted upon when the topic is created.',
  },
  'offsets.topic.replication.factor': {
    type: 'int', default: null, min: 1, max: 32767,
    doc: 'The replication factor of __consumer_offsets; by default that of other topics.',
  },
  'offsets.topic.segment.bytes': {
    type: 'int', default: '104857600', min: 1, doc: 'The segment size of __consumer_offsets.',
  },
  'transaction.state.log.min.isr': {
    type: 'int', default: '2', min: 1, doc: 'The min.insync.replicas of __transaction_state, where it has as many.',
  },
  'transaction.state.log.num.partitions': {
    type: 'int', default: '50', min: 1, max: 1000,
    doc: 'The partitions of __transaction_state; acted upon when the topic is created.',
  },
  'transaction.state.log.replication.factor': {
    type: 'int', default: null, min: 1, max: 32767,
    doc: 'The replication factor of __transaction_state; by default that of other topics.',
  },
  'transaction.state.log.segment.bytes': {
    type: 'int', default: '104857600', min: 1, doc: 'The segment size of __transaction_state.',
  },
};

/** Set when a node starts; shown here so that tools can read them. */
const STATIC: Readonly<Record<string, Row>> = {
  'advertised.listeners': { type: 'string', default: null, doc: 'Where clients are told to find the node.' },
  'broker.heartbeat.interval.ms': { type: 'int', default: '300', min: 1, doc: 'How often a broker reports.' },
  'broker.id': { type: 'int', default: '-1', doc: 'The number of the node.' },
  'broker.rack': { type: 'string', default: null, doc: 'Where the node stands; replicas are spread over racks.' },
  'broker.session.timeout.ms': { type: 'int', default: '2500', min: 1, doc: 'The silence that fences a broker.' },
  'fetch.max.bytes': { type: 'int', default: '57671680', min: 1024, doc: 'The most that one fetch returns.' },
  'group.initial.rebalance.delay.ms': { type: 'int', default: '3000', doc: 'How long a new group waits for members.' },
  'group.max.session.timeout.ms': { type: 'int', default: '1800000', doc: 'The longest session of a member.' },
  'group.max.size': { type: 'int', default: String(INT_MAX), min: 1, doc: 'The most members of a group.' },
  'group.min.session.timeout.ms': { type: 'int', default: '6000', doc: 'The shortest session of a member.' },
  'leader.imbalance.check.interval.seconds': { type: 'long', default: '300', doc: 'How often leaders are balanced.' },
  'listeners': { type: 'string', default: null, doc: 'Where the node listens.' },
  'log.dirs': { type: 'string', default: null, doc: 'Where the node keeps its data.' },
  'max.connections': { type: 'int', default: String(INT_MAX), min: 0, doc: 'The most connections of a node.' },
  'node.id': { type: 'int', default: '-1', doc: 'The number of the node.' },
  'offset.metadata.max.bytes': { type: 'int', default: '4096', doc: 'The longest text beside a committed offset.' },
  'offsets.commit.timeout.ms': { type: 'int', default: '5000', min: 1, doc: 'How long a commit of offsets may take.' },
  'offsets.retention.minutes': { type: 'int', default: '10080', min: 1, doc: 'How long unused offsets are kept.' },
  'process.roles': { type: 'list', default: '', mayBeEmpty: true, doc: 'What the node is: broker, controller, both.' },
  'producer.id.expiration.ms': { type: 'int', default: '86400000', min: 1, doc: 'How long idle producers are known.' },
  'replica.lag.time.max.ms': { type: 'long', default: '30000', doc: 'How long the ISR bears a follower that lags.' },
  'request.timeout.ms': { type: 'int', default: '30000', doc: 'How long a request between nodes may take.' },
  'socket.request.max.bytes': { type: 'int', default: '104857600', min: 1, doc: 'The largest request.' },
  'transaction.max.timeout.ms': { type: 'int', default: '900000', min: 1, doc: 'The longest transaction.' },
  'transactional.id.expiration.ms': {
    type: 'int', default: '604800000', min: 1, doc: 'How long an unused transactional id is known.',
  },
};

function definitions(rows: Readonly<Record<string, Row>>, readOnly: boolean): [string, ConfigDefinition][] {
  return Object.entries(rows).map(([name, row]) => [name, { ...row, name, readOnly }]);
}

/** What topics inherit: for each topic key with a broker's synonym, the same under that name. */
function inherited(): [string, ConfigDefinition][] {
  const found: [string, ConfigDefinition][] = [];
  for (const definition of TOPIC_CONFIGS.values()) {
    if (definition.synonym === undefined) continue;
    found.push([definition.synonym, { ...definition, name: definition.synonym, synonym: definition.name }]);
  }
  return found;
}

/** Every key of a broker's configuration, by name. */
export const BROKER_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map([
  ...inherited(),
  ...definitions(DYNAMIC, false),
  ...definitions(STATIC, true),
]);
