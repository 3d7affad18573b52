/** A broker's life in the cluster: register, catch up, be unfenced, send heartbeats, hand over, stop [KIP-631]. */
import { type BrokerEpoch, ErrorCode, type Logger, randomUuid, reachable, type Uuid } from '@hapax/base';
import { supportedFeatureRanges } from '@hapax/metadata';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { ControllerClient } from './controller-client.ts';
import type { MetadataDriver } from './metadata-driver.ts';

/**
 * registering: asks the controller for a broker epoch. → catching-up
 * catching-up: registered but fenced, until this node's image has its own registration. → active, registering
 * active: unfenced as far as it knows; leads and follows. → shutting-down, registering (its epoch was not known)
 * shutting-down: asks for its leaderships to be moved. → stopped
 * stopped: says nothing more.
 */
export type LifecyclePhase = 'registering' | 'catching-up' | 'active' | 'shutting-down' | 'stopped';

const NEXT: Record<LifecyclePhase, readonly LifecyclePhase[]> = {
  registering: ['catching-up', 'shutting-down', 'stopped'],
  'catching-up': ['active', 'registering', 'shutting-down', 'stopped'],
  active: ['registering', 'shutting-down', 'stopped'],
  'shutting-down': ['stopped'],
  stopped: [],
};

export interface LifecycleOptions {
  readonly options: BrokerOptions;
  readonly ports: BrokerPorts;
  readonly controller: ControllerClient;
  readonly metadata: MetadataDriver;
  /** The broker epoch in whose name the logs were closed cleanly, or −1 after a crash [KIP-966]. */
  readonly previousBrokerEpoch: BrokerEpoch;
  /** This node got a broker epoch: `done` is called when replication may begin under it. */
  onRegistered(brokerEpoch: BrokerEpoch, done: () => void): void;
  /** The controller let this broker in: its image holds at least its own registration. */
  onUnfenced(): void;
}

/** Registers the broker and keeps its session. */
export class Lifecycle {
  private readonly context: LifecycleOptions;
  private readonly logger: Logger;
  private readonly incarnationId: Uuid;
  private currentPhase: LifecyclePhase = 'registering';
  private epoch: BrokerEpoch = -1;
  private isHeartbeatOut = false;
  private onHandedOver: (() => void) | undefined;

  constructor(context: LifecycleOptions) {
    this.context = context;
    this.logger = context.ports.logger.child({ component: 'lifecycle' });
    this.incarnationId = randomUuid(context.ports.random.fork('incarnation'));
  }

  get phase(): LifecyclePhase {
    return this.currentPhase;
  }

  get brokerEpoch(): BrokerEpoch {
    return this.epoch;
  }

  /** Whether the controller counts this broker among the living, as far as this node's image knows. */
  get isUnfenced(): boolean {
    const { metadata, options } = this.context;
    const broker = metadata.image.broker(options.nodeId);
    return broker !== undefined && !broker.fenced && broker.brokerEpoch === this.epoch;
  }

  start(): void {
    this.register();
    this.beat();
  }

  /** Hands leaderships over, then calls back; at the latest when the time for it has passed. */
  shutDown(done: () => void): void {
    if (this.currentPhase === 'stopped') return done();
    const { options, ports } = this.context;
    const finish = (): void => {
      if (this.currentPhase === 'stopped') return;
      this.become('stopped');
      done();
    };
    if (this.currentPhase === 'registering' || this.currentPhase === 'catching-up') return finish();
    this.become('shutting-down');
    this.onHandedOver = finish;
    ports.scheduler.after(options.lifecycle.controlledShutdownTimeoutMs, finish);
    this.heartbeat();
  }

