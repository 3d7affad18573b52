/**
 * Does what Raft says, in the order that it says: send, persist, then send what claims to be durable, then apply.
 *
 * One instance a node. It owns the `raft` lane: a link to every member that it must talk to, and what comes in.
 */
import {
  type AppError, type Connection, type Endpoint, type Logger, type LogIndex, type NodeId, reachable, type Term,
} from '@hapax/base';
import {
  bootstrapState,
  Raft,
  type Entry,
  type MembershipChange,
  type MemberAddress,
  type ProposeResult,
  type Ready,
  type RaftMessage,
  type RaftStatus,
  type Snapshot,
} from '@hapax/raft';
import { decodeRaftMessage, encodeRaftMessage } from '@hapax/rpc';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerPorts } from '../ports.ts';
import { acceptHello, encodeHello } from './peer-hello.ts';
import { PeerLink } from './peer-link.ts';
import { RaftStore, type StoredRaft } from './raft-store.ts';

export interface RaftDriverOptions {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly electionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  /** A snapshot is taken when this many entries were applied since the last one. */
  readonly snapshotEveryEntries: number;
  readonly maxAppendBytes: number;
  readonly maxInflightAppends: number;
  /** The first voters, or nobody on a node that is not one of them. Must be the same on every voter. */
  readonly firstVoters: readonly MemberAddress[];
  /** Where controllers are, for a node that is not a member yet and must answer the leader that makes it one. */
  readonly controllerAddresses: readonly MemberAddress[];
  readonly ports: BrokerPorts;
}

/** What the driver needs from the state that Raft keeps in step: the cluster's metadata. */
export interface ReplicatedState {
  /** Applies committed commands, in order. */
  apply(entries: readonly Entry[]): void;
  /** Everything up to here was applied, entries that carry no command included; `term` is that of the last one. */
  onApplied(index: LogIndex, term: Term): void;
  /** Replaces everything by a snapshot. */
  restore(data: Uint8Array, index: LogIndex): void;
  /** The whole state, as of the last applied entry. */
  snapshot(): Uint8Array;
  /** This node became leader, follower or candidate, or another leader is known. */
  onRole(role: RaftRole): void;
}

export interface RaftRole {
  readonly isLeader: boolean;
  readonly term: Term;
  readonly leaderId: NodeId;
}

const MAX_LINK_BYTES = 64 << 20;
const TICKS_PER_HEARTBEAT = 4;

/** Runs one Raft node over the ports. */
export class RaftDriver {
  private readonly options: RaftDriverOptions;
  private readonly state: ReplicatedState;
  private readonly logger: Logger;
  private readonly store: RaftStore;
  private readonly links = new Map<NodeId, PeerLink>();
  /** Connections that others have opened, by who did, for answers to nodes whose address is not known here. */
  private readonly callers = new Map<NodeId, Connection>();
  private readonly pump: EndOfTurn;
  private machine: Raft | undefined;
  private persisting = 0;
  private snapshotIndex: LogIndex = 0;
  private isSnapshotting = false;
  private isStopped = false;
  /** This node saw the cluster's first start, and no leader yet. */
  private isNewCluster = false;
  private nextReadId = 1;
  private readonly reads = new Map<number, (index: LogIndex) => void>();

  constructor(options: RaftDriverOptions, state: ReplicatedState) {
    this.options = options;
    this.state = state;
    this.logger = options.ports.logger.child({ component: 'raft' });
    this.store = new RaftStore(options.ports.store);
    this.pump = new EndOfTurn(options.ports.scheduler, () => this.process());
  }

  /** Loads the stored state and begins to take part. */
  start(done: (error?: AppError) => void): void {
    this.store.load((error, stored) => {
      if (error !== undefined || stored === undefined) return done(error);
      if (!stored.isEmpty || this.options.firstVoters.length === 0) return this.begin(stored, done);
      this.bootstrap(done);
    });
  }

