/**
 * What is done to controllers alone: the metadata change and are read on every node, voters and learners come and go,
 * and the leadership is handed over. At the end there must be one leader that stays, and every member must have all.
 */
import { ErrorCode, type LogIndex, type NodeId, type Random } from '@hapax/base';
import type { Broker } from '@hapax/broker';
import type { History } from '@hapax/history';
import { membersOf, type MemberChange } from '@hapax/raft';
import type { Host, VirtualTime } from '@hapax/testkit';
import { peerEndpoint } from '../../cluster-options.ts';
import type { ClusterWatch } from '../../cluster-watch.ts';
import { demand } from '../../invariants/violation.ts';
import type { SimNode } from '../../sim-node.ts';
import type { Plan } from '../../swarm.ts';
import type { FinalStep, RunWorkload } from '../run-workload.ts';
import type { ClientWorld } from '../sim-client.ts';
import type { QuorumOperation, QuorumPlan } from './quorum-plan.ts';

/** Operates on the nodes themselves, each as a process on it would. */
export class QuorumWorkload implements RunWorkload {
  consumedCount = 0;
  private readonly time: VirtualTime;
  private readonly random: Random;
  private readonly plan: Plan;
  private readonly quorum: QuorumPlan;
  private readonly watch: ClusterWatch;
  private nextValue = 1;
  private isStopped = false;
  /** Nothing is done any more that may be a reason for another leader. */
  private isAtRest = false;

  constructor(world: ClientWorld, plan: Plan, quorum: QuorumPlan, watch: ClusterWatch) {
    this.time = world.time;
    this.random = world.random.fork('quorum');
    this.plan = plan;
    this.quorum = quorum;
    this.watch = watch;
    watch.onLeader = (node) => this.onLeader(node);
  }

  /** No client takes part. */
  hosts(): readonly Host[] {
    return [];
  }

  prepare(done: () => void): void {
    if (this.watch.nodes.some((node) => node.broker?.controllerDriver?.active === true)) return done();
    this.time.after(LOOK_EVERY_MS, () => this.prepare(done));
  }

  start(): void {
    const delayMs = -Math.log(1 - this.random.nextFloat()) * this.quorum.meanOperationIntervalMs;
    this.time.after(delayMs, () => {
      if (this.isStopped) return;
      const operation = this.draw();
      const node = this.pick(this.candidatesFor(operation));
      // A process that stands still does what it was about to do when it goes on.
      node.host.defer(() => this.operate(operation, node));
      this.start();
    });
  }

  onHealed(): void {}

  stop(): void {
    this.isStopped = true;
  }

  unfinished(): string | undefined {
    return this.unsettled();
  }

  /** There are no clients. */
  clientHistory(): History {
    return [];
  }

  transactionFigures(): null {
    return null;
  }

  /** R13: whoever leads when all is healed goes on to lead, while the cluster works. */
  finalSteps(): readonly FinalStep[] {
    let term = 0;
    let untilMs = 0;
    return [{
      what: 'one leader stays',
      begin: () => {
        term = this.watch.raft.maxTerm;
        untilMs = this.time.nowMs + STABLE_MS;
        this.isStopped = false;
        this.isAtRest = true;
        this.start();
        this.time.after(STABLE_MS, () => this.stop());
      },
      missing: () => {
        const { maxTerm } = this.watch.raft;
        if (this.isCalm) demand(maxTerm === term, 'R13', () =>
          `the leader of term ${term} did not stay though nothing happened: the term is ${maxTerm}`);
        if (this.time.nowMs < untilMs) return 'the time has not passed';
        return this.unsettled();
      },
    }];
  }

  /** Whether no message is ever so late that a leader may be taken for dead. */
  private get isCalm(): boolean {
    return this.quorum.disorder === null && this.plan.weather.hiccupProbability === 0;
  }

  /** Why the members are not all where the leader is. */
  private unsettled(): string | undefined {
    const leader = this.watch.nodes.find((node) => node.broker?.controllerDriver?.active === true)?.broker;
    if (leader === undefined) return 'R13: there is no active controller';
    const { id, term, commitIndex, lastIndex, membership } = leader.services.raft.status();
    if (commitIndex !== lastIndex) return `R13: leader ${id} has committed ${commitIndex} of ${lastIndex}`;
    if (membership.votersOutgoing.length > 0) return `R13: the joint configuration of leader ${id} is not left`;
    for (const member of membersOf(membership)) {
      const status = this.watch.raftStatus(member);
      if (status?.leaderId !== id || status.term !== term || status.appliedIndex !== commitIndex) {
        const { appliedIndex, leaderId, term: itsTerm } = status ?? {};
        return `R13: member ${member} is at ${appliedIndex} of term ${itsTerm} under ${leaderId}, ` +
          `leader ${id} of term ${term} at ${commitIndex}`;
      }
    }
    return undefined;
  }

