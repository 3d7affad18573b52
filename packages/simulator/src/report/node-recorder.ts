/** Looks at every node again and again, and keeps what has changed: process, role in Raft, connections. */
import type { SimNetwork } from '@hapax/testkit';
import type { ClusterWatch } from '../cluster-watch.ts';
import type { SimNode } from '../sim-node.ts';
import type { NodeSpan, NodeStory, ProcessState } from './run-story.ts';

/** What is kept of the nodes. */
export class NodeRecorder {
  private readonly watch: ClusterWatch;
  private readonly network: SimNetwork;
  private readonly spans = new Map<number, NodeSpan[]>();

  constructor(watch: ClusterWatch, network: SimNetwork) {
    this.watch = watch;
    this.network = network;
  }

  look(atMs: number): void {
    for (const node of this.watch.nodes) {
      const spans = this.spans.get(node.id) ?? [];
      this.spans.set(node.id, spans);
      const span = this.spanOf(node, atMs);
      const last = spans.at(-1);
      if (last === undefined || !isSame(last, span)) spans.push(span);
    }
  }

  story(): NodeStory[] {
    return [...this.spans].map(([id, spans]) => ({ id, spans }));
  }

  private spanOf(node: SimNode, atMs: number): NodeSpan {
    const { role = null, term = 0, leaderId: leader = -1 } = this.watch.raftStatus(node.id) ?? {};
    return { atMs, state: stateOf(node), life: node.life, isCutOff: this.isCutOff(node), role, term, leader };
  }

  private isCutOff({ host }: SimNode): boolean {
    const others = this.watch.nodes.filter((one) => one.host !== host);
    if (others.length === 0) return false;
    return others.every((other) => this.network.isCut(host, other.host)) ||
      others.every((other) => this.network.isCut(other.host, host));
  }
}

function stateOf(node: SimNode): ProcessState {
  if (!node.isUp) return 'down';
  if (node.host.isPaused) return 'paused';
  if (node.isStopping) return 'stopping';
  return node.isRecovered ? 'up' : 'starting';
}

function isSame(one: NodeSpan, other: NodeSpan): boolean {
  return one.state === other.state && one.life === other.life && one.isCutOff === other.isCutOff &&
    one.role === other.role && one.term === other.term && one.leader === other.leader;
}
