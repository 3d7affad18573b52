/** Clusters under random schedules: the invariants hold after every step, and a healed cluster makes progress. */
import { encodeText, SeededRandom } from '@hapax/base';
import type { NodeId, Random } from '@hapax/base';
import { bootstrapState } from '@hapax/raft';
import type { MemberChange } from '@hapax/raft';
import { expect, test } from 'vitest';
import { Cluster, seededRandomOf } from './cluster.ts';
import { Ghost } from './ghost.ts';

const SEEDS = Number(process.env['RAFT_SEEDS'] ?? 300);
const FIRST_SEED = Number(process.env['RAFT_FIRST_SEED'] ?? 1);
const STEPS = 3000;
/** Far above what it takes, since the machine may be busy with something else. */
const TIMEOUT_MS = 600_000;
const NODES: readonly NodeId[] = [1, 2, 3, 4, 5];

/** One run: a random walk over everything that can happen to a cluster. */
class Run {
  readonly random: Random;
  readonly ghost = new Ghost();
  readonly cluster: Cluster;
  private cut: NodeId = -1;
  private proposals = 0;
  private reads = 0;
  /** What was seen to happen, so that a run in which nothing did is noticed. */
  readonly seen = new Map<string, number>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    const options = {
      electionTimeoutMs: 100,
      heartbeatIntervalMs: 20,
      maxAppendBytes: 100,
      maxInflightAppends: 3,
      preVote: this.random.nextInt(4) > 0,
      checkQuorum: this.random.nextInt(4) > 0,
      randomOf: seededRandomOf(seed),
    };
    this.cluster = new Cluster(options, this.ghost);
    this.ghost.cluster = this.cluster;
    const first = bootstrapState([1, 2, 3].map((id) => ({ id, address: `node-${id}` }))).snapshot;
    for (const id of NODES) this.cluster.addNode(id, id <= 3 ? first : undefined);
  }

  /** One random step. */
  step(): void {
    const id = this.pick(NODES);
    const node = this.cluster.node(id);
    const draw = this.random.nextInt(1000);
    if (!node.isUp) {
      if (draw < 100) this.cluster.restart(id);
    } else if (draw < 200) this.tick(id);
    else if (draw < 320) this.cluster.take(id);
    else if (draw < 420) this.cluster.persist(id);
    else if (draw < 500) this.cluster.apply(id);
    else if (draw < 700) this.deliver();
    else if (draw < 760) this.propose(id);
    else if (draw < 780) this.read(id);
    else if (draw < 790) this.changeMembership(id);
    else if (draw < 796) this.crash(id);
    else if (draw < 802) this.compact(id);
    else if (draw < 806) this.cut = this.random.nextInt(2) === 0 ? id : -1;
    else if (draw < 810) node.machine.onLeaderConnectionLost(this.cluster.nowMs);
    else if (draw < 814) node.machine.transferLeadership(this.pick(NODES));
    else if (draw < 818) node.machine.campaign();
    else if (draw < 824) node.machine.reportUnreachable(this.pick(NODES));
    else if (draw < 828) node.machine.reportSnapshot(this.pick(NODES), this.random.nextInt(2) === 0);
    else this.cluster.process(id);
    this.ghost.onStepped(node);
  }

  /** Everything works again: demands a leader and that all members have the same. */
  heal(): void {
    this.cut = -1;
    for (const id of NODES) if (!this.cluster.node(id).isUp) this.cluster.restart(id);
    for (let round = 0; round < 200; round++) {
      for (const id of NODES) {
        this.cluster.tick(id, 20);
        this.cluster.settle(NODES);
      }
      if (this.isConverged()) return;
    }
    const states = NODES.map((id) => JSON.stringify(this.cluster.node(id).machine.status()));
    throw new Error(`R13: no convergence\n${states.join('\n')}`);
  }

  private isConverged(): boolean {
    const statuses = NODES.map((id) => this.cluster.node(id).machine.status());
    const leader = statuses.filter((status) => status.role === 'leader').sort((a, b) => b.term - a.term)[0];
    if (leader === undefined || leader.membership.votersOutgoing.length > 0) return false;
    const members = [...leader.membership.voters, ...leader.membership.learners];
    if (leader.commitIndex !== leader.lastIndex || leader.commitIndex < this.ghost.maxCommitted) return false;
    const expected = this.cluster.node(leader.id).applied.join(' ');
    return members.every((id) => {
      const node = this.cluster.node(id);
      const status = node.machine.status();
      return node.applied.join(' ') === expected && status.leaderId === leader.id && status.term === leader.term;
    });
  }

  private tick(id: NodeId): void {
    this.cluster.nowMs += this.random.nextInt(15);
    this.cluster.node(id).machine.tick(this.cluster.nowMs);
  }

  /** Any message, with a preference for old ones: reordered, lost, duplicated. */
  private deliver(): void {
    const { network } = this.cluster;
    if (network.length === 0) return;
    if (network.length > 200) network.splice(0, 100);
    const at = this.random.nextInt(3) > 0 ? 0 : this.random.nextInt(network.length);
    const message = network[at];
    if (message === undefined) return;
    const fate = this.random.nextInt(100);
    if (message.from === this.cut || message.to === this.cut || fate < 4) network.splice(at, 1);
    else if (fate < 8) network.push(message);
    else {
      this.cluster.deliver(at);
      this.note(message.type);
    }
  }

  private propose(id: NodeId): void {
    const commands = [encodeText(`c${++this.proposals}`), encodeText(`c${++this.proposals}`)];
    const result = this.cluster.node(id).machine.propose(commands.slice(0, 1 + this.random.nextInt(2)));
    if (result.accepted) this.note('proposed');
  }

  private read(id: NodeId): void {
    const read = ++this.reads;
    this.ghost.onReadRequested(read);
    if (this.cluster.node(id).machine.requestRead(read)) this.note('read');
  }

  private changeMembership(id: NodeId): void {
    const changes: MemberChange[] = [];
    for (let count = 1 + this.random.nextInt(3); count > 0; count--) {
      const member = this.pick(NODES);
      const type = this.pick(['add-voter', 'add-voter', 'add-learner', 'remove'] as const);
      changes.push(type === 'remove' ? { type, id: member } : { type, id: member, address: `node-${member}` });
    }
    const transition = this.pick(['auto', 'joint'] as const);
    const result = this.cluster.node(id).machine.proposeMembership({ changes, transition });
    if (result.accepted) this.note('membership');
  }

  private crash(id: NodeId): void {
    this.cluster.crash(id, { losesPower: this.random.nextInt(2) === 0 });
    this.ghost.onCrashed(id);
    this.note('crash');
  }

  private compact(id: NodeId): void {
    const node = this.cluster.node(id);
    if (node.appliedIndex === 0) return;
    this.cluster.compact(id, Math.max(0, node.appliedIndex - this.random.nextInt(4)));
    this.note('compact');
  }

  private note(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.random.nextInt(list.length)] as T;
  }
}

test(`${SEEDS} clusters keep every invariant under faults and make progress when healed`, () => {
  const seen = new Map<string, number>();
  let committed = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const run = new Run(seed);
    try {
      for (let step = 0; step < STEPS; step++) run.step();
      run.heal();
    } catch (cause) {
      throw new Error(`RAFT_FIRST_SEED=${seed} RAFT_SEEDS=1: ${String(cause)}`, { cause });
    }
    committed += run.ghost.maxCommitted;
    for (const [what, count] of run.seen) seen.set(what, (seen.get(what) ?? 0) + count);
  }
  expect(committed).toBeGreaterThan(SEEDS * 3);
  // A run that never took these ways would prove nothing about them.
  for (const what of ['append', 'snapshot', 'timeout-now', 'vote', 'membership', 'read', 'compact', 'crash']) {
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(0);
  }
}, TIMEOUT_MS);