  /** Stops taking part. What was being written may still be written. */
  stop(): void {
    this.isStopped = true;
    for (const link of this.links.values()) link.close();
  }

  /** Appends commands to the log if this node leads; see `Raft.propose`. */
  propose(commands: readonly Uint8Array[]): ProposeResult {
    const result = this.raft.propose(commands);
    this.pump.ask();
    return result;
  }

  proposeMembership(change: MembershipChange): ProposeResult {
    const result = this.raft.proposeMembership(change);
    this.pump.ask();
    return result;
  }

  /** Calls back with an index that covers everything committed before this call; never, if leadership is lost first. */
  readIndex(done: (index: LogIndex) => void): boolean {
    const id = this.nextReadId++;
    if (!this.raft.requestRead(id)) return false;
    this.reads.set(id, done);
    this.pump.ask();
    return true;
  }

  /** Hands the lead to the follower that is furthest along; for a stop without a gap. */
  transferLeadership(): void {
    const { role, progress } = this.raft.status();
    if (role !== 'leader') return;
    const { voters } = this.raft.status().membership;
    const followers = progress.filter((peer) => peer.recentlyActive && voters.includes(peer.id));
    const furthest = followers.toSorted((a, b) => b.matchIndex - a.matchIndex)[0];
    if (furthest !== undefined) this.raft.transferLeadership(furthest.id);
    this.pump.ask();
  }

  status(): RaftStatus {
    return this.raft.status();
  }

  private get raft(): Raft {
    if (this.machine === undefined) throw new Error('Raft is asked before it was started');
    return this.machine;
  }

  /**
   * A first voter starts from a snapshot of nothing, with the first membership, which is stored before anything else.
   */
  private bootstrap(done: (error?: AppError) => void): void {
    const state = bootstrapState(this.options.firstVoters);
    const snapshotData = this.state.snapshot();
    this.store.bootstrap(state, snapshotData, (error) => {
      if (error !== undefined) return done(error);
      this.begin({ state, snapshotData, isEmpty: true }, done);
    });
  }

  private begin(stored: StoredRaft, done: () => void): void {
    const { options } = this;
    const { ports } = options;
    const restored = stored.state;
    this.snapshotIndex = restored.snapshot?.index ?? 0;
    if (stored.snapshotData !== undefined) this.state.restore(stored.snapshotData, this.snapshotIndex);
    this.machine = new Raft({
      id: options.nodeId,
      electionTimeoutMs: options.electionTimeoutMs,
      heartbeatIntervalMs: options.heartbeatIntervalMs,
      random: ports.random.fork('raft'),
      maxAppendBytes: options.maxAppendBytes,
      maxInflightAppends: options.maxInflightAppends,
      preVote: true,
      checkQuorum: true,
      state: { ...restored, appliedIndex: this.snapshotIndex },
      nowMs: ports.clock.nowMs(),
    });
    ports.peers.listen('raft', (connection) => this.accept(connection));
    this.isNewCluster = stored.isEmpty;
    for (const { id } of this.raft.status().membership.addresses) if (id !== options.nodeId) this.linkTo(id);
    // Nobody else can vote: there is no silence to wait for.
    const { voters } = this.raft.status().membership;
    if (voters.length === 1 && voters[0] === options.nodeId) this.raft.campaign();
    this.tick();
    done();
  }

  private tick(): void {
    if (this.isStopped) return;
    const { clock, scheduler } = this.options.ports;
    this.raft.tick(clock.nowMs());
    this.pump.ask();
    scheduler.after(this.options.heartbeatIntervalMs / TICKS_PER_HEARTBEAT, () => this.tick());
  }

  private accept(connection: Connection) {
    let from: NodeId = -1;
    return {
      onMessage: (bytes: Uint8Array) => {
        if (this.isStopped) return;
        if (from !== -1) return this.receive(decodeRaftMessage(bytes), from);
        const hello = acceptHello(bytes, connection, { clusterId: this.options.clusterId, logger: this.logger });
        if (hello === undefined) return;
        from = hello.nodeId;
        this.callers.set(from, connection);
      },
      onClose: () => {
        if (this.callers.get(from) === connection) this.callers.delete(from);
        if (this.isStopped || from === -1) return;
        if (this.raft.status().leaderId === from) this.raft.onLeaderConnectionLost(this.options.ports.clock.nowMs());
        this.pump.ask();
      },
    };
  }

