/**
 * `/livez`, `/readyz` and `/metrics`. Three pages without parameters need no framework: what is not loaded costs
 * neither
 * memory nor time at start.
 */
import type { Logger } from '@hapax/base';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { cannotListen } from './client-listener.ts';
import { METRICS_CONTENT_TYPE, type Metrics } from './metrics.ts';

export interface HttpServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  /** Whether the node takes part in its cluster, and in a word why not. */
  readiness(): { readonly ready: boolean; readonly reason: string };
  readonly logger: Logger;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The HTTP front door of a node. It answers from the moment it is open: live, and ready or not. */
export class HttpServer {
  private readonly options: HttpServerOptions;
  private readonly server: Server;

  constructor(options: HttpServerOptions) {
    this.options = options;
    this.server = createServer({ requestTimeout: 10_000, keepAliveTimeout: 5000 }, (request, response) => {
      void this.serve(request, response);
    });
  }

  /** Begins to accept; gives the port. Throws `config-invalid` where the address is taken or is not this host's. */
  open(): Promise<number> {
    const { host, port } = this.options;
    return new Promise((resolve, reject) => {
      this.server.once('error', (cause) => reject(cannotListen({ host, port }, cause)));
      this.server.listen({ host, port }, () => {
        const address = this.server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : port);
      });
    });
  }

  /** Stops accepting and cuts what is open. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.page(request);
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(request.method === 'HEAD' ? undefined : body);
  }

  private async page(request: IncomingMessage): Promise<Page> {
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD are answered\n');
    switch (request.url?.split('?')[0]) {
      case '/livez':
        return plain(200, 'live\n');
      case '/readyz': {
        const { ready, reason } = this.options.readiness();
        return plain(ready ? 200 : 503, ready ? 'ready\n' : `not ready: ${reason}\n`);
      }
      case '/metrics':
        return this.metricsPage();
      default:
        return plain(404, 'there are /livez, /readyz and /metrics\n');
    }
  }

  private async metricsPage(): Promise<Page> {
    try {
      return { status: 200, type: METRICS_CONTENT_TYPE, body: await this.options.metrics.text() };
    } catch (cause) {
      this.options.logger.error({ cause }, 'the metrics could not be collected');
      return plain(500, 'the metrics could not be collected\n');
    }
  }
}

function plain(status: number, body: string): Page {
  return { status, type: 'text/plain; charset=utf-8', body };
}
