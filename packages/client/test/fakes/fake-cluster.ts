/** A cluster of brokers in one object, speaking the real wire format over the fake network. */
import { AppError, ErrorCode, SeededRandom, silentLogger, type Compression } from '@hapax/base';
import {
  apiByKey,
  apiVersions,
  APIS,
  decodeRequestHeader,
  encodeResponseFrame,
  type Encodable,
  type Fields,
  type ResponseInput,
} from '@hapax/wire';
import { nodeCompression } from '../../src/node-compression.ts';
import type { ClientPorts } from '../../src/machines/index.ts';
import type { HandlerEntry } from './fake-handler.ts';
import { FakeLog } from './fake-log.ts';
import { FakeNetwork, type ServerConnection } from './fake-network.ts';
import { VirtualTime } from './virtual-time.ts';
import { dataHandlers } from './fake-data-handlers.ts';
import { FakeGroups, groupHandlers } from './fake-groups.ts';
import { adminHandlers } from './fake-admin-handlers.ts';
import { FakeTransactions } from './fake-transactions.ts';
import { transactionHandlers } from './fake-transaction-handlers.ts';

/** What a fault does with a request: nothing, lose it, lose its answer, or lose the connection and deliver it late. */
export type Fault = 'none' | 'lose-request' | 'lose-response' | 'late-request';

/** What faults see. */
export interface FaultContext {
  readonly apiName: string;
  readonly nodeId: number;
  readonly count: number;
}

/** The cluster and its knobs. */
export class FakeCluster {
  readonly time = new VirtualTime();
  readonly network = new FakeNetwork(this.time);
  readonly topics = new Map<string, FakeLog[]>();
  readonly configs = new Map<string, Map<string, string>>();
  readonly groups = new FakeGroups(this.time);
  readonly transactions = new FakeTransactions(this);
  /** How late requests come that a fault has held up. */
  lateMs = 1000;
  readonly compression: Compression = nodeCompression;
  /** Names of the requests that came in, in order. */
  readonly seen: string[] = [];
  readonly versionLimits = new Map<number, { min: number; max: number }>();
  readonly errors = new Map<string, number[]>();
  readonly #handlers = new Map<number, HandlerEntry>();
  readonly #queues = new WeakMap<
    ServerConnection,
    { value?: Encodable<Fields>; send: (value: Encodable<Fields>) => void }[]
  >();
  readonly nodes: readonly number[];
  readonly advertised = new Map<number, { host: string; port: number }>();
  nextProducerId = 1000;
  fault: (context: FaultContext) => Fault = () => 'none';
  apiVersionsMax = 4;

  constructor(nodes = 3) {
    this.nodes = Array.from({ length: nodes }, (_, index) => index + 1);
    const entries = [...dataHandlers, ...groupHandlers, ...adminHandlers, ...transactionHandlers];
    for (const entry of entries) this.#handlers.set(entry.api.key, entry);
    for (const nodeId of this.nodes) {
      this.network.listen(this.endpoint(nodeId), {
        onRequest: (connection, frame) => this.onRequest(nodeId, connection, frame),
      });
    }
  }

  /** The address that a broker tells of itself. */
  endpoint(nodeId: number): { host: string; port: number } {
    return this.advertised.get(nodeId) ?? { host: `broker-${nodeId}`, port: 9092 };
  }

  ports(seed = 1): ClientPorts {
    return {
      dialer: this.network,
      clock: this.time,
      scheduler: this.time,
      random: new SeededRandom(seed),
      compression: this.compression,
      logger: silentLogger,
    };
  }

  createTopic(name: string, partitions: number): FakeLog[] {
    const logs = Array.from({ length: partitions }, (_, index) => new FakeLog(this.nodes[index % this.nodes.length]!));
    this.topics.set(name, logs);
    return logs;
  }

  log(topic: string, partition: number): FakeLog {
    const log = this.topics.get(topic)?.[partition];
    if (log === undefined) throw new Error(`${topic}-${partition} is not in the fake cluster`);
    return log;
  }

