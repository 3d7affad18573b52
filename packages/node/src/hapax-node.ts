/** One node in this process: real ports, a broker over them, started and stopped as one. */
import type { AppError, Logger } from '@hapax/base';
import { Broker } from '@hapax/broker';
import { brokerMetrics } from './broker-metrics.ts';
import { brokerOptions } from './broker-options.ts';
import type { NodeConfig } from './config.ts';
import { nodeStatus } from './node-status.ts';
import { startPorts, type NodePorts } from './start-ports.ts';
import { coordinatorsStatus, transactionTimeline } from './transaction-status.ts';
import { transactionMetrics } from './transaction-metrics.ts';

export interface HapaxNodeOptions {
  readonly config: NodeConfig;
  /** The node must not serve another byte: its disk failed, or an invariant broke. The process should end. */
  onFailStop(reason: string): void;
  /** Where log lines go; standard output where absent. */
  readonly logger?: Logger;
}

/** A running node. */
export interface HapaxNode {
  readonly broker: Broker;
  readonly listening: NodePorts['listening'];
  readonly logger: Logger;
  /** Hands over what it leads, closes its logs, then its ports. */
  stop(): Promise<void>;
}

/** Starts a node; resolves when it serves, which may be before it has joined its cluster (see `/readyz`). */
export async function startNode({ config, onFailStop, logger }: HapaxNodeOptions): Promise<HapaxNode> {
  let broker: Broker | undefined;
  let ports: NodePorts | undefined;
  ports = await startPorts(config, {
    readiness: () => readiness(broker),
    status: () => {
      if (ports === undefined) throw new Error('the node is starting');
      return nodeStatus(started(broker), brokerOptions(config, ports.place));
    },
    coordinators: () => coordinatorsStatus(started(broker).services.transactions),
    timeline: (transactionalId) => transactionTimeline(started(broker).services.transactions, transactionalId),
    failStop: onFailStop,
    ...(logger === undefined ? {} : { logger }),
  });
  const options = brokerOptions(config, ports.place);
  const running = new Broker(options, ports.ports);
  broker = running;
  ports.metrics.register(() => brokerMetrics(running.services.metrics));
  ports.metrics.register(() => transactionMetrics(running.services, Date.now()));
  try {
    await begin(running);
  } catch (error) {
    await ports.close();
    throw error;
  }
  ports.health.setServing(true);
  const opened = ports;
  return {
    broker: running,
    listening: opened.listening,
    logger: opened.ports.logger,
    stop: async () => {
      opened.health.setServing(false);
      await new Promise<void>((resolve) => running.stop(resolve));
      await opened.close();
    },
  };
}

function started(broker: Broker | undefined): Broker {
  if (broker === undefined) throw new Error('the node is starting');
  return broker;
}

function readiness(broker: Broker | undefined): { ready: boolean; reason: string } {
  if (broker === undefined) return { ready: false, reason: 'starting' };
  if (broker.services.partitions.isDiskFull) return { ready: true, reason: 'the disk is full: writes are refused' };
  return broker.isReady
    ? { ready: true, reason: 'ok' }
    : { ready: false, reason: 'not yet unfenced by the controller' };
}

function begin(broker: Broker): Promise<void> {
  return new Promise((resolve, reject) => {
    broker.start((error?: AppError) => (error === undefined ? resolve() : reject(error)));
  });
}
