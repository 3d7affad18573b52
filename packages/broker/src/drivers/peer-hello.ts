/** The first message on every connection between nodes: who calls, and of which cluster. */
import type { BrokerEpoch, Connection, Logger, NodeId } from '@hapax/base';
import { decodeFollowerMessage, encodeFollowerMessage } from '@hapax/rpc';

export interface PeerIdentity {
  readonly nodeId: NodeId;
  /** −1 where the lane does not care for it. */
  readonly brokerEpoch: BrokerEpoch;
}

/** The greeting of this node. */
export function encodeHello(identity: PeerIdentity & { readonly clusterId: string }): Uint8Array {
  return encodeFollowerMessage({ type: 'hello', ...identity });
}

/**
 * Reads the first message of an accepted connection. Undefined, and the connection is closed, where the caller
 * belongs to
 * another cluster or did not greet: such a node must never be taken for one of ours.
 */
export function acceptHello(
  bytes: Uint8Array,
  connection: Connection,
  context: { readonly clusterId: string; readonly logger: Logger },
): PeerIdentity | undefined {
  const message = decodeFollowerMessage(bytes);
  if (message.type === 'hello' && message.clusterId === context.clusterId) return message;
  const theirs = message.type === 'hello' ? message.clusterId : null;
  context.logger.warn({ theirs, ours: context.clusterId, peer: connection.remoteAddress.host }, 'a peer was refused');
  connection.close('not a node of this cluster');
  return undefined;
}