  /** The next answers of this API carry these errors, where its handler asks {@link takeError}. */
  failNext(apiName: string, ...errorCodes: number[]): void {
    this.errors.set(apiName, [...(this.errors.get(apiName) ?? []), ...errorCodes]);
  }

  takeError(apiName: string): number {
    return this.errors.get(apiName)?.shift() ?? ErrorCode.NONE;
  }

  count(apiName: string): number {
    return this.seen.filter((name) => name === apiName).length;
  }

  /** One request to one broker. */
  onRequest(nodeId: number, connection: ServerConnection, frame: Uint8Array): void {
    let header;
    try {
      header = decodeRequestHeader(frame);
    } catch (error) {
      const correlationId = error instanceof AppError ? error.details['correlationId'] : undefined;
      if (typeof correlationId !== 'number') throw error;
      connection.respond(
        encodeResponseFrame(apiVersions, 0, correlationId, this.#versions(ErrorCode.UNSUPPORTED_VERSION)),
      );
      return;
    }
    const api = apiByKey(header.apiKey);
    if (api === undefined) throw new Error(`API ${header.apiKey}`);
    this.seen.push(api.name);
    const { apiVersion: version, correlationId } = header;
    if (api.key === apiVersions.key) {
      const tooNew = version > this.apiVersionsMax;
      const answer = this.#versions(tooNew ? ErrorCode.UNSUPPORTED_VERSION : ErrorCode.NONE);
      connection.respond(encodeResponseFrame(apiVersions, tooNew ? 0 : version, correlationId, answer));
      return;
    }
    const fault = this.fault({ apiName: api.name, nodeId, count: this.count(api.name) });
    if (fault === 'lose-request') {
      connection.cut('the request is lost');
      return;
    }
    const handler = this.#handlers.get(api.key);
    if (handler === undefined) throw new Error(`the fake cluster has no handler for ${api.name}`);
    const body = api.decodeRequest(version, frame, header.bodyOffset);
    const sentMs = this.time.nowMs();
    if (fault === 'late-request') {
      connection.cut('the request is late');
      const late = { body, version, nodeId, clientId: header.clientId ?? '', connection, sentMs };
      this.time.after(this.lateMs, () => handler.handle(this, late, () => {}));
      return;
    }
    const answer = this.#answerInOrder(connection, (value) => {
      if (fault === 'lose-response') connection.cut('the answer is lost');
      else connection.respond(encodeResponseFrame(api, version, correlationId, value));
    });
    const noAnswer = api.name === 'Produce' && (body as { acks?: number }).acks === 0;
    handler.handle(
      this,
      { body, version, nodeId, clientId: header.clientId ?? '', connection, sentMs },
      noAnswer ? () => {} : answer,
    );
  }

  /** Brokers answer a connection's requests in order, whenever each is ready. */
  #answerInOrder(
    connection: ServerConnection,
    send: (value: Encodable<Fields>) => void,
  ): (value: Encodable<Fields>) => void {
    const slot: { value?: Encodable<Fields>; send: typeof send } = { send };
    const queue = this.#queues.get(connection) ?? [];
    this.#queues.set(connection, queue);
    queue.push(slot);
    return (value) => {
      slot.value = value;
      for (let head = queue[0]; head?.value !== undefined; head = queue[0]) {
        queue.shift();
        head.send(head.value);
      }
    };
  }

  #versions(errorCode: number): ResponseInput<typeof apiVersions> {
    const apiKeys = APIS.filter((api) => this.#handlers.has(api.key) || api.key === apiVersions.key).map((api) => ({
      apiKey: api.key,
      minVersion: this.versionLimits.get(api.key)?.min ?? api.minVersion,
      maxVersion:
        this.versionLimits.get(api.key)?.max ?? (api.key === apiVersions.key ? this.apiVersionsMax : api.maxVersion),
    }));
    const level = this.transactions.finalized;
    const finalizedFeatures =
      level === 0 ? [] : [{ name: 'transaction.version', maxVersionLevel: level, minVersionLevel: level }];
    const supportedFeatures = [{ name: 'transaction.version', minVersion: 0, maxVersion: 2 }];
    return { errorCode, apiKeys, supportedFeatures, finalizedFeatures, finalizedFeaturesEpoch: level };
  }
}
