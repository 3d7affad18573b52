/** The transaction coordinators of a node as metrics. */
import type { Broker } from '@hapax/broker';
import type { Fence } from '@hapax/txn';
import type { Metric } from './metrics.ts';

type Services = Pick<Broker['services'], 'markers' | 'transactions' | 'verification'>;

const CAUSES: readonly Fence['cause'][] = ['new-producer', 'timeout', 'refused'];

/** What the coordinators have at hand, now. `wallMs` is milliseconds since 1970. */
export function transactionMetrics(services: Services, wallMs: number): readonly Metric[] {
  const { transactions, markers, verification } = services;
  let ids = 0;
  let open = 0;
  let oldestMs = 0;
  const fences = new Map<string, number>(CAUSES.map((cause) => [cause, 0]));
  for (const { coordinator } of transactions.led()) {
    ids += coordinator.state.size;
    for (const { transaction } of coordinator.state.all()) {
      if (transaction.state !== 'Ongoing') continue;
      open += 1;
      oldestMs = Math.max(oldestMs, wallMs - transaction.startMs);
    }
    for (const { cause } of coordinator.fences()) fences.set(cause, (fences.get(cause) ?? 0) + 1);
  }
  return [
    gauge('transactional_ids', 'Transactional ids that this node coordinates.', ids),
    gauge('transactions_open', 'Transactions that are begun and not ended.', open),
    gauge('transaction_oldest_seconds', 'How long the oldest of them is open.', oldestMs / 1000),
    gauge('transactions_with_markers_due', 'Ended transactions whose markers are not all written.', markers.taskCount),
    gauge('transaction_verifications_pending', 'Requests that wait for a coordinator to be asked.', verification.size),
    {
      type: 'gauge',
      name: 'transaction_fences_recent',
      help: 'Producers that were shut out, among the last that each coordinator remembers.',
      samples: [...fences].map(([cause, value]) => ({ labels: { cause }, value })),
    },
    {
      type: 'counter',
      name: 'transaction_coordinator_loads_total',
      help: 'How often a partition of the transaction log was loaded.',
      samples: [{ labels: {}, value: transactions.loads }],
    },
    gauge('transaction_coordinator_load_seconds', 'How long the last load took.', transactions.lastLoadMs / 1000),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { type: 'gauge', name, help, samples: [{ labels: {}, value }] };
}
