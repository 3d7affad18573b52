/** Runs golden traces: commands over a small cluster, each printing what it caused. */
import { decodeText, encodeText, NONE, present } from '@hapax/base';
import type { NodeId, Random } from '@hapax/base';
import { bootstrapState } from '@hapax/raft';
import type { Entry, PeerStatus, ProposeResult, RaftMessage, Ready } from '@hapax/raft';
import { findArg } from '@hapax/testkit';
import type { DatadrivenCase } from '@hapax/testkit';
import { Cluster } from './cluster.ts';
import type { TestNode } from './cluster.ts';
import { describeMembership, parseChange } from './etcd-words.ts';

/** One trace: its cluster, and what the last command printed. */
export class TraceRunner {
  private cluster: Cluster | undefined;
  private sent: string[] = [];

  run(script: DatadrivenCase): string {
    this.sent = [];
    const output = this.execute(script) ?? this.sent.join('\n');
    return output === '' ? 'ok' : output;
  }

  private execute(script: DatadrivenCase): string | void {
    if (script.command === 'cluster') return this.start(script);
    const cluster = present(this.cluster, 'the cluster of this trace');
    const words = script.args.filter((arg) => arg.values.length === 0).map((arg) => arg.key);
    const ids = words.map(Number);
    const id = ids[0] ?? NONE;
    switch (script.command) {
      case 'take':
        return describeReady(cluster.take(id));
      case 'persist':
        while (cluster.persist(id));
        return undefined;
      case 'apply':
        while (cluster.apply(id));
        return undefined;
      case 'process':
        for (const one of ids) cluster.process(one);
        return undefined;
      case 'settle':
        cluster.settle(ids.length > 0 ? ids : this.upIds());
        return this.describeStatuses();
      case 'deliver':
      case 'drop':
      case 'duplicate':
        return this.moveMessages(script);
      case 'network':
        return cluster.network.map(describeMessage).join('\n');
      case 'tick':
        cluster.tick(id, number(script, 'ms'));
        return undefined;
      case 'jump':
        cluster.nowMs += number(script, 'ms');
        cluster.node(id).machine.tick(cluster.nowMs);
        return undefined;
      case 'crash':
        return cluster.crash(id);
      case 'restart':
        return cluster.restart(id);
      default:
        return this.executeOnMachine(script, words);
    }
  }

  private executeOnMachine(script: DatadrivenCase, words: readonly string[]): string | void {
    const cluster = present(this.cluster, 'the cluster of this trace');
    const id = Number(words[0] ?? NONE);
    if (script.command === 'status') return this.describeStatuses();
    const node = cluster.node(id);
    const { machine } = node;
    switch (script.command) {
      case 'campaign':
        return machine.campaign();
      case 'propose':
        return describeResult(machine.propose(words.slice(1).map(encodeText)));
      case 'change': {
        const changes = script.body.split(/\s+/).filter((word) => word !== '').map(parseChange);
        const transition = (findArg(script, 'transition')?.[0] ?? 'auto') as 'auto' | 'joint' | 'joint-explicit';
        return describeResult(machine.proposeMembership({ changes, transition }));
      }
      case 'read':
        return String(machine.requestRead(number(script, 'id')));
      case 'transfer':
        return String(machine.transferLeadership(number(script, 'to')));
      case 'connection-lost':
        return machine.onLeaderConnectionLost(cluster.nowMs);
      case 'unreachable':
        return machine.reportUnreachable(number(script, 'peer'));
      case 'compact':
        return cluster.compact(id, number(script, 'index'));
      case 'progress':
        return machine.status().progress.map(describePeer).join('\n');
      case 'members':
        return describeMembership(machine.status().membership);
      case 'log':
        return node.disk.entries.map(describeEntry).join('\n');
      case 'applied':
        return node.applied.join(' ');
      case 'reads':
        return describeReads(node);
      default:
        throw new Error(`${script.position}: command ${script.command} is not known`);
    }
  }

