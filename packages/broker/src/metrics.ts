/** Counters and gauges of a broker, as plain numbers: a node turns them into whatever its monitoring reads. */

/** Upper bounds of the latency buckets, in milliseconds. */
export const LATENCY_BUCKETS_MS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 30_000] as const;

/** How long requests of one API took. */
export interface LatencyHistogram {
  /** Requests that took at most the bound of the same place in {@link LATENCY_BUCKETS_MS}; one more for the rest. */
  readonly counts: number[];
  sumMs: number;
}

/** What a broker counts. */
export class BrokerMetrics {
  readonly requests = new Map<string, LatencyHistogram>();
  bytesIn = 0;
  bytesOut = 0;
  recordsIn = 0;
  connections = 0;
  connectionsRefused = 0;

  /** A request was answered. */
  onRequest(api: string, tookMs: number): void {
    let histogram = this.requests.get(api);
    if (histogram === undefined) {
      histogram = { counts: new Array<number>(LATENCY_BUCKETS_MS.length + 1).fill(0), sumMs: 0 };
      this.requests.set(api, histogram);
    }
    let at = 0;
    while (at < LATENCY_BUCKETS_MS.length && tookMs > (LATENCY_BUCKETS_MS[at] as number)) at += 1;
    histogram.counts[at] = (histogram.counts[at] ?? 0) + 1;
    histogram.sumMs += tookMs;
  }
}
