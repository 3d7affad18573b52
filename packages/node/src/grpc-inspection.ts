/** The inspection service of admin.proto: what this node is and what it sees. */
import type { sendUnaryData, Server, ServerUnaryCall } from '@grpc/grpc-js';
import { encodeNodeStatus, INSPECTION_SERVICE, type NodeStatus } from '@hapax/rpc';
import { passThrough } from './grpc-lanes.ts';

/** Serves the service; `current` is asked at each call. */
export function addInspection(server: Server, current: () => NodeStatus): void {
  server.addService(
    {
      Status: {
        path: `/${INSPECTION_SERVICE}/Status`,
        requestStream: false,
        responseStream: false,
        requestSerialize: passThrough,
        requestDeserialize: passThrough,
        responseSerialize: passThrough,
        responseDeserialize: passThrough,
      },
    },
    {
      Status: (_call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
        const bytes = encodeNodeStatus(current());
        done(null, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      },
    },
  );
}