  /**
   * `cluster voters=(1,2,3) blank=(4) prevote checkquorum window=2 bytes=100`, and a line `id: terms` for an old log.
   */
  private start(script: DatadrivenCase): string {
    const has = (key: string): boolean => findArg(script, key) !== undefined;
    const options = {
      electionTimeoutMs: 100,
      heartbeatIntervalMs: 20,
      maxAppendBytes: Number(findArg(script, 'bytes')?.[0] ?? 100_000),
      maxInflightAppends: Number(findArg(script, 'window')?.[0] ?? 100),
      preVote: has('prevote'),
      checkQuorum: has('checkquorum'),
      randomOf: staggered,
    };
    this.cluster = new Cluster(options, { onSent: (_, message) => this.sent.push(describeMessage(message)) });
    const voters = numbers(script, 'voters');
    const first = bootstrapState(voters.map((id) => ({ id, address: `node-${id}` }))).snapshot;
    const logs = new Map(script.body.split('\n').filter((line) => line !== '').map(parseLog));
    for (const id of voters) this.cluster.addNode(id, first, logs.get(id));
    for (const id of numbers(script, 'blank')) this.cluster.addNode(id, undefined);
    return this.describeStatuses();
  }

  /** Messages by `from`, `to` and `type`, all where nothing is given; at most `limit`. */
  private moveMessages(script: DatadrivenCase): string {
    const cluster = present(this.cluster, 'the cluster of this trace');
    const lines: string[] = [];
    const from = numbers(script, 'from');
    const to = numbers(script, 'to');
    const types = findArg(script, 'type') ?? [];
    const matches = (message: RaftMessage): boolean =>
      (from.length === 0 || from.includes(message.from)) && (to.length === 0 || to.includes(message.to)) &&
      (types.length === 0 || types.includes(message.type));
    const limit = Number(findArg(script, 'limit')?.[0] ?? cluster.network.length);
    const chosen = cluster.network.filter(matches).slice(0, limit);
    for (const message of chosen) {
      lines.push(describeMessage(message));
      if (script.command === 'duplicate') cluster.network.push(message);
      else if (script.command === 'drop') cluster.network = cluster.network.filter((other) => other !== message);
      else cluster.deliver(cluster.network.indexOf(message));
    }
    return lines.join('\n');
  }

  private upIds(): readonly NodeId[] {
    const nodes = [...present(this.cluster, 'the cluster of this trace').nodes.values()];
    return nodes.filter((node) => node.isUp).map((node) => node.id);
  }

  private describeStatuses(): string {
    const nodes = [...present(this.cluster, 'the cluster of this trace').nodes.values()];
    const lines = nodes.map((node) => {
      const status = node.raft?.status();
      if (status === undefined) return `${node.id} down`;
      const { role, term, leaderId, votedFor, commitIndex, appliedIndex, lastIndex } = status;
      return `${node.id} ${role} term=${term} leader=${name(leaderId)} vote=${name(votedFor)} ` +
        `commit=${commitIndex} applied=${appliedIndex} last=${lastIndex}`;
    });
    return lines.join('\n');
  }
}

/** Node n draws the n-th tenth: nodes with lower ids campaign first, and nothing depends on a seed. */
function staggered(id: NodeId): Random {
  const random: Random = {
    nextUint32: () => id,
    nextFloat: () => id / 10,
    nextInt: (bound) => Math.floor((Math.min(id - 1, 9) / 10) * bound),
    fork: () => random,
  };
  return random;
}

/** `1: 1 1 4` is a log of three entries behind the first snapshot, with these terms. */
function parseLog(line: string): readonly [NodeId, readonly Entry[]] {
  const [id, terms] = line.split(':');
  const entries = (terms ?? '').trim().split(/\s+/).filter((term) => term !== '').map((term, at) => {
    const index = at + 2;
    return { index, term: Number(term), type: 'command' as const, data: encodeText(`${term}.${index}`) };
  });
  return [Number(id), entries];
}

