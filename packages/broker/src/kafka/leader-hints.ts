/** Tells a client that came to the wrong broker who leads, so that it need not ask [KIP-951]. */
import { ErrorCode, type NodeId } from '@hapax/base';
import type { RequestContext } from './served-api.ts';
import type { Services } from '../services.ts';

/** A broker and where it is reached. */
export interface LeaderHint {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** What was asked for, and why it was refused. */
export interface Misdirected {
  readonly topic: string;
  readonly index: number;
  readonly error: ErrorCode;
}

/** The current leader of a partition, if a change of leader explains the error; its address goes into `hints`. */
export function currentLeader(
  services: Services,
  context: RequestContext,
  misdirected: Misdirected,
  hints: Map<NodeId, LeaderHint>,
): { readonly leaderId: NodeId; readonly leaderEpoch: number } | undefined {
  const { topic, index, error } = misdirected;
  if (error !== ErrorCode.NOT_LEADER_OR_FOLLOWER && error !== ErrorCode.FENCED_LEADER_EPOCH) return undefined;
  const { image } = services.metadata;
  const id = image.topicByName(topic)?.topicId;
  const partition = id === undefined ? undefined : image.partition(id, index);
  const broker = partition === undefined ? undefined : image.broker(partition.leader);
  const endpoint = broker?.endpoints['kafka'];
  if (partition === undefined || broker === undefined || endpoint === undefined) return undefined;
  const { host, port } = services.ports.advertise(endpoint, context.connection);
  hints.set(broker.brokerId, { nodeId: broker.brokerId, host, port, rack: broker.rack });
  return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
}
