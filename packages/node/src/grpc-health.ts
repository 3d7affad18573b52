/** The gRPC health service: whether the node serves. Two messages of one field, so that no library has to be loaded. */
import {
  status, type sendUnaryData, type Server, type ServerUnaryCall, type ServerWritableStream,
} from '@grpc/grpc-js';
import { passThrough } from './grpc-lanes.ts';

/** Field 1 of HealthCheckResponse (health.proto): 1 SERVING, 2 NOT_SERVING. */
const SERVING = Buffer.of(0x08, 1);
const NOT_SERVING = Buffer.of(0x08, 2);

/** Health of the node as a whole: the service named "". Begins as not serving. */
export class GrpcHealth {
  private readonly watchers = new Set<ServerWritableStream<Buffer, Buffer>>();
  private answer = NOT_SERVING;

  constructor(server: Server) {
    const codecs = {
      requestStream: false,
      requestSerialize: passThrough,
      requestDeserialize: passThrough,
      responseSerialize: passThrough,
      responseDeserialize: passThrough,
    };
    server.addService(
      {
        Check: { path: '/grpc.health.v1.Health/Check', responseStream: false, ...codecs },
        Watch: { path: '/grpc.health.v1.Health/Watch', responseStream: true, ...codecs },
      },
      {
        Check: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => this.check(call, done),
        Watch: (call: ServerWritableStream<Buffer, Buffer>) => this.watch(call),
      },
    );
  }

  /** Says whether the node serves; watchers hear changes. */
  setServing(serving: boolean): void {
    const answer = serving ? SERVING : NOT_SERVING;
    if (answer === this.answer) return;
    this.answer = answer;
    for (const watcher of this.watchers) watcher.write(answer);
  }

  /** Ends what watches: a server waits for its calls when it stops. */
  close(): void {
    for (const watcher of this.watchers) watcher.end();
  }

  private check(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>): void {
    if (isForTheNode(call.request)) done(null, this.answer);
    else done({ code: status.NOT_FOUND, details: 'only the node as a whole has a health: ask for service ""' });
  }

  private watch(call: ServerWritableStream<Buffer, Buffer>): void {
    this.watchers.add(call);
    call.on('cancelled', () => this.watchers.delete(call));
    call.on('close', () => this.watchers.delete(call));
    call.write(this.answer);
  }
}

/** An empty message, or an empty string in field 1. */
function isForTheNode(request: Buffer): boolean {
  return request.byteLength === 0 || (request.byteLength === 2 && request[0] === 0x0a && request[1] === 0);
}