function describeReady(ready: Ready | undefined): string {
  if (ready === undefined) return 'nothing';
  const lines: string[] = [];
  const { roleChanged, hardState, snapshot } = ready;
  if (roleChanged !== undefined) {
    lines.push(`role ${roleChanged.role} term=${roleChanged.term} leader=${name(roleChanged.leaderId)}`);
  }
  for (const message of ready.messages) lines.push(`send ${describeMessage(message)}`);
  const sync = ready.mustSync ? 'write and sync' : 'write';
  if (hardState !== undefined) {
    lines.push(`${sync} term=${hardState.term} vote=${name(hardState.votedFor)} commit=${hardState.commitIndex}`);
  }
  if (snapshot !== undefined) lines.push(`${sync} snapshot ${snapshot.metadata.index}/${snapshot.metadata.term}`);
  for (const entry of ready.entries) lines.push(`${sync} ${describeEntry(entry)}`);
  for (const message of ready.messagesAfterPersist) lines.push(`then send ${describeMessage(message)}`);
  for (const entry of ready.committedEntries) lines.push(`apply ${describeEntry(entry)}`);
  for (const read of ready.reads) lines.push(`read ${read.id} at ${read.index}`);
  for (const id of ready.droppedReads) lines.push(`drop read ${id}`);
  for (const id of ready.snapshotRequests) lines.push(`snapshot for ${id}`);
  return lines.join('\n');
}

function describeMessage(message: RaftMessage): string {
  const head = `${message.from}->${message.to} ${message.type} term=${message.term}`;
  switch (message.type) {
    case 'append': {
      const entries = message.entries.map(describeEntry).join(', ');
      const after = `${message.previousIndex}/${message.previousTerm}`;
      return `${head} after ${after} [${entries}] commit=${message.commitIndex}`;
    }
    case 'append-response':
      return message.rejected
        ? `${head} rejected ${message.index}, perhaps ${message.hintIndex}/${message.hintTerm}`
        : `${head} has ${message.index}`;
    case 'heartbeat':
      return `${head} commit=${message.commitIndex} round=${message.round}`;
    case 'heartbeat-response':
      return `${head} round=${message.round}`;
    case 'pre-vote':
    case 'vote':
      return `${head} log ends ${message.lastIndex}/${message.lastTerm}${message.transfer ? ' transfer' : ''}`;
    case 'pre-vote-response':
    case 'vote-response':
      return `${head} ${message.rejected ? `no, committed ${message.commitIndex}/${message.commitTerm}` : 'yes'}`;
    case 'snapshot':
      return `${head} ${message.snapshot.metadata.index}/${message.snapshot.metadata.term}`;
    case 'timeout-now':
      return head;
  }
}

function describeEntry(entry: Entry): string {
  const text = entry.type === 'command' ? ` ${decodeText(entry.data)}` : '';
  return `${entry.index}/${entry.term} ${entry.type}${text}`;
}

function describeReads(node: TestNode): string {
  const answered = node.reads.map((read) => `${read.id}@${read.index}`);
  return `answered: ${answered.join(' ')}; dropped: ${node.droppedReads.join(' ')}`;
}

function describePeer(peer: PeerStatus): string {
  const flags = `${peer.paused ? ' paused' : ''}${peer.recentlyActive ? '' : ' silent'}`;
  return `${peer.id} ${peer.state} match=${peer.matchIndex} next=${peer.nextIndex}${flags}`;
}

function describeResult(result: ProposeResult): string {
  return result.accepted ? `accepted ${result.lastIndex}/${result.term}` : `refused: ${result.reason}`;
}

function name(id: NodeId): string {
  return id === NONE ? 'none' : String(id);
}

function number(script: DatadrivenCase, key: string): number {
  return Number(present(findArg(script, key)?.[0], `${key}= at ${script.position}`));
}

function numbers(script: DatadrivenCase, key: string): readonly number[] {
  return (findArg(script, key) ?? []).map(Number);
}
