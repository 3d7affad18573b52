/** Probes and metrics over HTTP. */
import type { AppError } from '@hapax/base';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpServer } from '../src/http-server.ts';
import { formatMetric, Metrics } from '../src/metrics.ts';
import { keepingLogger } from './network-log.ts';

const { logger, lines } = keepingLogger();
const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

interface Started {
  readonly url: string;
  readonly state: { ready: boolean; reason: string };
}

async function start(metrics = new Metrics({ process: false })): Promise<Started> {
  const state = { ready: false, reason: 'recovering' };
  const server = new HttpServer({ host: '127.0.0.1', port: 0, metrics, readiness: () => state, logger });
  servers.push(server);
  return { url: `http://127.0.0.1:${await server.open()}`, state };
}

describe('the HTTP server', () => {
  test('is live at once, and ready when the node says so', async () => {
    const { url, state } = await start();
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(url + path);
      return [response.status, await response.text()];
    };
    expect(await get('/livez')).toEqual([200, 'live\n']);
    expect(await get('/readyz')).toEqual([503, 'not ready: recovering\n']);
    state.ready = true;
    expect(await get('/readyz?verbose')).toEqual([200, 'ready\n']);
    expect((await get('/else'))[0]).toBe(404);
  });

  test('answers HEAD without a body, and no other method', async () => {
    const { url } = await start();
    const head = await fetch(`${url}/livez`, { method: 'HEAD' });
    expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([200, '', '5']);
    expect((await fetch(`${url}/livez`, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('shows the metrics of all sources and of the process', async () => {
    const metrics = new Metrics({ process: true });
    let bytes = 1;
    metrics.register(() => {
      return [{ type: 'counter', name: 'bytes_total', help: 'Bytes.', samples: [{ labels: {}, value: bytes }] }];
    });
    const { url } = await start(metrics);
    bytes = 2;
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    expect(text).toContain('# HELP hapax_bytes_total Bytes.\n# TYPE hapax_bytes_total counter\nhapax_bytes_total 2\n');
    expect(text).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(text).toContain('process_resident_memory_bytes');
  });

  test('survives a source that fails, and says so', async () => {
    const metrics = new Metrics({ process: false });
    metrics.register(() => {
      throw new Error('broken');
    });
    const { url } = await start(metrics);
    expect((await fetch(`${url}/metrics`)).status).toBe(500);
    expect(lines).toContain('the metrics could not be collected');
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  test('says what to do where its port is taken', async () => {
    const { url } = await start();
    const port = Number(new URL(url).port);
    const metrics = new Metrics({ process: false });
    const readiness = (): { ready: boolean; reason: string } => ({ ready: true, reason: '' });
    const second = new HttpServer({ host: '127.0.0.1', port, metrics, readiness, logger });
    const error = (await second.open().catch((cause: unknown) => cause)) as AppError;
    expect(error.code).toBe('config-invalid');
  });
});

describe('the text format of metrics', () => {
  test('adds up the buckets of histograms', () => {
    const samples = [{ labels: { api: 'Fetch' }, counts: [1, 2, 4], sum: 9.5 }];
    expect(formatMetric({ type: 'histogram', name: 'h', help: 'H.', bounds: [0.1, 1], samples })).toBe(
      [
        '# HELP hapax_h H.',
        '# TYPE hapax_h histogram',
        'hapax_h_bucket{api="Fetch",le="0.1"} 1',
        'hapax_h_bucket{api="Fetch",le="1"} 3',
        'hapax_h_bucket{api="Fetch",le="+Inf"} 7',
        'hapax_h_sum{api="Fetch"} 9.5',
        'hapax_h_count{api="Fetch"} 7',
        '',
      ].join('\n'),
    );
  });

  test('escapes what a label may hold', () => {
    const metric = { type: 'gauge', name: 'g', help: 'a\nb', samples: [{ labels: { t: '"\\\n' }, value: 1 }] } as const;
    expect(formatMetric(metric)).toBe('# HELP hapax_g a b\n# TYPE hapax_g gauge\nhapax_g{t="\\"\\\\\\n"} 1\n');
  });
});
