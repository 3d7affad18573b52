/**
 * What `/metrics` shows: the process by prom-client, and plain numbers of whoever registers, in Prometheus' text
 * format.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';

export type Labels = Readonly<Record<string, string>>;

/** One metric as plain data. Names are without the prefix `hapax_`. */
export type Metric =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      /** Upper bounds, ascending, in the unit that the name ends in. */
      readonly bounds: readonly number[];
      readonly samples: readonly HistogramSample[];
    };

export interface HistogramSample {
  readonly labels: Labels;
  /** `counts[i]` fell between bound i − 1 and bound i; one more for the rest. Not cumulative. */
  readonly counts: readonly number[];
  /** Of all that was observed. */
  readonly sum: number;
}

/** Gives the current numbers; asked at each scrape. */
export type MetricSource = () => readonly Metric[];

/** All metrics of a node. */
export class Metrics {
  private readonly sources: MetricSource[] = [];
  private readonly registry = new Registry();

  /** `process`: whether memory, garbage collection and the delay of the event loop are shown too. */
  constructor(options: { readonly process: boolean }) {
    if (options.process) collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 10 });
  }

  /** Adds a source for the life of the node. */
  register(source: MetricSource): void {
    this.sources.push(source);
  }

  /** The page that Prometheus reads. */
  async text(): Promise<string> {
    const own = this.sources.flatMap((source) => source()).map(formatMetric);
    return own.join('') + (await this.registry.metrics());
  }
}

/** The content type of {@link Metrics.text}. */
export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** One metric in the text format [Prometheus exposition format 0.0.4]. */
export function formatMetric(metric: Metric): string {
  const name = `hapax_${metric.name}`;
  const lines = [`# HELP ${name} ${metric.help.replaceAll('\n', ' ')}`, `# TYPE ${name} ${metric.type}`];
  if (metric.type !== 'histogram') {
    for (const { labels, value } of metric.samples) lines.push(`${name}${formatLabels(labels)} ${value}`);
    return `${lines.join('\n')}\n`;
  }
  for (const { labels, counts, sum } of metric.samples) {
    let total = 0;
    for (const [index, count] of counts.entries()) {
      total += count;
      const le = String(metric.bounds[index] ?? '+Inf');
      lines.push(`${name}_bucket${formatLabels({ ...labels, le })} ${total}`);
    }
    lines.push(`${name}_sum${formatLabels(labels)} ${sum}`, `${name}_count${formatLabels(labels)} ${total}`);
  }
  return `${lines.join('\n')}\n`;
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