  private receive(message: RaftMessage, from: NodeId): void {
    if (message.from !== from || message.to !== this.options.nodeId) return;
    this.raft.step(message);
    this.pump.ask();
  }

  private process(): void {
    if (this.isStopped) return;
    for (let ready = this.raft.takeReady(); ready !== undefined; ready = this.raft.takeReady()) this.execute(ready);
  }

  /** The order is the protocol: see the docstrings of `Ready`. */
  private execute(ready: Ready): void {
    for (const message of ready.messages) this.send(message);
    this.persist(ready);
    if (ready.roleChanged !== undefined) {
      const { role, term, leaderId } = ready.roleChanged;
      this.logger.info({ role, term, leaderId }, 'raft role changed');
      this.state.onRole({ isLeader: role === 'leader', term, leaderId });
    }
    if (ready.committedEntries.length > 0) this.apply(ready.committedEntries);
    for (const peer of ready.snapshotRequests) this.provideSnapshot(peer);
    for (const read of ready.reads) {
      this.reads.get(read.id)?.(read.index);
      this.reads.delete(read.id);
    }
    for (const id of ready.droppedReads) this.reads.delete(id);
  }

  private persist(ready: Ready): void {
    const isEmpty = ready.hardState === undefined && ready.snapshot === undefined && ready.entries.length === 0;
    // An empty Ready must still wait for those before it: its messages may lean on what they persist.
    if (isEmpty && this.persisting === 0) return this.onPersisted(ready);
    this.persisting += 1;
    this.store.persist(ready, (error) => {
      this.persisting -= 1;
      if (this.isStopped) return;
      if (error !== undefined) return this.options.ports.failStop(`Raft's log could not be written: ${error.message}`);
      this.onPersisted(ready);
      this.pump.ask();
    });
  }

  private onPersisted(ready: Ready): void {
    if (ready.snapshot !== undefined) this.installSnapshot(ready.snapshot);
    this.raft.onPersisted(ready);
    for (const message of ready.messagesAfterPersist) this.send(message);
  }

  private apply(entries: readonly Entry[]): void {
    this.state.apply(entries.filter((entry) => entry.type === 'command'));
    const last = entries.at(-1);
    if (last === undefined) return;
    this.raft.onApplied(last.index);
    this.state.onApplied(last.index, last.term);
    this.pump.ask();
    this.maybeSnapshot(last.index);
  }

  /** A snapshot takes effect only once it is durable: a crash must not find the old log under the new state. */
  private installSnapshot(snapshot: Snapshot): void {
    reachable('broker: a snapshot of the metadata is installed');
    const { index, term } = snapshot.metadata;
    this.snapshotIndex = index;
    this.logger.info({ index, term }, 'a snapshot was installed');
    this.state.restore(snapshot.data, index);
    this.raft.onApplied(index);
    this.state.onApplied(index, term);
  }

  /** Writes a snapshot when enough was applied, and only then lets Raft forget what it covers [bug 49]. */
  private maybeSnapshot(appliedIndex: LogIndex): void {
    if (this.isSnapshotting || appliedIndex - this.snapshotIndex < this.options.snapshotEveryEntries) return;
    const snapshot = this.snapshotNow();
    if (snapshot === undefined) return;
    this.isSnapshotting = true;
    this.store.compact(snapshot, (error) => {
      this.isSnapshotting = false;
      if (this.isStopped) return;
      if (error !== undefined) return this.options.ports.failStop(`a snapshot could not be written: ${error.message}`);
      // A snapshot of the leader may have been installed meanwhile.
      this.snapshotIndex = Math.max(this.snapshotIndex, snapshot.metadata.index);
      this.raft.compact(snapshot.metadata.index, snapshot);
    });
  }