  /** Whoever takes itself for the leader, most of the time: where two do, one of them is wrong. */
  private candidatesFor(operation: QuorumOperation): readonly SimNode[] {
    const { nodes } = this.watch;
    if (operation === 'read' || this.random.nextInt(4) === 0) return nodes;
    const leaders = nodes.filter(({ id }) => this.watch.raftStatus(id)?.role === 'leader');
    return leaders.length === 0 ? nodes : leaders;
  }

  /** What comes before a new leader has committed anything is where many have gone wrong. */
  private onLeader(node: SimNode): void {
    if (this.isStopped || this.isAtRest || this.random.nextFloat() >= this.quorum.eagerness) return;
    const operation = this.pick(['read-index', 'change-members', 'change-members', 'hand-over'] as const);
    node.host.defer(() => this.operate(operation, node));
  }

  private operate(operation: QuorumOperation, node: SimNode): void {
    const { broker } = node;
    if (broker === undefined || this.watch.raftStatus(node.id) === undefined) return;
    const { raft } = broker.services;
    switch (operation) {
      case 'write':
        return this.write(broker);
      case 'read':
        return this.read(node.id, broker);
      case 'read-index':
        raft.readIndex(() => {});
        return;
      case 'change-members':
        raft.proposeMembership({ changes: this.drawChanges(1), transition: 'auto' });
        return;
      case 'replace-members':
        raft.proposeMembership({ changes: this.drawChanges(1 + this.random.nextInt(3)), transition: 'joint' });
        return;
      case 'hand-over':
        raft.transferLeadership();
    }
  }

  /** Several at once, so that what is behind needs more than one message. */
  private write(broker: Broker): void {
    const count = 1 + this.random.nextInt(4);
    for (let made = 0; made < count; made++) {
      const operations = [{ key: 'log.retention.ms', operation: 'set', value: String(this.nextValue++) }] as const;
      const resources = [{ resourceType: 'broker', resourceName: '', operations }] as const;
      const request = { type: 'alter-configs', resources, replaceAll: false, validateOnly: false } as const;
      broker.controllerDriver?.request(request, (outcome) => {
        if (outcome.ok) this.consumedCount += 1;
      });
    }
  }

  /** R12: what a node is told covers every command that anybody had applied when it asked. */
  private read(node: NodeId, broker: Broker): void {
    const floor: LogIndex = this.watch.raft.maxCommand;
    broker.services.controller.call({ type: 'read-metadata-index' }, READ_WITHIN_MS, (outcome) => {
      if (!outcome.ok || outcome.answer.error !== ErrorCode.NONE) return;
      const { index } = outcome.answer;
      demand(index >= floor, 'R12', () =>
        `node ${node} is told that the metadata end at ${index}; ${floor} was applied when it asked`);
    });
  }

  private drawChanges(count: number): MemberChange[] {
    return Array.from({ length: count }, () => {
      const id = this.random.nextInt(this.plan.shape.nodes);
      const type = this.pick(['add-voter', 'add-voter', 'add-learner', 'remove'] as const);
      if (type === 'remove') return { type, id };
      const { host, port } = peerEndpoint(id);
      return { type, id, address: `${host}:${port}` };
    });
  }

  private draw(): QuorumOperation {
    if (this.isAtRest) return this.pick(['write', 'read', 'read-index'] as const);
    const choices = Object.entries(this.quorum.weights) as [QuorumOperation, number][];
    let left = this.random.nextInt(choices.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [operation, weight] of choices) {
      if (left < weight) return operation;
      left -= weight;
    }
    return 'write';
  }

  private pick<T>(choices: readonly T[]): T {
    return choices[this.random.nextInt(choices.length)] as T;
  }
}

const LOOK_EVERY_MS = 50;
const STABLE_MS = 3000;
const READ_WITHIN_MS = 2000;
