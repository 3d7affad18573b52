/**
 * How any node reaches the active controller: directly where it is here, else by a connection to the node that has
 * it.
 */
import { ErrorCode, type Endpoint, type Logger, type NodeId, type ScheduledCall } from '@hapax/base';
import type { AnswerOf, ControllerRequest } from '@hapax/metadata';
import { decodeControllerReply, encodeControllerCall, type ControllerReply } from '@hapax/rpc';
import type { Outcome } from '@hapax/state-machine';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { ControllerDriver } from './controller-driver.ts';
import { encodeHello } from './peer-hello.ts';
import { parseEndpoint, type RaftDriver } from './raft-driver.ts';
import { PeerLink } from './peer-link.ts';

interface Call {
  readonly request: ControllerRequest;
  readonly respond: (outcome: Outcome<AnswerOf<ControllerRequest>>) => void;
  readonly deadlineMs: number;
  /** The connection it was sent on, by its number; 0 while it waits for a controller. */
  sentOn: number;
}

const MAX_CALLS = 10_000;
const MAX_LINK_BYTES = 16 << 20;
const RETRY_MS = 50;

/**
 * Calls the active controller. A call waits for a controller to be found until its deadline; once sent it is never sent
 * again, because the first one may have taken effect: a lost connection ends it with REQUEST_TIMED_OUT.
 */
export class ControllerClient {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly raft: RaftDriver;
  private readonly local: ControllerDriver | undefined;
  private readonly logger: Logger;
  private readonly calls = new Map<number, Call>();
  private nextCorrelationId = 1;
  private link: { readonly id: NodeId; readonly peer: PeerLink } | undefined;
  private connectionNumber = 0;
  private hint: NodeId = -1;
  private nextCandidate = 0;
  private timer: ScheduledCall | undefined;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts, raft: RaftDriver, local: ControllerDriver | undefined) {
    this.options = options;
    this.ports = ports;
    this.raft = raft;
    this.local = local;
    this.logger = ports.logger.child({ component: 'controller-client' });
  }

  /** Asks the active controller. `respond` is called once, at the latest when `timeoutMs` has passed. */
  call<Q extends ControllerRequest>(
    request: Q, timeoutMs: number, respond: (outcome: Outcome<AnswerOf<Q>>) => void,
  ): void {
    if (this.local?.active === true) return this.local.request(request, respond as unknown as Call['respond']);
    if (this.calls.size >= MAX_CALLS || this.isStopped) {
      return respond({ ok: false, error: ErrorCode.COORDINATOR_NOT_AVAILABLE });
    }
    const deadlineMs = this.ports.clock.nowMs() + timeoutMs;
    this.calls.set(this.nextCorrelationId++, {
      request,
      respond: respond as unknown as Call['respond'],
      deadlineMs,
      sentOn: 0,
    });
    this.sendWaiting();
    this.arm();
  }

  stop(): void {
    this.isStopped = true;
    this.timer?.cancel();
    this.link?.peer.close();
    this.finishAll(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  }

  private arm(): void {
    if (this.timer !== undefined || this.calls.size === 0 || this.isStopped) return;
    this.timer = this.ports.scheduler.after(RETRY_MS, () => {
      this.timer = undefined;
      this.expire();
      this.sendWaiting();
      this.arm();
    });
  }

  private expire(): void {
    const nowMs = this.ports.clock.nowMs();
    for (const [id, call] of this.calls) {
      if (call.deadlineMs > nowMs) continue;
      this.calls.delete(id);
      call.respond({ ok: false, error: ErrorCode.REQUEST_TIMED_OUT });
    }
  }

  private sendWaiting(): void {
    const waiting = [...this.calls].filter(([, call]) => call.sentOn === 0);
    if (waiting.length === 0) return;
    if (this.local?.active === true) {
      for (const [id, call] of waiting) {
        this.calls.delete(id);
        this.local.request(call.request, call.respond);
      }
      return;
    }
    const link = this.connect();
    if (link?.isUp !== true) return;
    const nowMs = this.ports.clock.nowMs();
    for (const [id, call] of waiting) {
      const { request, deadlineMs } = call;
      const timeoutMs = Math.max(1, Math.round(deadlineMs - nowMs));
      const bytes = encodeControllerCall({
        correlationId: id, from: this.options.nodeId, method: request.type, body: request, timeoutMs,
      });
      if (link.send(bytes)) call.sentOn = this.connectionNumber;
    }
  }

  /** A link to whoever is believed to be the controller; on nodes outside the quorum, to each controller in turn. */
  private connect(): PeerLink | undefined {
    const id = this.believedController();
    if (id === this.options.nodeId) return undefined;
    if (this.link?.id === id) return this.link.peer;
    const to = this.endpointOf(id);
    if (to === undefined) return undefined;
    this.dropLink();
    this.link = { id, peer: this.open(id, to) };
    return this.link.peer;
  }

  /** Who leads, as Raft or the last refusal says; while nobody knows, whoever is being asked, and after it the next. */
  private believedController(): NodeId {
    const { leaderId } = this.raft.status();
    if (leaderId !== -1) return leaderId;
    if (this.hint !== -1) return this.hint;
    if (this.link !== undefined) return this.link.id;
    const { controllers } = this.options;
    return controllers[this.nextCandidate++ % controllers.length]?.id ?? -1;
  }

  private endpointOf(id: NodeId): Endpoint | undefined {
    const member = this.raft.status().membership.addresses.find((address) => address.id === id);
    if (member !== undefined) return parseEndpoint(member.address);
    return this.options.controllers.find((controller) => controller.id === id)?.endpoint;
  }

  private open(id: NodeId, to: Endpoint): PeerLink {
    const { nodeId, clusterId } = this.options;
    return new PeerLink({
      peers: this.ports.peers,
      scheduler: this.ports.scheduler,
      random: this.ports.random.fork(`controller-link-${id}`),
      logger: this.logger,
      lane: 'controller',
      to,
      hello: () => encodeHello({ nodeId, brokerEpoch: -1, clusterId }),
      maxBufferedBytes: MAX_LINK_BYTES,
      onMessage: (bytes) => this.onReply(decodeControllerReply(bytes)),
      onUp: () => {
        this.connectionNumber += 1;
        this.sendWaiting();
      },
      onDown: () => this.onDown(id),
    });
  }

  private onReply(reply: ControllerReply): void {
    const call = this.calls.get(reply.correlationId);
    if (call === undefined) return;
    if (reply.error === ErrorCode.NOT_CONTROLLER) {
      // It was certainly not carried out, so it may be sent to the next.
      call.sentOn = 0;
      this.hint = reply.leaderHint === this.link?.id ? -1 : reply.leaderHint;
      if (this.raft.status().leaderId === -1) this.dropLink();
      return;
    }
    this.calls.delete(reply.correlationId);
    if (reply.error !== ErrorCode.NONE) return call.respond({ ok: false, error: reply.error });
    call.respond({ ok: true, answer: reply.body as AnswerOf<ControllerRequest> });
  }

  private onDown(id: NodeId): void {
    this.logger.debug({ controllerId: id }, 'the connection to the controller was lost');
    this.hint = -1;
    this.dropLink();
  }

  private dropLink(): void {
    this.link?.peer.close();
    this.link = undefined;
    for (const [id, call] of this.calls) {
      if (call.sentOn === 0) continue;
      this.calls.delete(id);
      call.respond({ ok: false, error: ErrorCode.REQUEST_TIMED_OUT });
    }
  }

  private finishAll(error: ErrorCode): void {
    const all = [...this.calls.values()];
    this.calls.clear();
    for (const call of all) call.respond({ ok: false, error });
  }
}
