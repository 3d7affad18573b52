/** What a node says about its transaction coordinators to the inspection service. */
import { ErrorCode } from '@hapax/base';
import type { Broker } from '@hapax/broker';
import type { CoordinatorsStatus, TransactionTimeline } from '@hapax/rpc';
import { isPrepared } from '@hapax/txn';

type Coordinators = Broker['services']['transactions'];

/** Every coordinator of the node, loading ones too, and the fencings of all of them, oldest first. */
export function coordinatorsStatus(coordinators: Coordinators): CoordinatorsStatus {
  const led = [...coordinators.led()];
  const fences = led.flatMap(({ coordinator }) => coordinator.fences()).toSorted((a, b) => a.wallMs - b.wallMs);
  return {
    coordinators: led.map(({ partition, coordinator }) => {
      const { phase, coordinatorEpoch, state } = coordinator;
      let openTransactions = 0;
      let markersQueued = 0;
      for (const { transaction } of state.all()) {
        if (transaction.state !== 'Ongoing' && !isPrepared(transaction.state)) continue;
        openTransactions += 1;
        const left = coordinator.remainingMarkers(transaction.transactionalId)?.partitions ?? [];
        for (const { partitions } of left) markersQueued += partitions.length;
      }
      return {
        partition: partition.index, coordinatorEpoch, phase, transactionalIds: state.size, openTransactions,
        markersQueued,
      };
    }),
    fences,
  };
}

/** What happened to one id; NOT_COORDINATOR where its coordinator is not on this node. */
export function transactionTimeline(coordinators: Coordinators, transactionalId: string): TransactionTimeline {
  const shard = coordinators.shardOf(transactionalId);
  if (shard === undefined) return { error: ErrorCode.NOT_COORDINATOR, entries: [] };
  return { error: ErrorCode.NONE, entries: shard.coordinator.timelineOf(transactionalId) };
}
