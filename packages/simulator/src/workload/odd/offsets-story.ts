/** Markers of offsets come to a group coordinator that has only begun to read its log. */
import { coordinatorPartition } from '@hapax/base';
import type { SimNode } from '../../sim-node.ts';
import { OddClient, type Identity } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import { controllerOf, coordinatorOf, leaderOf } from './odd-roles.ts';
import type { OddWorld } from './odd-workload.ts';
import type { Script } from './script.ts';

const IDS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f'];
const GROUPS: readonly string[] = ['g0', 'g1', 'g2', 'g3', 'g4', 'g5'];
const PLACE = { topic: ODD_TOPIC, partition: 0 };
const OFFSETS_TOPIC = '__consumer_offsets';

/** A transaction with offsets, and where it is. */
interface Left {
  readonly transactionalId: string;
  readonly identity: Identity;
  readonly owner: string;
}

/** Its leader cannot be told of the end of a transaction, and dies; who follows is where the markers come from. */
export function* tellOffsets(world: OddWorld): Script {
  const { clients, watch } = world;
  const client = new OddClient('offsets', clients, watch);
  for (const round of [0, 1, 2]) {
    const open: Left[] = [];
    for (const transactionalId of IDS) {
      const identity = yield* client.identify(transactionalId);
      const owner = client.begin(transactionalId, 2, identity, round * IDS.length + open.length);
      open.push({ transactionalId, identity, owner });
      for (const groupId of GROUPS) {
        const group = { groupId, generation: -1, memberId: '' };
        yield* client.commitInTransaction(transactionalId, 2, identity, group, PLACE, round);
      }
    }
    const doomed = doomedOf(world);
    for (const node of watch.nodes) cutBoth(world, node, doomed);
    for (const { transactionalId, identity, owner } of open) {
      if (coordinatorOf(watch, transactionalId) === doomed) continue;
      yield* client.end(transactionalId, 2, identity, owner);
    }
    doomed.crash({ powerLoss: false });
    yield* client.sleep(AWAY_MS);
    clients.network.healAll();
    doomed.start();
    yield* client.sleep(AWAY_MS);
  }
}

/** Who leads the log of a group, and is not the controller. */
function doomedOf({ watch }: OddWorld): SimNode {
  const controller = controllerOf(watch);
  const partitions = GROUPS.map((groupId) => coordinatorPartition(groupId, 3));
  const leaders = partitions.map((partition) => leaderOf(watch, { topic: OFFSETS_TOPIC, partition }));
  return leaders.find((node) => node !== undefined && node !== controller) ?? (watch.nodes[0] as SimNode);
}

function cutBoth({ clients: { network } }: OddWorld, one: SimNode, other: SimNode): void {
  if (one === other) return;
  network.cut(one.host, other.host);
  network.cut(other.host, one.host);
}

const AWAY_MS = 2500;
