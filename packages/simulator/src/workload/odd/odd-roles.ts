/** Who does what in the cluster of a story, and the messages between them. */
import type { ClusterWatch } from '../../cluster-watch.ts';
import type { SimNode } from '../../sim-node.ts';
import type { SentMessage, SimNetwork } from '@hapax/testkit';
import type { Place } from './odd-client.ts';

/** The active controller; undefined while there is none. */
export function controllerOf({ nodes }: ClusterWatch): SimNode | undefined {
  return nodes.find(({ broker }) => broker?.controllerDriver?.active === true);
}

/** Who leads a partition, and takes itself for the leader. */
export function leaderOf({ nodes }: ClusterWatch, { topic, partition }: Place): SimNode | undefined {
  return nodes.find(({ broker }) => broker?.services.partitions.findByName(topic, partition)?.leads() === true);
}

/** Who coordinates a transactional id. */
export function coordinatorOf({ nodes }: ClusterWatch, transactionalId: string): SimNode | undefined {
  return nodes.find(({ broker }) =>
    broker?.services.transactions.shardOf(transactionalId)?.coordinator.phase === 'active');
}

/** The nodes of the ISR, as the controller says; nobody while there is none. */
export function isrOf(watch: ClusterWatch, { topic, partition }: Place): readonly number[] {
  const image = controllerOf(watch)?.broker?.services.metadata.image;
  return image?.topicByName(topic)?.partitions[partition]?.isr ?? [];
}

/** The nodes that are to have a partition, the first of them leads if it can. */
export function replicasOf(watch: ClusterWatch, { topic, partition }: Place): readonly number[] {
  const image = controllerOf(watch)?.broker?.services.metadata.image;
  return image?.topicByName(topic)?.partitions[partition]?.replicas ?? [];
}

/** Does something with the first message from one node to another that is wanted, as it is sent. */
export function trapFirst(
  network: SimNetwork, [from, to]: readonly [SimNode, SimNode], isWanted: (bytes: Uint8Array) => boolean,
  act: (sent: SentMessage) => void,
): void {
  network.trapNext(from.host, to.host, (sent) => {
    if (isReadAs(isWanted, sent.bytes)) act(sent);
    else trapFirst(network, [from, to], isWanted, act);
  });
}

/** Nodes have several connections, and what passes on one of them cannot be read as what passes on another. */
function isReadAs(isWanted: (bytes: Uint8Array) => boolean, bytes: Uint8Array): boolean {
  try {
    return isWanted(bytes);
  } catch {
    return false;
  }
}
