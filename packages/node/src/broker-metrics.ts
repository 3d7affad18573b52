/** The broker's own counters as metrics. */
import { LATENCY_BUCKETS_MS, type BrokerMetrics } from '@hapax/broker';
import type { Metric } from './metrics.ts';

const BOUNDS_SECONDS = LATENCY_BUCKETS_MS.map((bound) => bound / 1000);

/** What a broker counts, now. */
export function brokerMetrics(metrics: BrokerMetrics): readonly Metric[] {
  const samples = [...metrics.requests].map(([api, { counts, sumMs }]) => {
    return { labels: { api }, counts, sum: sumMs / 1000 };
  });
  return [
    counter('bytes_in_total', 'Bytes of record batches that producers sent.', metrics.bytesIn),
    counter('bytes_out_total', 'Bytes of record batches that consumers were sent.', metrics.bytesOut),
    counter('records_in_total', 'Records that producers sent.', metrics.recordsIn),
    { ...counter('connections', 'Clients that are connected.', metrics.connections), type: 'gauge' },
    counter('connections_refused_total', 'Clients that were turned away.', metrics.connectionsRefused),
    {
      type: 'histogram',
      name: 'request_seconds',
      help: 'How long requests took, from the last byte read to the first one written.',
      bounds: BOUNDS_SECONDS,
      samples,
    },
  ];
}

function counter(name: string, help: string, value: number): Metric & { readonly type: 'counter' | 'gauge' } {
  return { type: 'counter', name, help, samples: [{ labels: {}, value }] };
}
