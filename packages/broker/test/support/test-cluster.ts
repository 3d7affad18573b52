/** Three brokers and their clients in one thread and in virtual time: what is asked for has happened on return. */
import { type NodeId, SeededRandom } from '@hapax/base';
import { SimNetwork, VirtualTime } from '@hapax/testkit';
import { createTopics, type RequestInput } from '@hapax/wire';
import { testOptions, type TestClusterOptions } from './test-options.ts';
import { TestNode } from './test-node.ts';
import { WireClient } from './wire-client.ts';

const WEATHER = { minDelayMs: 0.1, meanDelayMs: 0.1, hiccupProbability: 0, hiccupMs: 0, keepaliveMs: 3000 };
/** Nothing that a test waits for takes longer, in virtual time. */
const PATIENCE_MS = 60_000;

/** A cluster that is ready when it is made. */
export class TestCluster {
  readonly time = new VirtualTime();
  readonly nodes: readonly TestNode[];
  private readonly network: SimNetwork;

  constructor(options: TestClusterOptions = {}) {
    const random = new SeededRandom(1);
    this.network = new SimNetwork(this.time, random.fork('network'), WEATHER);
    const world = { time: this.time, network: this.network, random };
    this.nodes = testOptions(options).map((one) => new TestNode(one, world));
    for (const node of this.nodes) node.start();
    this.runUntil('all nodes are ready', () => this.nodes.every((node) => node.isReady));
    const knowAll = (node: TestNode): boolean => node.broker.services.metadata.image.aliveBrokers().length === 3;
    this.runUntil('all nodes know each other', () => this.nodes.every(knowAll));
  }

  node(id: NodeId): TestNode {
    const found = this.nodes.find((node) => node.id === id);
    if (found === undefined) throw new Error(`there is no node ${id}`);
    return found;
  }

  /** A node that does not lead Raft: what it is asked of the controller goes over the network. */
  get follower(): TestNode {
    const found = this.nodes.find((node) => node.isRunning && node.broker.controllerDriver?.active !== true);
    if (found === undefined) throw new Error('every node is the controller');
    return found;
  }

  get controller(): TestNode {
    const found = this.nodes.find((node) => node.isRunning && node.broker.controllerDriver?.active === true);
    if (found === undefined) throw new Error('no node is the controller');
    return found;
  }

  /** A connection of a client to a node. */
  connect(node: TestNode): WireClient {
    return new WireClient(this, this.network, node.options.kafkaEndpoint);
  }

  /** Makes events happen until something holds. */
  runUntil(what: string, holds: () => boolean): void {
    const untilMs = this.time.nowMs + PATIENCE_MS;
    while (!holds()) {
      const failed = this.nodes.find((node) => node.failure !== undefined);
      if (failed !== undefined) throw new Error(`node ${failed.id} stopped itself: ${failed.failure}`);
      if (!this.time.step(untilMs)) throw new Error(`within ${PATIENCE_MS} ms it did not come to pass that ${what}`);
    }
  }

  runFor(durationMs: number): void {
    const untilMs = this.time.nowMs + durationMs;
    while (this.time.step(untilMs));
  }

  /** Makes a topic and waits until every node knows its leaders. */
  createTopic(
    name: string,
    options: Partial<NonNullable<RequestInput<typeof createTopics>['topics']>[number]> = {},
  ): void {
    const client = this.connect(this.follower);
    const topic = { name, numPartitions: 1, replicationFactor: 3, assignments: [], configs: [], ...options };
    const [made] = client.call(createTopics, 7, { topics: [topic], timeoutMs: 10_000, validateOnly: false }).topics;
    if (made?.errorCode !== 0) throw new Error(`topic ${name} was not made: ${made?.errorCode} ${made?.errorMessage}`);
    client.close();
    const isKnown = ({ broker }: TestNode): boolean => broker.services.metadata.image.topicByName(name) !== undefined;
    this.runUntil(`all nodes know ${name}`, () => this.nodes.every(isKnown));
    this.runUntil(`${name} is led`, () => this.leaderOf(name) !== undefined);
  }

  /** The node that leads a partition, in its own view. */
  leaderOf(topic: string, partition = 0): TestNode | undefined {
    const leads = ({ broker }: TestNode): boolean =>
      broker.services.partitions.findByName(topic, partition)?.leads() === true;
    return this.nodes.find((node) => node.isRunning && leads(node));
  }
}
