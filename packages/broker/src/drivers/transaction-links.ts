/** Calls to other nodes about transactions: one connection a node, made when there is something to ask. */
import { Deadlines, type Endpoint, type Logger, type NodeId } from '@hapax/base';
import {
  decodeTransactionReplies, encodeTransactionCalls, type AddPartitions, type FindTransaction, type MarkersWritten,
  type PartitionsAdded, type TransactionAnswer, type TransactionCall, type TransactionFound, type TransactionRequest,
  type WriteMarkers,
} from '@hapax/rpc';
import { EndOfTurn } from '../end-of-turn.ts';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import { encodeHello } from './peer-hello.ts';
import { PeerLink } from './peer-link.ts';

/** What each call is answered with. */
export type AnswerTo<Q extends TransactionRequest> = Q extends WriteMarkers
  ? MarkersWritten
  : Q extends AddPartitions
    ? PartitionsAdded
    : Q extends FindTransaction
      ? TransactionFound
      : never;

/** Who answers calls on this node, at once or later; each once. */
export interface TransactionService {
  serve(request: TransactionRequest, answer: (answer: TransactionAnswer) => void): void;
}

interface Call {
  readonly link: Link;
  readonly request: TransactionRequest;
  /** With undefined where the call was lost: it may or may not have been carried out. */
  finish(answer: TransactionAnswer | undefined): void;
}

interface Link {
  readonly node: NodeId;
  readonly peer: PeerLink;
  /** Not yet sent: the connection is being opened, or the turn goes on. */
  unsent: TransactionCall[];
  /** Calls without an answer, by their request ids. */
  readonly calls: Map<number, Call>;
}

const MAX_LINK_BYTES = 32 << 20;
/** Beyond this many unanswered calls to one node, further ones are lost at once. */
const CALLS_PER_LINK_MAX = 20_000;
/** A call that is not answered by then is lost: longer than any of them waits on the other side. */
const CALL_TIMEOUT_MS = 35_000;
const TICK_MS = 500;

/** Calls the {@link TransactionService} of any node; that of this node without the network. */
export class TransactionLinks {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly local: TransactionService;
  private readonly logger: Logger;
  private readonly links = new Map<NodeId, Link>();
  private readonly deadlines = new Deadlines<Call>();
  private readonly sending: EndOfTurn;
  private nextRequestId = 1;
  private isTicking = false;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts, metadata: MetadataDriver, local: TransactionService) {
    this.options = options;
    this.ports = ports;
    this.metadata = metadata;
    this.local = local;
    this.logger = ports.logger.child({ component: 'transaction-links' });
    this.sending = new EndOfTurn(ports.scheduler, () => this.sendAll());
  }

  /**
   * Calls a node. `done` is called once: with the answer, or with undefined where the node cannot be reached, the
   * connection went or no answer came. A lost call may have been carried out. Calls of one turn share a message.
   */
  call<Q extends TransactionRequest>(
    node: NodeId, request: Q, done: (answer: AnswerTo<Q> | undefined) => void,
  ): void {
    if (this.isStopped) return done(undefined);
    const finish = done as Call['finish'];
    if (node === this.options.nodeId) return this.local.serve(request, finish);
    const link = this.linkTo(node);
    if (link === undefined || link.calls.size >= CALLS_PER_LINK_MAX) return done(undefined);
    const requestId = this.nextRequestId++;
    const call: Call = { link, request, finish };
    link.calls.set(requestId, call);
    link.unsent.push({ requestId, request });
    this.deadlines.set(call, this.ports.clock.nowMs() + CALL_TIMEOUT_MS);
    this.sending.ask();
    this.arm();
  }

  stop(): void {
    this.isStopped = true;
    for (const link of [...this.links.values()]) this.drop(link);
  }

  /** The link to a node where its address is known. One to an address that the node has left is given up. */
  private linkTo(node: NodeId): Link | undefined {
    const endpoint = this.metadata.image.broker(node)?.endpoints['peer'];
    const existing = this.links.get(node);
    if (endpoint === undefined) return undefined;
    const { host, port } = endpoint;
    if (existing !== undefined && existing.peer.to.host === host && existing.peer.to.port === port) return existing;
    if (existing !== undefined) this.drop(existing);
    return this.open(node, { host, port });
  }

  private open(node: NodeId, to: Endpoint): Link {
    const { nodeId, clusterId } = this.options;
    const link: Link = {
      node,
      peer: new PeerLink({
        peers: this.ports.peers,
        scheduler: this.ports.scheduler,
        random: this.ports.random.fork(`transactions-link-${node}`),
        logger: this.logger,
        lane: 'transactions',
        to,
        hello: () => encodeHello({ nodeId, brokerEpoch: -1, clusterId }),
        maxBufferedBytes: MAX_LINK_BYTES,
        onMessage: (bytes) => this.onReplies(link, bytes),
        onUp: () => this.send(link),
        // Whoever still wants something calls again, and so dials again, after a pause of its own.
        onDown: () => this.drop(link),
      }),
      unsent: [],
      calls: new Map(),
    };
    this.links.set(node, link);
    return link;
  }

  private sendAll(): void {
    for (const link of this.links.values()) this.send(link);
  }

  private send(link: Link): void {
    if (link.unsent.length === 0 || !link.peer.isUp) return;
    const { unsent } = link;
    link.unsent = [];
    if (!link.peer.send(encodeTransactionCalls(unsent))) this.drop(link);
  }

  private onReplies(link: Link, bytes: Uint8Array): void {
    for (const { requestId, answer } of decodeTransactionReplies(bytes)) {
      const call = link.calls.get(requestId);
      if (call === undefined) continue;
      link.calls.delete(requestId);
      this.deadlines.cancel(call);
      call.finish(answer);
    }
  }

  /** Everything that waits for this node's answers is lost. */
  private drop(link: Link): void {
    if (this.links.get(link.node) === link) this.links.delete(link.node);
    link.peer.close();
    const lost = [...link.calls.values()];
    link.calls.clear();
    link.unsent = [];
    for (const call of lost) {
      this.deadlines.cancel(call);
      call.finish(undefined);
    }
  }

  private arm(): void {
    if (this.isTicking || this.isStopped) return;
    this.isTicking = true;
    this.ports.scheduler.after(TICK_MS, () => {
      this.isTicking = false;
      // A node that leaves one call unanswered leaves all of them: the connection is given up.
      for (const call of this.deadlines.takeDue(this.ports.clock.nowMs())) this.drop(call.link);
      if (this.deadlines.size > 0) this.arm();
    });
  }
}
