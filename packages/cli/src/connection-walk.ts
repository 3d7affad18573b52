/** The way of a client into a cluster, step by step, so that the broken one can be named. */
import { lookup } from 'node:dns/promises';
import type { Endpoint } from '@hapax/base';
import { apiVersions, metadata, type ResponseOf } from '@hapax/wire';
import { adviceFor, connectAdvice, isLoopback } from './connection-advice.ts';
import { ProbeConnection, ProbeFailure } from './probe-connection.ts';

/** One step of the way, and what was found there. */
export interface Step {
  /** name, port, protocol, metadata, advertised, leaders. */
  readonly name: string;
  readonly state: 'ok' | 'doubtful' | 'broken';
  readonly found: string;
  /** What to do about it. */
  readonly advice: readonly string[];
}

type Metadata = ResponseOf<typeof metadata>;

/** Highest versions that the walk speaks; brokers have spoken the lowest of them for ten years. */
const API_VERSIONS_VERSION = 0;
const METADATA_MAX_VERSION = 8;
const METADATA_MIN_VERSION = 1;

/** Walks from one address to every leader, telling of each step at once. Ends at the first step that bars the way. */
export async function walkConnection(
  bootstrap: Endpoint,
  stepTimeoutMs: number,
  onStep: (step: Step) => void,
): Promise<Step[]> {
  const steps: Step[] = [];
  const add = (step: Step): void => {
    steps.push(step);
    onStep(step);
  };
  const found = await walkBootstrap(bootstrap, stepTimeoutMs, add);
  if (found === undefined) return steps;
  const reachable = new Set<number>();
  for (const broker of found.brokers) {
    const step = await walkAdvertised(bootstrap, broker, found.clusterId, stepTimeoutMs);
    if (step.state !== 'broken') reachable.add(broker.nodeId);
    add(step);
  }
  add(leadersStep(found, reachable));
  return steps;
}

async function walkBootstrap(
  bootstrap: Endpoint,
  timeoutMs: number,
  add: (step: Step) => void,
): Promise<Metadata | undefined> {
  const where = addressOf(bootstrap);
  let connection: ProbeConnection | undefined;
  try {
    const { address } = await lookup(bootstrap.host);
    add(ok('name', address === bootstrap.host ? `${address} is an address` : `${bootstrap.host} is ${address}`));
    connection = await ProbeConnection.open(bootstrap, timeoutMs);
    add(ok('port', `${where} accepts connections`));
    const range = await versionsOf(connection, timeoutMs);
    add(ok('protocol', `a Kafka broker answers, with ${range.apis} APIs`));
    const answer = await askMetadata(connection, range.metadataMax, timeoutMs);
    add(metadataStep(answer));
    return answer.brokers.length === 0 ? undefined : answer;
  } catch (error) {
    add(brokenStep(error, bootstrap));
    return undefined;
  } finally {
    connection?.close();
  }
}

async function versionsOf(
  connection: ProbeConnection,
  timeoutMs: number,
): Promise<{ apis: number; metadataMax: number }> {
  const answer = await connection.ask(apiVersions, API_VERSIONS_VERSION, {}, timeoutMs);
  const range = answer.apiKeys.find(({ apiKey }) => apiKey === metadata.key);
  if (range === undefined) throw new ProbeFailure('protocol', 'it has no Metadata API: not a broker that clients use');
  return { apis: answer.apiKeys.length, metadataMax: range.maxVersion };
}

function askMetadata(connection: ProbeConnection, offered: number, timeoutMs: number): Promise<Metadata> {
  const version = Math.max(METADATA_MIN_VERSION, Math.min(offered, METADATA_MAX_VERSION));
  return connection.ask(metadata, version, { topics: null, allowAutoTopicCreation: false }, timeoutMs);
}

function metadataStep(answer: Metadata): Step {
  const { brokers, clusterId, controllerId, topics } = answer;
  const found = `cluster ${clusterId ?? '?'}: ${brokers.length} brokers, ${topics.length} topics`;
  if (brokers.length === 0) {
    return broken('metadata', `${found}`, [
      'no broker has registered: are the controllers up? See the log of this node',
    ]);
  }
  if (controllerId >= 0) return ok('metadata', `${found}, controller ${controllerId}`);
  return doubtful('metadata', `${found}, no controller`, [
    'most controllers are down or cut off: nothing can be changed',
  ]);
}

/** Whether the address that a broker tells its clients leads to that broker. */
async function walkAdvertised(
  bootstrap: Endpoint,
  broker: Metadata['brokers'][number],
  clusterId: string | null,
  timeoutMs: number,
): Promise<Step> {
  const advertised = { host: broker.host, port: broker.port };
  const what = `broker ${broker.nodeId} says ${addressOf(advertised)}`;
  const advice = connectAdvice(bootstrap, advertised);
  let connection: ProbeConnection | undefined;
  try {
    await lookup(broker.host);
    connection = await ProbeConnection.open(advertised, timeoutMs);
    const range = await versionsOf(connection, timeoutMs);
    const answer = await askMetadata(connection, range.metadataMax, timeoutMs);
    if (answer.clusterId !== clusterId) {
      const other = `${what}: there is cluster ${answer.clusterId}, not ${clusterId}`;
      return broken('advertised', other, ['another cluster answers at this address', ...advice]);
    }
    const isElsewhere = isLoopback(broker.host) && !isLoopback(bootstrap.host);
    if (isElsewhere) return doubtful('advertised', `${what}: reached, but only from this host`, advice);
    return ok('advertised', `${what}: reached`);
  } catch (error) {
    return broken('advertised', `${what}: ${foundBy(error)}`, advice);
  } finally {
    connection?.close();
  }
}

function leadersStep(found: Metadata, reachable: ReadonlySet<number>): Step {
  const partitions = found.topics.flatMap(({ name, partitions: all }) =>
    all.map(({ partitionIndex, leaderId }) => ({ place: `${name}-${partitionIndex}`, leaderId })),
  );
  const without = partitions.filter(({ leaderId }) => leaderId < 0);
  const lost = partitions.filter(({ leaderId }) => leaderId >= 0 && !reachable.has(leaderId));
  const counted = `${partitions.length} partitions`;
  if (lost.length > 0) {
    const ids = [...new Set(lost.map(({ leaderId }) => leaderId))].join(', ');
    const advice = [`brokers ${ids} lead them: mend their advertised addresses, or the way there`];
    return broken('leaders', `${lost.length} of ${counted} cannot be reached, such as ${lost[0]?.place}`, advice);
  }
  if (without.length > 0) {
    const advice = ['their replicas are all down, or were not in sync; `hapax cluster health` names them'];
    return broken('leaders', `${without.length} of ${counted} have no leader, such as ${without[0]?.place}`, advice);
  }
  return ok('leaders', partitions.length === 0 ? 'no partitions yet' : `all ${counted} can be reached`);
}

function brokenStep(error: unknown, endpoint: Endpoint): Step {
  const step = error instanceof ProbeFailure ? error.step : 'name';
  return broken(step, `${addressOf(endpoint)}: ${foundBy(error)}`, adviceFor(step, error, endpoint));
}

function foundBy(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function addressOf({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function ok(name: string, found: string): Step {
  return { name, state: 'ok', found, advice: [] };
}

function doubtful(name: string, found: string, advice: readonly string[]): Step {
  return { name, state: 'doubtful', found, advice };
}

function broken(name: string, found: string, advice: readonly string[]): Step {
  return { name, state: 'broken', found, advice };
}
