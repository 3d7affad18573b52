/** A follower has two batches that came in one message; who leads next has only the first of them. */
import type { SimNode } from '../../sim-node.ts';
import { OddClient, type Batch, type Place } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import { controllerOf, isrOf, leaderOf, replicasOf } from './odd-roles.ts';
import type { OddWorld } from './odd-workload.ts';
import { runScript, type Script } from './script.ts';

/** Who takes part in a partition. */
interface Roles {
  readonly place: Place;
  readonly leader: SimNode;
  /** Who leads when the leader is gone. */
  readonly successor: SimNode;
  readonly follower: SimNode;
}

/** The first record of a producer, in no transaction. */
const OUTSIDE = { owner: '', baseSequence: 0, isTransactional: false } as const;

/** The follower cuts the second batch off, dies, and reads in its journal what it did. */
export function* tellDivergence(world: OddWorld): Script {
  const { clients, watch } = world;
  const { network } = clients;
  const client = new OddClient('observer', clients, watch);
  for (let round = 0; round < ROUNDS; round++) {
    const roles = rolesOf(world);
    if (roles === undefined) return;
    const { place, leader, successor, follower } = roles;
    const ids = [`first-${round}`, `second-${round}`, `warm-${round}`];
    const batches: Batch[] = [];
    for (const id of ids) batches.push({ ...(yield* client.identify(id)), ...place, ...OUTSIDE });
    const [first, second, warm] = batches as [Batch, Batch, Batch];
    // So that the connection is there when it matters.
    yield* client.write('warm', 2, warm);
    network.resetBetween(follower.host, leader.host);
    runScript(writeSoon(client, first), () => {});
    yield* client.sleep(ARRIVED_MS);
    network.cut(leader.host, successor.host);
    runScript(writeSoon(client, second), () => {});
    yield* client.sleep(ATTACHED_MS);
    leader.crash({ powerLoss: false });
    network.heal(leader.host, successor.host);
    while (leaderOf(watch, place) !== successor) yield* client.sleep(LOOK_EVERY_MS);
    yield* client.sleep(ATTACHED_MS);
    follower.crash({ powerLoss: false });
    follower.start();
    leader.start();
    while (watch.nodes.some(({ broker }) => broker?.isReady !== true)) yield* client.sleep(LOOK_EVERY_MS);
    while (isrOf(watch, place).length < watch.nodes.length) yield* client.sleep(LOOK_EVERY_MS);
  }
}

/** A record of which nobody waits to hear what becomes of it. */
function* writeSoon(client: OddClient, batch: Batch): Script {
  yield* client.write('soon', 2, batch);
}

/** A partition that the controller does not lead: it must not die. */
function rolesOf({ watch }: OddWorld): Roles | undefined {
  const controller = controllerOf(watch);
  for (const partition of [0, 1, 2]) {
    const place = { topic: ODD_TOPIC, partition };
    const leader = leaderOf(watch, place);
    const others = replicasOf(watch, place).filter((id) => id !== leader?.id);
    const [successor, follower] = others.map((id) => watch.nodes[id]);
    if (leader === undefined || leader === controller || successor === undefined || follower === undefined) continue;
    return { place, leader, successor, follower };
  }
  return undefined;
}

const ROUNDS = 3;
const ARRIVED_MS = 4;
const ATTACHED_MS = 150;
const LOOK_EVERY_MS = 10;