  private register(): void {
    const { options, controller, previousBrokerEpoch } = this.context;
    const request = {
      type: 'register-broker',
      brokerId: options.nodeId,
      incarnationId: this.incarnationId,
      clusterId: options.clusterId,
      endpoints: { kafka: options.kafkaEndpoint, peer: options.peerEndpoint },
      rack: options.rack,
      features: supportedFeatureRanges(),
      previousBrokerEpoch: this.epoch === -1 ? previousBrokerEpoch : this.epoch,
    } as const;
    controller.call(request, options.controller.sessionTimeoutMs, (outcome) => {
      if (this.currentPhase !== 'registering') return;
      if (outcome.ok && outcome.answer.error === ErrorCode.NONE) {
        return this.onRegistered(outcome.answer.brokerEpoch);
      }
      const reason = outcome.ok ? outcome.answer.message : outcome.error;
      if (outcome.ok && outcome.answer.error === ErrorCode.INCONSISTENT_CLUSTER_ID) {
        return this.context.ports.failStop(`the controller refused this node: ${reason}`);
      }
      this.logger.warn({ reason }, 'registration was refused or lost; it will be tried again');
      this.context.ports.scheduler.after(options.lifecycle.heartbeatIntervalMs / 2, () => this.register());
    });
  }

  private onRegistered(brokerEpoch: BrokerEpoch): void {
    this.context.onRegistered(brokerEpoch, () => {
      if (this.currentPhase !== 'registering') return;
      this.epoch = brokerEpoch;
      this.become('catching-up');
      this.logger.info({ brokerEpoch }, 'registered with the controller');
      this.heartbeat();
    });
  }

  private beat(): void {
    if (this.currentPhase === 'stopped') return;
    this.heartbeat();
    this.context.ports.scheduler.after(this.context.options.lifecycle.heartbeatIntervalMs, () => this.beat());
  }

  private heartbeat(): void {
    if (this.currentPhase === 'registering' || this.currentPhase === 'stopped' || this.isHeartbeatOut) return;
    const { controller, metadata, options } = this.context;
    this.isHeartbeatOut = true;
    const request = {
      type: 'broker-heartbeat',
      brokerId: options.nodeId,
      brokerEpoch: this.epoch,
      currentMetadataOffset: metadata.image.metadataOffset,
      wantFence: false,
      wantShutdown: this.currentPhase === 'shutting-down',
    } as const;
    controller.call(request, options.lifecycle.heartbeatIntervalMs * 2, (outcome) => {
      this.isHeartbeatOut = false;
      if (!outcome.ok || this.currentPhase === 'stopped') return;
      const { answer } = outcome;
      if (answer.error === ErrorCode.STALE_BROKER_EPOCH || answer.error === ErrorCode.BROKER_ID_NOT_REGISTERED) {
        return this.registerAgain();
      }
      if (answer.error !== ErrorCode.NONE) return;
      if (this.currentPhase === 'catching-up') this.onStillCatchingUp(answer.isFenced);
      else if (this.currentPhase === 'shutting-down' && answer.shouldShutdown) this.onHandedOver?.();
      else if (this.currentPhase === 'shutting-down') this.soon();
    });
  }

  /** While it waits to be let in or out, a broker asks more often than its session needs. */
  private soon(): void {
    this.context.ports.scheduler.after(FAST_HEARTBEAT_MS, () => this.heartbeat());
  }

  private onStillCatchingUp(isFenced: boolean): void {
    if (isFenced) return this.soon();
    this.become('active');
    this.context.onUnfenced();
    this.logger.info({ brokerEpoch: this.epoch }, 'unfenced: this broker may lead partitions');
  }

  private registerAgain(): void {
    reachable('broker: a broker epoch is not known any more');
    if (this.currentPhase === 'shutting-down') return this.onHandedOver?.();
    this.logger.warn({ brokerEpoch: this.epoch }, 'the controller does not know this broker epoch; registering again');
    this.become('registering');
    this.register();
  }

  private become(phase: LifecyclePhase): void {
    if (!NEXT[this.currentPhase].includes(phase)) {
      throw new Error(`invalid transition [${this.currentPhase} -> ${phase}]`);
    }
    this.currentPhase = phase;
  }
}

const FAST_HEARTBEAT_MS = 25;
