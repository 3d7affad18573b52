/** The inspection service of admin.proto: what this node is and what it sees. */
import type { handleUnaryCall, MethodDefinition, sendUnaryData, Server, ServerUnaryCall } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import {
  decodeTimelineRequest, encodeCoordinatorsStatus, encodeNodeStatus, encodeTransactionTimeline, INSPECTION_SERVICE,
  type CoordinatorsStatus, type NodeStatus, type TransactionTimeline,
} from '@hapax/rpc';
import { passThrough } from './grpc-lanes.ts';

/** What the service tells; asked at each call. */
export interface Inspected {
  status(): NodeStatus;
  coordinators(): CoordinatorsStatus;
  timeline(transactionalId: string): TransactionTimeline;
}

/** Serves the service. */
export function addInspection(server: Server, inspected: Inspected): void {
  const handlers: Record<string, (request: Uint8Array) => Uint8Array> = {
    Status: () => encodeNodeStatus(inspected.status()),
    Coordinators: () => encodeCoordinatorsStatus(inspected.coordinators()),
    Timeline: (request) => encodeTransactionTimeline(inspected.timeline(decodeTimelineRequest(request))),
  };
  const names = Object.keys(handlers);
  server.addService(
    Object.fromEntries(names.map((name) => [name, methodOf(name)])),
    Object.fromEntries(Object.entries(handlers).map(([name, handle]) => [name, unary(handle)])),
  );
}

function methodOf(name: string): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/${INSPECTION_SERVICE}/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: passThrough,
    requestDeserialize: passThrough,
    responseSerialize: passThrough,
    responseDeserialize: passThrough,
  };
}

function unary(handle: (request: Uint8Array) => Uint8Array): handleUnaryCall<Buffer, Buffer> {
  return ({ request }: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
    let bytes: Uint8Array;
    try {
      bytes = handle(request);
    } catch (cause) {
      return done({ code: status.INVALID_ARGUMENT, details: cause instanceof Error ? cause.message : String(cause) });
    }
    done(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  };
}
