/**
 * Runs the controller on the node that leads Raft, and answers the other nodes' calls to it.
 *
 * The controller works on a state of its own, which may be ahead of what is committed; it is made from the committed
 * image when leadership is won and thrown away when it is lost.
 */
import {
  ErrorCode, type Connection, type ConnectionHandler, type LogIndex, type Logger, type NodeId, type Term,
} from '@hapax/base';
import {
  Controller,
  copyImage,
  encodeBatch,
  type AnswerOf,
  type ControllerRequest,
  type MetadataBatch,
} from '@hapax/metadata';
import { decodeControllerCall, encodeControllerReply } from '@hapax/rpc';
import type { AppendOutcome, Outcome } from '@hapax/state-machine';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import { formatEndpoint, type RaftDriver, type RaftRole } from './raft-driver.ts';
import type { MetadataDriver, MetadataLogListener } from './metadata-driver.ts';
import { acceptHello } from './peer-hello.ts';

const TICK_MS = 50;

/** The controller's driver. Present on every node of role `controller`; active on one of them. */
export class ControllerDriver implements MetadataLogListener {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly raft: RaftDriver;
  private readonly metadata: MetadataDriver;
  private readonly logger: Logger;
  private readonly controller: Controller;
  private role: RaftRole = { isLeader: false, term: 0, leaderId: -1 };
  private previousLeaderId: NodeId = -1;
  private isActive = false;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts, raft: RaftDriver, metadata: MetadataDriver) {
    this.options = options;
    this.ports = ports;
    this.raft = raft;
    this.metadata = metadata;
    this.logger = ports.logger.child({ component: 'controller' });
    this.controller = new Controller({
      writer: { append: (batches) => this.append(batches) },
      config: options.controller,
      random: ports.random.fork('controller'),
    });
    metadata.addLogListener(this);
  }

  start(): void {
    this.ports.peers.listen('controller', (connection) => this.accept(connection));
    this.tick();
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Whether this node is the active controller. */
  get active(): boolean {
    return this.isActive;
  }

  /** Runs a request here; NOT_CONTROLLER unless this is the active controller. */
  request(request: ControllerRequest, respond: (outcome: Outcome<AnswerOf<ControllerRequest>>) => void): void {
    if (!this.isActive) return respond({ ok: false, error: ErrorCode.NOT_CONTROLLER });
    this.maybeAddLearner(request);
    const serve = (): void => this.controller.request(request, this.ports.clock.nowMs(), respond);
    if (request.type !== 'read-metadata-index') return serve();
    // A controller that was replaced without knowing would answer with what was true once.
    if (!this.raft.readIndex(serve)) respond({ ok: false, error: ErrorCode.NOT_CONTROLLER });
  }

  onRole(role: RaftRole): void {
    if (this.role.leaderId !== -1 && this.role.leaderId !== role.leaderId) this.previousLeaderId = this.role.leaderId;
    this.role = role;
    if (role.isLeader || !this.isActive) return;
    this.isActive = false;
    this.controller.becomeInactive();
    this.logger.info({ term: role.term, leaderId: role.leaderId }, 'this node is no longer the active controller');
  }

  /** A leader serves only once an entry of its own term is applied: before, its image may lack committed records. */
  onApplied(index: LogIndex, term: Term): void {
    if (!this.role.isLeader) return;
    if (!this.isActive && term === this.role.term) this.activate(index);
    if (this.isActive) this.controller.onCommitted(index);
  }

  private activate(index: LogIndex): void {
    const nowMs = this.ports.clock.nowMs();
    this.controller.beginLoading();
    this.controller.restore(copyImage(this.metadata.image, { trackChanges: false }), index);
    this.controller.becomeActive(index, nowMs);
    this.isActive = true;
    this.logger.info({ term: this.role.term, index }, 'this node is the active controller');
    // Losing the lead is itself a sign that the node which had it is gone: its brokers' check begins at once.
    if (this.previousLeaderId !== -1 && this.previousLeaderId !== this.options.nodeId) {
      this.suspect(this.previousLeaderId);
    }
  }

  private append(batches: readonly MetadataBatch[]): AppendOutcome {
    const result = this.raft.propose(batches.map(encodeBatch));
    if (!result.accepted) return { accepted: false, error: ErrorCode.NOT_CONTROLLER };
    return {
      accepted: true,
      baseOffset: result.lastIndex - batches.length + 1,
      lastOffset: result.lastIndex,
      timestampMs: this.ports.clock.wallMs(),
    };
  }

  private tick(): void {
    if (this.isStopped) return;
    if (this.isActive) this.controller.tick(this.ports.clock.nowMs());
    this.ports.scheduler.after(TICK_MS, () => this.tick());
  }

  private accept(connection: Connection): ConnectionHandler {
    let from: NodeId = -1;
    return {
      onMessage: (bytes) => {
        if (this.isStopped) return;
        if (from !== -1) return this.answerCall(connection, bytes);
        const hello = acceptHello(bytes, connection, { clusterId: this.options.clusterId, logger: this.logger });
        if (hello !== undefined) from = hello.nodeId;
      },
      onClose: (reason) => {
        if (from === -1 || !this.isActive || this.isStopped) return;
        this.logger.info({ brokerId: from, reason }, 'a broker lost its connection: it is suspected');
        this.suspect(from);
      },
    };
  }

  /** A connection that broke is a hint, not a proof: the controller only shortens the broker's patience. */
  private suspect(brokerId: NodeId): void {
    this.controller.request({ type: 'broker-suspect', brokerId }, this.ports.clock.nowMs(), () => {});
  }

  private answerCall(connection: Connection, bytes: Uint8Array): void {
    const { correlationId, body } = decodeControllerCall(bytes);
    this.request(body as ControllerRequest, (outcome) => {
      const error = outcome.ok ? ErrorCode.NONE : outcome.error;
      const answer = outcome.ok ? outcome.answer : undefined;
      const reply = { correlationId, error, errorMessage: '', leaderHint: this.role.leaderId, body: answer };
      connection.send([encodeControllerReply(reply)]);
    });
  }

  /** A node that registers and is not yet in Raft's membership becomes a learner: it follows the log without a vote. */
  private maybeAddLearner(request: ControllerRequest): void {
    if (request.type !== 'register-broker') return;
    const { membership } = this.raft.status();
    const { peer } = request.endpoints;
    if (peer === undefined) return;
    const address = formatEndpoint(peer);
    const known = membership.addresses.find((member) => member.id === request.brokerId);
    if (known?.address === address) return;
    const change = known === undefined
      ? ({ type: 'add-learner', id: request.brokerId, address } as const)
      : ({ type: 'update', id: request.brokerId, address } as const);
    this.raft.proposeMembership({ changes: [change], transition: 'auto' });
  }
}
