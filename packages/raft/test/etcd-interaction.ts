/**
 * Replays etcd/raft's interaction scripts and compares states: roles, terms, leaders, votes, commit indexes,
 * memberships and logs, wherever a script prints them. Messages and log lines are etcd's own and are not compared.
 */
import { readFileSync } from 'node:fs';
import { decodeText, encodeText, NONE, present } from '@hapax/base';
import type { LogIndex, NodeId, Random } from '@hapax/base';
import { EMPTY_MEMBERSHIP, isVoter, LEAVE_JOINT, Raft } from '@hapax/raft';
import type { Entry, Membership, Ready, SnapshotMetadata } from '@hapax/raft';
import { findArg, parseDatadriven } from '@hapax/testkit';
import type { DatadrivenCase } from '@hapax/testkit';
import { expect } from 'vitest';
import { writeTo } from './cluster.ts';
import type { TestDisk } from './cluster.ts';
import { describeMembership, parseChange } from './etcd-words.ts';

/** Scripts about what is done in another way here, with the reason. */
export const INAPPLICABLE: ReadonlyMap<string, string> = new Map([
  ['forget_leader.txt', 'nobody tells a follower to forget its leader: onLeaderConnectionLost starts a pre-vote'],
  ['forget_leader_prevote_checkquorum.txt', 'the same: there is no forget-leader'],
  ['forget_leader_read_only_lease_based.txt', 'there are no reads by lease: each is confirmed by a quorum'],
  ['confchange_v1_remove_leader.txt', 'a leader that is removed steps down when that is applied; there it leads on'],
  ['confchange_disable_validation.txt', 'the check of membership changes cannot be turned off'],
]);

/** Ticks of the scripts: one is a millisecond here. */
const ELECTION_TICKS = 3;
const ROLES = new Map([
  ['StateFollower', 'follower'],
  ['StatePreCandidate', 'pre-candidate'],
  ['StateCandidate', 'candidate'],
  ['StateLeader', 'leader'],
]);
const PROGRESS = new Map([
  ['StateProbe', 'probe'],
  ['StateReplicate', 'replicate'],
  ['StateSnapshot', 'snapshot'],
]);

/** Runs a script; returns how many facts were compared. */
export function replayInteraction(path: string): number {
  const replay = new Replay();
  for (const script of parseDatadriven(readFileSync(path, 'utf8'), path)) replay.run(script);
  return replay.compared;
}

interface Parcel {
  readonly to: NodeId;
  readonly deliver: () => void;
}

interface ReplayNode {
  readonly id: NodeId;
  readonly raft: Raft;
  readonly disk: TestDisk;
  /** Taken early, so that each proposal goes in a message of its own, as there. */
  held: Ready[];
  appendThread: Ready[];
  applyThread: (readonly Entry[])[];
  ticks: number;
}

class Replay {
  compared = 0;
  private readonly nodes: ReplayNode[] = [];
  private network: Parcel[] = [];
  private isAsync = false;

  run(script: DatadrivenCase): void {
    this.execute(script);
    switch (script.command) {
      case 'raft-state':
        return this.compareStates(script);
      case 'raft-log':
        return this.compareLog(script);
      case 'status':
        return this.compareProgress(script);
      default:
        this.compareReadies(script);
    }
  }

