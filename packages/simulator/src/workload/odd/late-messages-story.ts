/** What one node tells another comes when it is true no more: markers, the word of a follower, and an ISR. */
import { decodeControllerCall, decodeFollowerMessage, decodeTransactionCalls } from '@hapax/rpc';
import { makeTopics, removeTopics } from '@hapax/client/machines';
import { deleteRecords } from '@hapax/wire';
import type { SimNode } from '../../sim-node.ts';
import { OddClient, type Identity, type Place } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import { controllerOf, coordinatorOf, isrOf, leaderOf, trapFirst } from './odd-roles.ts';
import type { OddWorld } from './odd-workload.ts';
import { waitFor, type Script } from './script.ts';

const PLACES: readonly Place[] = [0, 1, 2].map((partition) => ({ topic: ODD_TOPIC, partition }));
const IDS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** One after the other. */
export function* tellLateMessages(world: OddWorld): Script {
  const client = new OddClient('late', world.clients, world.watch);
  yield* delayMarker(world, client);
  yield* delayAttach(world, client);
  yield* delayIsr(world, client);
  yield* deleteBeyondFollower(world, client);
}

/** A marker comes once more when the next transaction is open. */
function* delayMarker({ clients, watch }: OddWorld, client: OddClient): Script {
  let identity: Identity | undefined;
  for (const transactionalId of IDS) {
    identity = yield* client.identify(transactionalId);
    const coordinator = coordinatorOf(watch, transactionalId);
    const place = PLACES.find((one) => leaderOf(watch, one) !== coordinator);
    const leader = place === undefined ? undefined : leaderOf(watch, place);
    if (coordinator === undefined || place === undefined || leader === undefined) continue;
    const owner = client.begin(transactionalId, 2, identity, 0);
    yield* client.write(transactionalId, 2, { ...identity, ...place, owner, baseSequence: 0 });
    trapFirst(clients.network, [coordinator, leader], hasMarkers, (sent) => sent.breakBehind(LATE_MS));
    const next = yield* client.end(transactionalId, 2, identity, owner);
    const open = client.begin(transactionalId, 2, next, 1);
    yield* client.write(transactionalId, 2, { ...next, ...place, owner: open, baseSequence: 0 });
    yield* client.sleep(LATE_MS * 2);
    yield* client.end(transactionalId, 2, next, open, 'abort');
    return;
  }
}

function hasMarkers(bytes: Uint8Array): boolean {
  return decodeTransactionCalls(bytes).some(({ request }) => request.type === 'write-markers');
}

/** A follower attaches twice, and the first word of it comes last. */
function* delayAttach({ clients, watch }: OddWorld, client: OddClient): Script {
  const [place] = PLACES;
  const leader = place === undefined ? undefined : leaderOf(watch, place);
  const follower = watch.nodes.find((node) => node !== leader);
  if (leader === undefined || follower === undefined) return;
  trapFirst(clients.network, [follower, leader], isAttach, (sent) => sent.breakBehind(LATE_MS));
  clients.network.resetBetween(follower.host, leader.host);
  yield* client.sleep(LATE_MS * 3);
}

function isAttach(bytes: Uint8Array): boolean {
  return decodeFollowerMessage(bytes).type === 'attach';
}

/** A leader asks for a member of the ISR, and until that is heard the member has died and come back. */
function* delayIsr({ clients, watch }: OddWorld, client: OddClient): Script {
  const controller = controllerOf(watch);
  const place = PLACES.find((one) => leaderOf(watch, one) !== controller);
  const leader = place === undefined ? undefined : leaderOf(watch, place);
  const follower = watch.nodes.find((node) => node !== leader && node !== controller);
  if (controller === undefined || place === undefined || leader === undefined || follower === undefined) return;
  follower.crash({ powerLoss: false });
  while (isrOf(watch, place).includes(follower.id)) yield* client.sleep(LOOK_EVERY_MS);
  const release = clients.network.shape(leader.host, controller.host, () => ISR_DELAY_MS);
  trapFirst(clients.network, [leader, controller], isIsrChange, () => {
    follower.crash({ powerLoss: false });
    clients.time.after(1, () => follower.start());
  });
  follower.start();
  yield* client.sleep(ISR_DELAY_MS * 3);
  release();
  yield* whole(client, () => isrOf(watch, place).length === 3);
}

function isIsrChange(bytes: Uint8Array): boolean {
  return decodeControllerCall(bytes).method === 'alter-partition';
}

/** What a follower lacks is deleted while it is away. The topic goes as well: nobody checks it at the end. */
function* deleteBeyondFollower({ watch, operator }: OddWorld, client: OddClient): Script {
  const context = { cluster: operator.client.cluster, lane: 'admin', timeoutMs: 5000 };
  const topic = 'short-lived';
  const place = { topic, partition: 0 };
  const made = { topic, partitions: 1, replicationFactor: 3, configs: { 'min.insync.replicas': '1' } };
  yield* waitFor<unknown>((done) => makeTopics(context, [made], { validateOnly: false }, done));
  client.client.cluster.track(topic);
  yield* whole(client, () => leaderOf(watch, place) !== undefined && isrOf(watch, place).length === 3);
  const leader = leaderOf(watch, place);
  const follower: SimNode | undefined = watch.nodes.find((node) => node !== leader && node !== controllerOf(watch));
  follower?.crash({ powerLoss: false });
  const identity = yield* client.identify('deleter');
  const owner = client.begin('deleter', 2, identity, 2);
  for (let baseSequence = 0; baseSequence < 3; baseSequence++) {
    yield* client.write('deleter', 2, { ...identity, ...place, owner, baseSequence });
  }
  yield* client.end('deleter', 2, identity, owner);
  yield* client.sleep(LATE_MS);
  yield* client.ask({
    api: deleteRecords,
    target: { kind: 'leader', ...place },
    build: () => ({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -1 }] }], timeoutMs: 5000 }),
  }, ({ topics: [first] }) => first?.partitions[0]?.errorCode ?? 0);
  follower?.start();
  yield* whole(client, () => isrOf(watch, place).length === 3);
  yield* waitFor<unknown>((done) => removeTopics(context, [topic], done));
}

function* whole(client: OddClient, isSo: () => boolean): Script {
  while (!isSo()) yield* client.sleep(LOOK_EVERY_MS);
}

const LATE_MS = 500;
const LOOK_EVERY_MS = 20;
/** Longer than a process takes to be registered in the place of one that was not told to be dead. */
const ISR_DELAY_MS = 900;
