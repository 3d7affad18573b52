/** A whole node without its process: every machine and driver, wired to the ports it was given. */
import { AppError, type Connection } from '@hapax/base';
import type { RecoveryReport } from '@hapax/log';
import { readBrokerEpoch, writeBrokerEpoch } from './drivers/broker-epoch-file.ts';
import { ControllerClient } from './drivers/controller-client.ts';
import { ControllerDriver } from './drivers/controller-driver.ts';
import { FetchWaits } from './drivers/fetch-waits.ts';
import { GroupCoordinators } from './drivers/group-coordinators.ts';
import { IsrChanges } from './drivers/isr-changes.ts';
import { Lifecycle } from './drivers/lifecycle.ts';
import { MarkerDriver } from './drivers/marker-driver.ts';
import { MetadataDriver } from './drivers/metadata-driver.ts';
import { PartitionTable } from './drivers/partition-table.ts';
import { ProducerIds } from './drivers/producer-ids.ts';
import { formatEndpoint, RaftDriver } from './drivers/raft-driver.ts';
import { ReplicationFollower } from './drivers/replication-follower.ts';
import { ReplicationLeader } from './drivers/replication-leader.ts';
import { TransactionCoordinators } from './drivers/transaction-coordinators.ts';
import { TransactionLinks } from './drivers/transaction-links.ts';
import { TransactionServer } from './drivers/transaction-server.ts';
import { LocalTransactions } from './drivers/transaction-service.ts';
import { TransactionVerification } from './drivers/transaction-verification.ts';
import { EndOfTurn } from './end-of-turn.ts';
import { ClientConnection } from './kafka/client-connection.ts';
import { servedApis } from './kafka/dispatch.ts';
import { FetchSessions } from './kafka/fetch-sessions.ts';
import { RequestTimers } from './kafka/request-timers.ts';
import { BrokerMetrics } from './metrics.ts';
import type { BrokerOptions } from './options.ts';
import type { BrokerPorts } from './ports.ts';
import type { Services } from './services.ts';

const TICK_MS = 10;

/** One node: controller, broker, or both. Started once, stopped once. */
export class Broker {
  readonly services: Services;
  /** Present on nodes of role `controller`. */
  readonly controllerDriver: ControllerDriver | undefined;
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly leader: ReplicationLeader;
  private readonly follower: ReplicationFollower;
  private readonly isrChanges: IsrChanges;
  private readonly transactionServer: TransactionServer;
  private lifecycle: Lifecycle | undefined;
  private nextConnectionId = 1;
  private isStarted = false;
  private isStopped = false;

  constructor(options: BrokerOptions, ports: BrokerPorts) {
    this.options = options;
    this.ports = ports;
    const { clock, scheduler, random, logger } = ports;
    const metadata = new MetadataDriver({
      logger: logger.child({ component: 'metadata' }),
      wallMs: () => clock.wallMs(),
    });
    const raft = makeRaft(options, ports, metadata);
    const isController = options.roles.includes('controller');
    this.controllerDriver = isController ? new ControllerDriver(options, ports, raft, metadata) : undefined;
    const controller = new ControllerClient(options, ports, raft, this.controllerDriver);
    const partitions = new PartitionTable(options, ports, metadata);
    const brokerEpoch = (): number => this.lifecycle?.brokerEpoch ?? -1;
    this.leader = new ReplicationLeader(options, ports, partitions);
    this.follower = new ReplicationFollower(options, ports, metadata, partitions);
    this.isrChanges = new IsrChanges({ options, ports, controller, partitions, brokerEpoch });
    const fetchWaits: FetchWaits = new FetchWaits({ max: options.limits.parkedRequests, askWake: () => wake.ask() });
    const wake = new EndOfTurn(scheduler, () => fetchWaits.serveWoken());
    const getLifecycle = (): Lifecycle => this.requireLifecycle();
    const producerIds = new ProducerIds(options, controller, brokerEpoch);
    const transactions = new TransactionCoordinators(options, ports, { metadata, partitions, producerIds });
    const localTransactions = new LocalTransactions(ports, { metadata, partitions, coordinators: transactions });
    this.transactionServer = new TransactionServer(options, ports, localTransactions);
    const links = new TransactionLinks(options, ports, metadata, localTransactions);
    const markers = new MarkerDriver(ports, { metadata, controller, links, coordinators: transactions });
    this.services = {
      options,
      ports,
      metadata,
      raft,
      controller,
      get lifecycle() {
        return getLifecycle();
      },
      partitions,
      groups: new GroupCoordinators(options, ports, metadata, partitions),
      transactions,
      verification: new TransactionVerification({ ports, metadata, links, max: options.limits.parkedRequests }),
      markers,
      transactionLinks: links,
      fetchWaits,
      fetchSessions: new FetchSessions({ max: options.limits.fetchSessions, random: random.fork('fetch-sessions') }),
      producerIds,
      timers: new RequestTimers({ max: options.limits.parkedRequests }),
      metrics: new BrokerMetrics(),
      servedApis: servedApis(),
    };
    partitions.connect({
      onReady: (partition, ready) => {
        for (const { to, message } of ready.sends) this.leader.send(partition, to, message);
        if (ready.attach !== undefined) this.follower.attach(partition, ready.attach);
        if (ready.ack !== undefined) this.follower.ack(ready.ack.to, ready.ack);
        if (ready.pushable.length > 0) this.leader.onPushable(partition, ready.pushable);
        if (ready.alterPartition !== undefined) this.isrChanges.request(partition, ready.alterPartition);
      },
      onTurnServed: () => {
        this.leader.pushAll();
        this.follower.flushAcks();
        this.isrChanges.flush();
      },
    });
    metadata.addListener(partitions);
    // After the partitions: markers go by who leads now, here too.
    metadata.addListener(markers);
  }

