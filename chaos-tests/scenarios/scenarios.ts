/** The failures that a cluster must live through, each as a short script under load. */
import type { LocalNode } from '@hapax/node/local-cluster';
import { WAIT_MS } from '../cluster/limits.ts';
import type { TestBed } from '../cluster/test-bed.ts';
import type { Load } from './load.ts';

/** Where a scenario plays. */
export interface Stage {
  readonly bed: TestBed;
  readonly load: Load;
  readonly topic: string;
}

export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Plays once. The cluster is whole before and is made whole again after it. */
  play(stage: Stage): Promise<void>;
}

type Choice = (stage: Stage) => Promise<LocalNode>;

const leader: Choice = ({ bed, topic }) => bed.leaderOf(topic, 0);
const controller: Choice = ({ bed }) => bed.controller();
const follower: Choice = async ({ bed, topic }) => {
  const { id } = await bed.leaderOf(topic, 0);
  return bed.cluster.nodes.find((node) => node.id !== id) as LocalNode;
};

export const SCENARIOS: readonly Scenario[] = [
  { name: 'kill-leader', what: 'SIGKILL of the leader of a partition', play: kill(leader) },
  { name: 'kill-follower', what: 'SIGKILL of a follower', play: kill(follower) },
  { name: 'kill-controller', what: 'SIGKILL of the leading controller', play: kill(controller) },
  { name: 'pause-leader', what: 'SIGSTOP of the leader of a partition until others serve', play: pause(leader) },
  { name: 'pause-follower', what: 'SIGSTOP of a follower until the others go on', play: pause(follower) },
  { name: 'pause-controller', what: 'SIGSTOP of the leading controller until others serve', play: pause(controller) },
  { name: 'kill-all', what: 'SIGKILL of all nodes at once, then a start of all', play: killAll },
  { name: 'stop-each', what: 'SIGTERM and start of one node after the other', play: stopEach },
];

/** The scenario of a name. Throws where there is none. */
export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(`${name} is none of the scenarios ${SCENARIOS.map((scenario) => scenario.name).join(', ')}`);
}

function kill(choose: Choice): Scenario['play'] {
  return async (stage) => {
    const node = await choose(stage);
    await node.kill();
    await stage.load.untilProgress();
    node.start();
    await node.waitReady(WAIT_MS);
    await stage.load.untilProgress();
  };
}

function pause(choose: Choice): Scenario['play'] {
  return async (stage) => {
    const node = await choose(stage);
    node.pause();
    try {
      await stage.load.untilProgress();
    } finally {
      node.resume();
    }
    await stage.load.untilProgress();
  };
}

async function killAll({ bed, load }: Stage): Promise<void> {
  const { nodes } = bed.cluster;
  await Promise.all(nodes.map((node) => node.kill()));
  for (const node of nodes) node.start();
  await Promise.all(nodes.map((node) => node.waitReady(WAIT_MS)));
  await load.untilProgress();
}

async function stopEach({ bed, load, topic }: Stage): Promise<void> {
  for (const node of bed.cluster.nodes) {
    await node.stop();
    await load.untilProgress();
    node.start();
    await node.waitReady(WAIT_MS);
    await bed.untilInSync(topic);
  }
}