  private execute(script: DatadrivenCase): void {
    const ids = script.args.filter((arg) => /^\d+$/.test(arg.key)).map((arg) => Number(arg.key));
    const first = ids[0] ?? NONE;
    const selected = ids.length > 0 ? ids : this.nodes.map((node) => node.id);
    switch (script.command) {
      case 'add-nodes':
        return this.addNodes(script, first);
      case 'campaign':
        return this.node(first).raft.campaign();
      case 'propose':
        return this.propose(this.node(first), script.args[1]?.key ?? '');
      case 'propose-conf-change':
        return this.proposeChange(this.node(first), script);
      case 'process-ready':
        for (const id of ids) this.processReady(this.node(id));
        return;
      case 'process-append-thread':
        for (const id of ids) this.processAppends(this.node(id));
        return;
      case 'process-apply-thread':
        for (const id of ids) this.processApplies(this.node(id));
        return;
      case 'deliver-msgs':
        for (const id of numbers(script, 'drop')) this.network = this.network.filter((parcel) => parcel.to !== id);
        for (const id of ids) this.deliverTo(id);
        return;
      case 'stabilize':
        return this.stabilize(selected.map((id) => this.node(id)));
      case 'tick-election':
        return this.tick(this.node(first), ELECTION_TICKS);
      case 'tick-heartbeat':
        return this.tick(this.node(first), 1);
      case 'transfer-leadership':
        this.node(numbers(script, 'from')[0] ?? NONE).raft.transferLeadership(numbers(script, 'to')[0] ?? NONE);
        return;
      case 'compact':
        return this.compact(this.node(first), ids[1] ?? 0);
      case 'log-level':
      case 'raft-state':
      case 'raft-log':
      case 'status':
        return;
      default:
        throw new Error(`${script.position}: command ${script.command} is not known`);
    }
  }

  private addNodes(script: DatadrivenCase, count: number): void {
    const voters = numbers(script, 'voters');
    const learners = numbers(script, 'learners');
    const index = numbers(script, 'index')[0] ?? 0;
    const addresses = [...voters, ...learners].sort((a, b) => a - b).map((id) => ({ id, address: '' }));
    const membership: Membership = { ...EMPTY_MEMBERSHIP, voters, learners, addresses };
    this.isAsync ||= findArg(script, 'async-storage-writes')?.[0] === 'true';
    for (let added = 0; added < count; added++) {
      const id = this.nodes.length + 1;
      // The first snapshot has term 1 there, yet the nodes start in term 0; here no term may be ahead of the node's.
      const metadata: SnapshotMetadata | undefined = index > 0 ? { index, term: 0, membership } : undefined;
      const hardState = { term: 0, votedFor: NONE, commitIndex: index };
      const raft = new Raft({
        id,
        electionTimeoutMs: ELECTION_TICKS,
        heartbeatIntervalMs: 1,
        random: LATEST,
        maxAppendBytes: 1 << 20,
        maxInflightAppends: numbers(script, 'inflight')[0] ?? 1 << 20,
        preVote: findArg(script, 'prevote')?.[0] === 'true',
        checkQuorum: findArg(script, 'checkquorum')?.[0] === 'true',
        state: { hardState, snapshot: metadata, entries: [], appliedIndex: index },
        nowMs: 0,
      });
      const snapshot = metadata && { metadata, data: new Uint8Array(0) };
      const disk = { hardState, snapshot, entries: [] };
      this.nodes.push({ id, raft, disk, held: [], appendThread: [], applyThread: [], ticks: 0 });
    }
  }

  private propose(node: ReplayNode, data: string): void {
    node.raft.propose([encodeText(data)]);
    this.hold(node);
  }

  private proposeChange(node: ReplayNode, script: DatadrivenCase): void {
    const words = script.body.split(/\s+/).filter((word) => word !== '');
    const transition = findArg(script, 'transition')?.[0];
    const change = {
      changes: words.map(parseChange),
      transition: transition === 'implicit' ? 'joint' : transition === 'explicit' ? 'joint-explicit' : 'auto',
    } as const;
    const result = node.raft.proposeMembership(words.length === 0 ? LEAVE_JOINT : change);
    // What is refused leaves an empty entry in the log there, and nothing here.
    const isRefused = script.expected.includes('ignoring conf change');
    this.compare(script, 'accepted', result.accepted, !isRefused);
    if (isRefused) this.propose(node, '');
    this.hold(node);
  }

  private hold(node: ReplayNode): void {
    const ready = node.raft.takeReady();
    if (ready !== undefined) node.held.push(ready);
  }