  /** Recovers, joins the cluster and begins to serve; `done` is called when clients may connect, or with why not. */
  start(done: (error?: AppError) => void): void {
    const { partitions, raft, groups, transactions, markers } = this.services;
    if (!this.isBroker) return raft.start((error) => this.onRaftStarted(error, done));
    partitions.open((error, report) => {
      if (error !== undefined || report === undefined) return done(error);
      try {
        this.lifecycle = this.makeLifecycle(this.previousBrokerEpoch(report));
      } catch (readError) {
        if (!(readError instanceof AppError)) throw readError;
        return done(readError);
      }
      groups.start();
      transactions.start(markers);
      this.transactionServer.start();
      this.leader.start();
      raft.start((raftError) => this.onRaftStarted(raftError, done));
    });
  }

  /** Hands over what it leads, then closes its logs; `done` is called when nothing of it runs any more. */
  stop(done: () => void): void {
    if (this.lifecycle === undefined) return this.halt(done);
    this.lifecycle.shutDown(() => {
      this.services.raft.transferLeadership();
      this.ports.scheduler.after(HANDOVER_MS, () => this.halt(done));
    });
  }

  /** Whether this node takes part as it should: its broker is unfenced, or its Raft knows a leader. */
  get isReady(): boolean {
    if (!this.isStarted || this.isStopped) return false;
    if (this.lifecycle === undefined) return this.services.raft.status().leaderId !== -1;
    return this.lifecycle.isUnfenced;
  }

  private get isBroker(): boolean {
    return this.options.roles.includes('broker');
  }

  private requireLifecycle(): Lifecycle {
    if (this.lifecycle === undefined) throw new Error('a node without the role broker has no broker lifecycle');
    return this.lifecycle;
  }

  private onRaftStarted(error: AppError | undefined, done: (error?: AppError) => void): void {
    if (error !== undefined) return done(error);
    this.isStarted = true;
    this.controllerDriver?.start();
    this.tick();
    if (this.isBroker) {
      this.lifecycle?.start();
      this.ports.clients.listen((connection) => this.accept(connection));
    }
    done();
  }

  private makeLifecycle(previousBrokerEpoch: number): Lifecycle {
    const { metadata, controller, partitions } = this.services;
    return new Lifecycle({
      options: this.options,
      ports: this.ports,
      controller,
      metadata,
      previousBrokerEpoch,
      onRegistered: (brokerEpoch, done) => {
        // Not where acks do not wait for the disk: the next start may have it otherwise, and would claim them.
        const kept = this.options.log.flush === 'fsync' ? brokerEpoch : -1;
        const written = (error: AppError | undefined): void => {
          if (error !== undefined) return this.ports.failStop(error.message);
          this.follower.onRegistered(brokerEpoch);
          partitions.onRegistered(brokerEpoch);
          done();
        };
        writeBrokerEpoch(this.ports.disk, kept, (error) => {
          if (error !== undefined) return written(error);
          partitions.logs.forgetLoss(written);
        });
      },
      onUnfenced: () => partitions.removeStrays(),
    });
  }

  /**
   * The epoch under which all that this node ever acknowledged is certainly still on its disk: after a clean stop, and
   * after a crash too where every ack waited for the disk; unless a start has found something lost. Else −1 [KIP-966].
   * Throws an `AppError` where the disk fails to read it.
   */
  private previousBrokerEpoch(report: RecoveryReport): number {
    if (report.hasUntoldLoss) return -1;
    if (report.isClean) return report.brokerEpoch ?? -1;
    if (this.options.log.flush !== 'fsync') return -1;
    return readBrokerEpoch(this.ports.disk);
  }

  private accept(connection: Connection): ClientConnection {
    const { metrics } = this.services;
    metrics.connections += 1;
    return new ClientConnection(this.services, connection, this.nextConnectionId++, () => {
      metrics.connections -= 1;
    });
  }

  private tick(): void {
    if (this.isStopped) return;
    const nowMs = this.ports.clock.nowMs();
    this.services.fetchWaits.tick(nowMs);
    this.services.timers.tick(nowMs);
    this.ports.scheduler.after(TICK_MS, () => this.tick());
  }

  private halt(done: () => void): void {
    const { controller, groups, transactions, markers, transactionLinks, partitions, raft } = this.services;
    this.isStopped = true;
    groups.stop();
    transactions.stop();
    markers.stop();
    transactionLinks.stop();
    this.transactionServer.stop();
    this.controllerDriver?.stop();
    controller.stop();
    this.leader.stop();
    this.follower.stop();
    raft.stop();
    if (this.lifecycle === undefined) return done();
    partitions.close(this.lifecycle.brokerEpoch, done);
  }
}

/** Long enough for a transfer of Raft's leadership on a healthy network. */
const HANDOVER_MS = 100;

function makeRaft(options: BrokerOptions, ports: BrokerPorts, metadata: MetadataDriver): RaftDriver {
  const voters = options.controllers.map(({ id, endpoint }) => ({ id, address: formatEndpoint(endpoint) }));
  const isVoter = voters.some(({ id }) => id === options.nodeId);
  return new RaftDriver(
    {
      nodeId: options.nodeId,
      clusterId: options.clusterId,
      ...options.raft,
      firstVoters: isVoter ? voters : [],
      controllerAddresses: voters,
      ports,
    },
    metadata,
  );
}
