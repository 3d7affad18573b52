/** Asks a node about itself over gRPC: for the command line, drills and tests. */
import { AppError, type Endpoint } from '@hapax/base';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { decodeNodeStatus, INSPECTION_SERVICE, type NodeStatus } from '../inspection.ts';

/** A connection to the inspection service of one node. Close it when done. */
export class InspectionClient {
  private readonly client: Client;
  private readonly target: string;

  constructor(node: Endpoint) {
    this.target = node.host.includes(':') ? `[${node.host}]:${node.port}` : `${node.host}:${node.port}`;
    this.client = new Client(this.target, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  }

  /** The node's status. Fails with `timed-out`, or with `connection-lost` where nobody answers; both may be retried. */
  status(options: { readonly timeoutMs: number }): Promise<NodeStatus> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        `/${INSPECTION_SERVICE}/Status`,
        () => Buffer.alloc(0),
        decodeNodeStatus,
        undefined,
        { deadline: Date.now() + options.timeoutMs },
        (error, answer) => {
          if (error !== null) reject(this.failure(error));
          else if (answer === undefined) reject(this.failure(new Error('no status came')));
          else resolve(answer);
        },
      );
    });
  }

  close(): void {
    this.client.close();
  }

  private failure(cause: ServiceError | Error): AppError {
    const timedOut = 'code' in cause && cause.code === status.DEADLINE_EXCEEDED;
    const code = timedOut ? 'timed-out' : 'connection-lost';
    const message = `no status of ${this.target}: ${cause.message}`;
    return new AppError(code, message, { retriable: true, definite: true, cause });
  }
}