  /** Returns whether there was anything to do. */
  private processReady(node: ReplayNode): boolean {
    this.hold(node);
    const { held } = node;
    if (held.length === 0) return false;
    node.held = [];
    for (const ready of held) {
      for (const message of ready.messages) {
        this.network.push({ to: message.to, deliver: () => this.node(message.to).raft.step(message) });
      }
      if (isWrite(ready)) node.appendThread.push(ready);
      if (ready.snapshot !== undefined) node.applyThread.push([]);
      if (ready.committedEntries.length > 0) node.applyThread.push(ready.committedEntries);
      for (const peer of ready.snapshotRequests) {
        node.raft.provideSnapshot(peer, present(node.disk.snapshot, `the snapshot of node ${node.id}`));
      }
    }
    if (this.isAsync) return true;
    while (this.processAppends(node));
    while (this.processApplies(node));
    // There, a follower applies with the write what here waits for its end.
    if (node.raft.status().role === 'follower') this.processReady(node);
    return true;
  }

  private processAppends(node: ReplayNode): boolean {
    const ready = node.appendThread.shift();
    if (ready === undefined) return false;
    writeTo(node.disk, ready);
    if (this.isAsync) this.network.push({ to: node.id, deliver: () => node.raft.onPersisted(ready) });
    else node.raft.onPersisted(ready);
    for (const message of ready.messagesAfterPersist) {
      this.network.push({ to: message.to, deliver: () => this.node(message.to).raft.step(message) });
    }
    return true;
  }

  private processApplies(node: ReplayNode): boolean {
    const entries = node.applyThread.shift();
    if (entries === undefined) return false;
    const index = entries.at(-1)?.index ?? node.disk.snapshot?.metadata.index ?? 0;
    if (this.isAsync) this.network.push({ to: node.id, deliver: () => node.raft.onApplied(index) });
    else node.raft.onApplied(index);
    return true;
  }

  private deliverTo(id: NodeId): boolean {
    const parcels = this.network.filter((parcel) => parcel.to === id);
    this.network = this.network.filter((parcel) => parcel.to !== id);
    for (const parcel of parcels) parcel.deliver();
    return parcels.length > 0;
  }

  private stabilize(nodes: readonly ReplayNode[]): void {
    for (let round = 0; round < 1000; round++) {
      let worked = false;
      for (const node of nodes) worked = this.processReady(node) || worked;
      for (const node of nodes) worked = this.deliverTo(node.id) || worked;
      for (const node of nodes) while (this.processAppends(node)) worked = true;
      for (const node of nodes) while (this.processApplies(node)) worked = true;
      if (!worked) return;
    }
    throw new Error('the cluster does not stabilize');
  }

  private tick(node: ReplayNode, count: number): void {
    for (let tick = 0; tick < count; tick++) node.raft.tick(++node.ticks);
  }

  private compact(node: ReplayNode, index: LogIndex): void {
    const metadata = present(node.raft.snapshotMetadata(), 'the position of a snapshot');
    node.disk.snapshot = { metadata, data: new Uint8Array(0) };
    node.disk.entries = node.disk.entries.filter((entry) => entry.index > index);
    node.raft.compact(index, node.disk.snapshot);
  }

  /** `1: StateLeader (Voter) Term:1 Lead:1` */
  private compareStates(script: DatadrivenCase): void {
    for (const line of script.expected.split('\n')) {
      const match = /^(\d+): (\w+) \(([\w-]+)\) Term:(\d+) Lead:(\d+)$/.exec(line);
      if (match === null) continue;
      const status = this.node(Number(match[1])).raft.status();
      const kind = isVoter(status.membership, status.id) ? 'Voter' : 'Non-Voter';
      this.compare(script, line, [status.role, kind, status.term, status.leaderId], [
        ROLES.get(match[2] ?? ''), match[3], Number(match[4]), Number(match[5]) || NONE,
      ]);
    }
  }

  /** `1/12 EntryNormal "prop_1_12"` */
  private compareLog(script: DatadrivenCase): void {
    const id = Number(script.args[0]?.key);
    const expected = script.expected.split('\n').filter((line) => /^\d+\/\d+ /.test(line)).map(normalEntry);
    this.compare(script, 'log', this.node(id).disk.entries.map(describeEntry), expected);
  }