  private provideSnapshot(peer: NodeId): void {
    const snapshot = this.snapshotNow();
    if (snapshot === undefined) this.raft.reportSnapshot(peer, false);
    else this.raft.provideSnapshot(peer, snapshot);
    this.pump.ask();
  }

  /** Undefined while a snapshot of the leader is accepted but not yet installed: it will replace this state anyway. */
  private snapshotNow(): Snapshot | undefined {
    const metadata = this.raft.snapshotMetadata();
    return metadata === undefined ? undefined : { metadata, data: this.state.snapshot() };
  }

  private send(message: RaftMessage): void {
    const bytes = encodeRaftMessage(message);
    const link = this.linkTo(message.to);
    if (link?.send(bytes) === true) return;
    const caller = link === undefined ? this.callers.get(message.to) : undefined;
    // A leader that came after all that this node knows can only be answered where it called.
    if (caller !== undefined && caller.bufferedBytes <= MAX_LINK_BYTES) caller.send([bytes]);
    else this.raft.reportUnreachable(message.to);
  }

  /** The link to a member, opened when it is first needed and again when the member's address changes. */
  private linkTo(id: NodeId): PeerLink | undefined {
    const isIt = (address: MemberAddress): boolean => address.id === id;
    const member = this.raft.status().membership.addresses.find(isIt) ?? this.options.controllerAddresses.find(isIt);
    const endpoint = member === undefined ? undefined : parseEndpoint(member.address);
    const existing = this.links.get(id);
    if (endpoint === undefined) return existing;
    if (existing !== undefined && existing.to.host === endpoint.host && existing.to.port === endpoint.port) {
      return existing;
    }
    existing?.close();
    const { nodeId, clusterId, ports } = this.options;
    const link = new PeerLink({
      peers: ports.peers,
      scheduler: ports.scheduler,
      random: ports.random.fork(`raft-link-${id}`),
      logger: this.logger,
      lane: 'raft',
      to: endpoint,
      hello: () => encodeHello({ nodeId, brokerEpoch: -1, clusterId }),
      maxBufferedBytes: MAX_LINK_BYTES,
      onMessage: (bytes) => {
        if (!this.isStopped) this.receive(decodeRaftMessage(bytes), id);
      },
      onUp: () => this.onLinkUp(),
      onDown: (wasUp) => this.onLinkDown(id, wasUp),
    });
    this.links.set(id, link);
    return link;
  }

  /**
   * A new cluster need not wait for anybody's silence: its first voter campaigns as soon as a majority can be asked.
   */
  private onLinkUp(): void {
    const { nodeId, firstVoters } = this.options;
    const { leaderId, term } = this.raft.status();
    if (!this.isNewCluster || leaderId !== -1 || term > 1 || firstVoters[0]?.id !== nodeId) return;
    const reached = [...this.links.values()].filter((link) => link.isUp).length + 1;
    if (reached * 2 <= firstVoters.length) return;
    this.isNewCluster = false;
    this.raft.campaign();
    this.pump.ask();
  }

  /** Losing the connection to the leader is a hint that it is gone: the check begins at once, by a pre-vote. */
  private onLinkDown(id: NodeId, wasUp: boolean): void {
    if (this.isStopped) return;
    this.raft.reportUnreachable(id);
    if (wasUp && this.raft.status().leaderId === id) this.raft.onLeaderConnectionLost(this.options.ports.clock.nowMs());
    this.pump.ask();
  }
}

/** `host:port` to an endpoint; undefined where it is none. IPv6 hosts stand in brackets. */
export function parseEndpoint(address: string): Endpoint | undefined {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  if (at <= 0 || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  return { host: address.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port };
}

/** The text that {@link parseEndpoint} reads. */
export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.host.includes(':') ? `[${endpoint.host}]:${endpoint.port}` : `${endpoint.host}:${endpoint.port}`;
}
