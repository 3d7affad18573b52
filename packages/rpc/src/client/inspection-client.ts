/** Asks a node about itself over gRPC: for the command line, drills and tests. */
import { AppError, type Endpoint } from '@hapax/base';
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { decodeNodeStatus, INSPECTION_SERVICE, type NodeStatus } from '../inspection.ts';
import {
  decodeCoordinatorsStatus, decodeTransactionTimeline, encodeTimelineRequest, type CoordinatorsStatus,
  type TransactionTimeline,
} from '../transaction-inspection.ts';

export interface CallOptions {
  readonly timeoutMs: number;
}

interface Call<Answer> {
  readonly method: string;
  readonly request: Uint8Array;
  decode(bytes: Uint8Array): Answer;
}

const NO_BYTES = new Uint8Array(0);

/** A connection to the inspection service of one node. Close it when done. */
export class InspectionClient {
  private readonly client: Client;
  private readonly target: string;

  constructor(node: Endpoint) {
    this.target = node.host.includes(':') ? `[${node.host}]:${node.port}` : `${node.host}:${node.port}`;
    this.client = new Client(this.target, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
  }

  /** The node's status. Fails with `timed-out`, or with `connection-lost` where nobody answers; both may be retried. */
  status(options: CallOptions): Promise<NodeStatus> {
    return this.call({ method: 'Status', request: NO_BYTES, decode: decodeNodeStatus }, options);
  }

  /** The transaction coordinators of the node, and whom they fenced. Fails as {@link status} does. */
  coordinators(options: CallOptions): Promise<CoordinatorsStatus> {
    return this.call({ method: 'Coordinators', request: NO_BYTES, decode: decodeCoordinatorsStatus }, options);
  }

  /** What happened to a transactional id, as the node's coordinator remembers it. Fails as {@link status} does. */
  timeline(transactionalId: string, options: CallOptions): Promise<TransactionTimeline> {
    const request = encodeTimelineRequest(transactionalId);
    return this.call({ method: 'Timeline', request, decode: decodeTransactionTimeline }, options);
  }

  close(): void {
    this.client.close();
  }

  private call<Answer>({ method, request, decode }: Call<Answer>, { timeoutMs }: CallOptions): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest(
        `/${INSPECTION_SERVICE}/${method}`,
        () => Buffer.from(request.buffer, request.byteOffset, request.byteLength),
        decode,
        undefined,
        { deadline: Date.now() + timeoutMs },
        (error, answer) => {
          if (error !== null) reject(this.failure(error));
          else if (answer === undefined) reject(this.failure(new Error('no answer came')));
          else resolve(answer);
        },
      );
    });
  }

  private failure(cause: ServiceError | Error): AppError {
    const timedOut = 'code' in cause && cause.code === status.DEADLINE_EXCEEDED;
    const code = timedOut ? 'timed-out' : 'connection-lost';
    const message = `no answer of ${this.target}: ${cause.message}`;
    return new AppError(code, message, { retriable: true, definite: true, cause });
  }
}
