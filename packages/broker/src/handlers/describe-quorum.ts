/** DescribeQuorum: the Raft group behind the metadata as this node sees it; its leader sees the others [KIP-595]. */
import { ErrorCode, type NodeId } from '@hapax/base';
import type { describeQuorum, ResponseInput } from '@hapax/wire';
import { parseEndpoint } from '../drivers/raft-driver.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Response = ResponseInput<typeof describeQuorum>;
type Partition = NonNullable<NonNullable<Response['topics']>[number]['partitions']>[number];
type Replica = NonNullable<Partition['currentVoters']>[number];

/** The name that Kafka's tools ask for. */
const METADATA_TOPIC = '__cluster_metadata';
const NODES_FROM = 2;

export const handleDescribeQuorum: Handler<typeof describeQuorum> = (services, request, context, answer) => {
  const topics = request.topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => {
      if (topicName === METADATA_TOPIC && partitionIndex === 0) return describe(services);
      return unknown(partitionIndex);
    }),
  }));
  answer({ errorCode: ErrorCode.NONE, errorMessage: null, topics, ...nodesOf(services, context) });
};

function describe(services: Services): Partition {
  const { id, leaderId, term, commitIndex, lastIndex, membership, progress } = services.raft.status();
  const ends = new Map(progress.map((peer) => [peer.id, peer.matchIndex]));
  const replica = (replicaId: NodeId): Replica => {
    return { replicaId, logEndOffset: replicaId === id ? lastIndex : (ends.get(replicaId) ?? -1) };
  };
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    leaderId,
    leaderEpoch: term,
    highWatermark: commitIndex,
    currentVoters: membership.voters.map(replica),
    observers: membership.learners.map(replica),
  };
}

function unknown(partitionIndex: number): Partition {
  const errorMessage = `only partition 0 of ${METADATA_TOPIC} has a quorum`;
  const nothing = { leaderId: -1, leaderEpoch: -1, highWatermark: -1, currentVoters: [], observers: [] };
  return { partitionIndex, errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, errorMessage, ...nothing };
}

/** Where the members are reached, for the versions that have room for it. */
function nodesOf(services: Services, { apiVersion }: RequestContext): Pick<Response, 'nodes'> {
  if (apiVersion < NODES_FROM) return {};
  const nodes = services.raft.status().membership.addresses.map(({ id, address }) => {
    return { nodeId: id, listeners: [{ name: 'CONTROLLER', ...parseEndpoint(address) }] };
  });
  return { nodes };
}
