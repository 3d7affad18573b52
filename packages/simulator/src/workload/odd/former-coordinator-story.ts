/** A coordinator that nobody listens to any more sends the markers of a transaction which another one has ended. */
import type { SimNode } from '../../sim-node.ts';
import { OddClient, type Identity, type Place } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import { controllerOf, coordinatorOf, leaderOf } from './odd-roles.ts';
import type { OddWorld } from './odd-workload.ts';
import type { Script } from './script.ts';

/** One of them has a coordinator that is not the controller. */
const IDS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Who takes part. */
interface Roles {
  readonly id: string;
  readonly coordinator: SimNode;
  readonly leader: SimNode;
  readonly place: Place;
}

/** Its markers cannot go out; then it is cut off, and at last it reaches the leader of the partition alone. */
export function* tellFormerCoordinator(world: OddWorld): Script {
  const { clients, watch } = world;
  const { network } = clients;
  const client = new OddClient('first', clients, watch);
  // Coordinators are there when the first one has been asked for.
  yield* client.identify('nobody');
  const roles = IDS.map((id) => rolesOf(world, id)).find((one) => one !== undefined);
  if (roles === undefined) return;
  const { id, coordinator, leader, place } = roles;
  const identity = yield* client.identify(id);
  const owner = client.begin(id, 2, identity, 0);
  yield* client.write(id, 2, { ...identity, ...place, owner, baseSequence: 0 });
  cutBoth(world, coordinator, leader);
  const next = yield* client.end(id, 2, identity, owner);
  const others = watch.nodes.filter((node) => node !== coordinator && node !== leader);
  for (const node of others) cutBoth(world, coordinator, node);
  yield* goOn(world, next, roles);
  network.heal(coordinator.host, leader.host);
  network.heal(leader.host, coordinator.host);
  yield* client.sleep(HEARD_MS);
  network.healAll();
}

/** Another client ends what was left, at the coordinator that follows, and begins and ends the next transaction. */
function* goOn({ clients, watch }: OddWorld, identity: Identity, { id, coordinator, place }: Roles): Script {
  const client = new OddClient('second', clients, watch);
  const { host } = client.client;
  clients.network.cut(host, coordinator.host);
  clients.network.cut(coordinator.host, host);
  const owner = client.begin(id, 2, identity, 0);
  yield* client.write(id, 2, { ...identity, ...place, owner, baseSequence: 0 });
  yield* client.end(id, 2, identity, owner);
}

function rolesOf({ watch }: OddWorld, id: string): Roles | undefined {
  const coordinator = coordinatorOf(watch, id);
  const controller = controllerOf(watch);
  const places = [0, 1, 2].map((partition) => ({ topic: ODD_TOPIC, partition }));
  const place = places.find((one) => ![coordinator, controller, undefined].includes(leaderOf(watch, one)));
  const leader = place === undefined ? undefined : leaderOf(watch, place);
  if (coordinator === undefined || coordinator === controller || place === undefined) return undefined;
  return leader === undefined ? undefined : { id, coordinator, leader, place };
}

function cutBoth({ clients: { network } }: OddWorld, one: SimNode, other: SimNode): void {
  network.cut(one.host, other.host);
  network.cut(other.host, one.host);
}

const HEARD_MS = 2000;