  /** `2: StateReplicate match=11 next=15 paused inflight=3[full]` */
  private compareProgress(script: DatadrivenCase): void {
    const status = this.node(Number(script.args[0]?.key)).raft.status();
    for (const line of script.expected.split('\n')) {
      const match = /^(\d+): (\w+) match=(\d+) next=(\d+)(.*)$/.exec(line);
      if (match === null) continue;
      const id = Number(match[1]);
      if (id === status.id) {
        this.compare(script, line, [status.durableIndex], [Number(match[3])]);
        continue;
      }
      const peer = present(status.progress.find((progress) => progress.id === id), `progress of ${id}`);
      const rest = match[5] ?? '';
      const actual = [peer.state, peer.matchIndex, peer.nextIndex, peer.paused, !peer.recentlyActive];
      this.compare(script, line, actual, [
        PROGRESS.get(match[2] ?? ''), Number(match[3]), Number(match[4]),
        rest.includes('paused'), rest.includes('inactive'),
      ]);
    }
  }

  /** What a command printed of the Readys it handled: the last that is said of each node must be true at its end. */
  private compareReadies(script: DatadrivenCase): void {
    let id = script.command === 'process-ready' ? Number(script.args[0]?.key) : NONE;
    const lines = new Map<string, { readonly actual: unknown; readonly expected: unknown }>();
    for (const line of script.expected.split('\n').map((text) => text.trim())) {
      id = Number(/^> (\d+) (?:handling|receiving|processing)/.exec(line)?.[1] ?? id);
      const node = this.nodes.find((candidate) => candidate.id === id);
      if (node === undefined) continue;
      const status = node.raft.status();
      const hard = /^HardState Term:(\d+)(?: Vote:(\d+))? Commit:(\d+)$/.exec(line);
      if (hard !== null) {
        const expected = [Number(hard[1]), Number(hard[2] ?? 0) || NONE, Number(hard[3])];
        lines.set(`${id} hard state`, { actual: [status.term, status.votedFor, status.commitIndex], expected });
      }
      const soft = /^Lead:(\d+) State:(\w+)$/.exec(line);
      // A handled Ready speaks of the role before it: the node's own vote, once durable, may have made it leader.
      if (soft !== null && script.command !== 'process-ready') {
        const expected = [Number(soft[1]) || NONE, ROLES.get(soft[2] ?? '')];
        lines.set(`${id} role`, { actual: [status.leaderId, status.role], expected });
      }
      const config = /^INFO (\d+) switched to configuration (.*)$/.exec(line);
      if (config !== null) {
        const { membership } = this.node(Number(config[1])).raft.status();
        lines.set(`${config[1]} membership`, { actual: describeMembership(membership), expected: config[2] });
      }
    }
    for (const [what, { actual, expected }] of lines) this.compare(script, what, actual, expected);
  }

  private compare(script: DatadrivenCase, what: string, actual: unknown, expected: unknown): void {
    this.compared++;
    expect(actual, `${script.position}: ${what}`).toEqual(expected);
  }

  private node(id: NodeId): ReplayNode {
    return present(this.nodes[id - 1], `node ${id}`);
  }
}

/** Draws the longest election timeout, so that nobody campaigns unless a script says so. */
const LATEST: Random = {
  nextUint32: () => 0xffff_ffff,
  nextFloat: () => 0.999,
  nextInt: (bound) => bound - 1,
  fork: () => LATEST,
};

function isWrite(ready: Ready): boolean {
  return ready.hardState !== undefined || ready.snapshot !== undefined || ready.entries.length > 0 ||
    ready.messagesAfterPersist.length > 0;
}

function describeEntry(entry: Entry): string {
  const text = entry.type === 'membership' ? 'change' : JSON.stringify(decodeText(entry.data));
  return `${entry.term}/${entry.index} ${text}`;
}

function normalEntry(line: string): string {
  const [, position, kind, data] = /^(\d+\/\d+) (\w+) ?(.*)$/.exec(line) ?? [];
  return `${position} ${kind === 'EntryNormal' ? data : 'change'}`;
}

function numbers(script: DatadrivenCase, key: string): readonly number[] {
  return (findArg(script, key) ?? []).map(Number);
}
