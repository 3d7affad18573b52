/** Carries ISR changes from the partitions that this node leads to the controller, many in one call [KIP-497]. */
import { type BrokerEpoch, ErrorCode, neverReached, reachable } from '@hapax/base';
import type { AlterPartition } from '@hapax/replica';
import type { BrokerOptions } from '../options.ts';
import type { BrokerPorts } from '../ports.ts';
import type { ControllerClient } from './controller-client.ts';
import type { Partition } from './partition.ts';
import type { PartitionTable } from './partition-table.ts';

interface Change {
  readonly partition: Partition;
  readonly request: AlterPartition;
}

const TIMEOUT_MS = 2000;
const RETRY_MS = 50;
const MAX_IN_CALL = 1000;

/** At most one call is out at a time; what comes up meanwhile goes into the next. */
export class IsrChanges {
  private readonly options: BrokerOptions;
  private readonly ports: BrokerPorts;
  private readonly controller: ControllerClient;
  private readonly partitions: PartitionTable;
  private readonly brokerEpoch: () => BrokerEpoch;
  private waiting = new Map<Partition, AlterPartition>();
  private isCallOut = false;

  constructor(context: {
    readonly options: BrokerOptions;
    readonly ports: BrokerPorts;
    readonly controller: ControllerClient;
    readonly partitions: PartitionTable;
    brokerEpoch(): BrokerEpoch;
  }) {
    this.options = context.options;
    this.ports = context.ports;
    this.controller = context.controller;
    this.partitions = context.partitions;
    this.brokerEpoch = context.brokerEpoch;
  }

  /** A leader's machine asks for a change. It hears an answer in any case. */
  request(partition: Partition, request: AlterPartition): void {
    this.waiting.set(partition, request);
  }

  /** Sends what was asked for in this turn. */
  flush(): void {
    if (this.isCallOut || this.waiting.size === 0) return;
    const changes: Change[] = [];
    for (const [partition, request] of this.waiting) {
      if (changes.length === MAX_IN_CALL) break;
      this.waiting.delete(partition);
      changes.push({ partition, request });
    }
    this.isCallOut = true;
    const request = {
      type: 'alter-partition',
      brokerId: this.options.nodeId,
      brokerEpoch: this.brokerEpoch(),
      partitions: changes.map(({ partition, request: change }) => ({
        topicId: partition.topicId,
        partition: partition.index,
        ...change,
      })),
    } as const;
    this.controller.call(request, TIMEOUT_MS, (outcome) => {
      this.isCallOut = false;
      const topLevel = outcome.ok ? outcome.answer.error : outcome.error;
      if (topLevel !== ErrorCode.NONE) {
        reachable('broker: a call that changes ISRs is lost or refused');
        // Nothing is known to have happened. The pause keeps a leader without a controller from asking in a circle.
        this.ports.scheduler.after(RETRY_MS, () => {
          for (const change of changes) this.answer(change, { error: topLevel });
        });
      } else if (outcome.ok) {
        const isWhole = outcome.answer.partitions.length === changes.length;
        if (!isWhole) neverReached('broker: an answer has another number of partitions than its question');
        changes.forEach((change, at) => {
          this.answer(change, outcome.answer.partitions[at] ?? { error: ErrorCode.UNKNOWN_SERVER_ERROR });
        });
      }
      this.flush();
    });
  }

  /** The new state itself is learnt from the metadata, which every change reaches this node by. */
  private answer(change: Change, { error }: { readonly error: ErrorCode }): void {
    const { leaderEpoch, partitionEpoch } = change.request;
    change.partition.replica.onAlterPartitionAnswer({ leaderEpoch, partitionEpoch, error }, this.ports.clock.nowMs());
    this.partitions.markDirty(change.partition);
  }
}
