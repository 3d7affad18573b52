/** The lanes between nodes as methods of the `Peer` service of peer.proto, with codecs that pass bytes through. */
import type { PeerLane } from '@hapax/base';
import type { ChannelOptions, MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { encodeFrames, type FrameChunks } from '@hapax/rpc';

/** The full name of the service in gRPC paths. */
const PEER_SERVICE = 'hapax.v1.Peer';
/** The metadata by which the dialler says to which cluster it belongs. */
export const CLUSTER_ID_HEADER = 'hapax-cluster-id';
/** Longer messages close the stream: a snapshot of the metadata log is the largest that is ever sent. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export const LANES: readonly PeerLane[] = ['raft', 'controller', 'replication', 'transactions', 'admin'];

/** The gRPC path of a lane. */
export function lanePath(lane: PeerLane): string {
  return `/${PEER_SERVICE}/${methodName(lane)}`;
}

/** What is sent in one gRPC message. It is put together only when grpc-js asks for the bytes. */
export interface OutgoingMessage {
  readonly frames: readonly FrameChunks[];
  /** Of all frames together, as {@link encodeFrames} wants it. */
  readonly sizeBytes: number;
}

/** Larger messages get memory of their own: what was needed once need not be kept. */
const SCRATCH_BYTES = 512 * 1024;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * The bytes of a message, valid until the next call. The server side of grpc-js copies them into its own frame in the
 * same call, so that large pushes cost no memory of ours.
 */
function encodeForServer(message: OutgoingMessage): Buffer {
  if (message.sizeBytes > SCRATCH_BYTES) return encodeForClient(message);
  const bytes = scratch.subarray(0, message.sizeBytes);
  encodeFrames(message.frames, bytes);
  return bytes;
}

/** The bytes of a message, to keep: the client side of grpc-js looks at them in a later turn. */
export function encodeForClient(message: OutgoingMessage): Buffer {
  const bytes = Buffer.allocUnsafe(message.sizeBytes);
  encodeFrames(message.frames, bytes);
  return bytes;
}

/** Bytes as they are. */
export function passThrough(bytes: Buffer): Buffer {
  return bytes;
}

/** The service as grpc-js wants it, one bidirectional stream a lane. */
export function peerService(): ServiceDefinition {
  const service: Record<string, MethodDefinition<unknown, unknown>> = {};
  for (const lane of LANES) {
    service[methodName(lane)] = {
      path: lanePath(lane),
      requestStream: true,
      responseStream: true,
      requestSerialize: encodeForClient as (message: unknown) => Buffer,
      requestDeserialize: passThrough,
      responseSerialize: encodeForServer as (message: unknown) => Buffer,
      responseDeserialize: passThrough,
    };
  }
  return service;
}

/** The name of a lane's method. */
export function methodName(lane: PeerLane): string {
  return lane.charAt(0).toUpperCase() + lane.slice(1);
}

export interface KeepaliveOptions {
  /** How long a connection may be silent before it is probed. */
  readonly keepaliveMs: number;
  /** How long the answer to a probe may take before the connection counts as lost. */
  readonly keepaliveTimeoutMs: number;
}

/** Options of both ends. */
export function serverOptions(options: KeepaliveOptions): ChannelOptions {
  return {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.keepalive_time_ms': options.keepaliveMs,
    'grpc.keepalive_timeout_ms': options.keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  };
}

/** Options of the dialler: a connection of its own, no retries, no proxy, a window that lets bulk data flow. */
export function channelOptions(options: KeepaliveOptions): ChannelOptions {
  return {
    ...serverOptions(options),
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.enable_retries': 0,
    'grpc.enable_http_proxy': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
    // 8 MiB is slower than 1 MiB, and the default of 64 KiB five times slower. Only the client side has this option.
    'grpc-node.flow_control_window': 1024 * 1024,
  };
}
