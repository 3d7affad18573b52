/** Requests that no client of the project makes: they come too early, too late, or from nobody. */
import type { NodeId } from '@hapax/base';
import { joinGroup, writeTxnMarkers } from '@hapax/wire';
import { OddClient, type GroupMember, type Identity } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import type { OddWorld } from './odd-workload.ts';
import { waitFor, type Script } from './script.ts';

const PLACE = { topic: ODD_TOPIC, partition: 0 };

/** One after the other. */
export function* tellRequests(world: OddWorld): Script {
  const client = new OddClient('odd', world.clients, world.watch);
  yield* joinAndBeSilent(client);
  yield* commitBesideATransaction(client);
  yield* writeOutOfTurn(client);
  yield* sendMarkersOfThePast(client);
  yield* askAgain(client);
  yield* removeBroker(world, client);
}

/** A member commits before it has its assignment, and never asks for that. */
function* joinAndBeSilent(client: OddClient): Script {
  const member = yield* join(client, 'silent');
  yield* client.commit(member, PLACE, 1);
  const identity = yield* client.identify('silent-writer');
  const owner = client.begin('silent-writer', 2, identity, 1000);
  yield* client.commitInTransaction('silent-writer', 2, identity, { ...member, memberId: 'gone' }, PLACE, 1);
  yield* client.end('silent-writer', 2, identity, owner, 'abort');
  yield* client.sleep(REBALANCE_TIMEOUT_MS * 3);
}

function* join(client: OddClient, groupId: string): Script<GroupMember> {
  let memberId = '';
  for (;;) {
    const answer = yield* client.ask({
      api: joinGroup,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      minVersion: 4,
      build: () => ({
        groupId,
        sessionTimeoutMs: 30_000,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: new Uint8Array(0) }],
      }),
    }, ({ errorCode }) => errorCode);
    if (answer === undefined) continue;
    memberId = answer.memberId;
    if (answer.errorCode === 0) return { groupId, generation: answer.generationId, memberId };
  }
}

/** An offset that is committed while a transaction has one for the same partition: the later one stays. */
function* commitBesideATransaction(client: OddClient): Script {
  const group = { groupId: 'beside', generation: -1, memberId: '' };
  const identity = yield* client.identify('beside');
  const owner = client.begin('beside', 2, identity, 1);
  yield* client.commitInTransaction('beside', 2, identity, group, PLACE, 1);
  yield* client.commit(group, PLACE, 2);
  yield* client.end('beside', 2, identity, owner);
}

/** Records outside of their transaction, ahead of its first ones, and of a producer that was replaced. */
function* writeOutOfTurn(client: OddClient): Script {
  const old = yield* client.identify('hasty');
  const first = { ...old, ...PLACE, owner: client.begin('hasty', 2, old, 2) };
  yield* client.write('hasty', 1, { ...first, baseSequence: 0 });
  yield* client.write('hasty', 2, { ...first, baseSequence: 5 });
  yield* client.write('hasty', 2, { ...first, baseSequence: 0 });
  const next = yield* client.end('hasty', 2, old, first.owner);
  yield* client.write('hasty', 2, { ...first, baseSequence: 1 });
  yield* client.write('hasty', 2, { ...first, baseSequence: 1, isTransactional: false });
  const again = yield* client.identify('hasty', next);
  yield* client.write('hasty', 2, { ...again, ...PLACE, owner: client.begin('hasty', 2, again, 3), baseSequence: 0 });
  yield* client.end('hasty', 2, again, 'odd#3', 'abort');
}

/** An operator's markers of an epoch that is over, and of a coordinator that was there before. */
function* sendMarkersOfThePast(client: OddClient): Script {
  yield* client.identify('past');
  const identity = yield* client.identify('past');
  const owner = client.begin('past', 2, identity, 4);
  yield* client.write('past', 2, { ...identity, ...PLACE, owner, baseSequence: 0 });
  const next = yield* client.end('past', 2, identity, owner);
  yield* client.sleep(SETTLED_MS);
  yield* client.identify('past', next);
  yield* sendMarker(client, { ...identity, producerEpoch: identity.producerEpoch - 1 }, 100);
  yield* sendMarker(client, next, -1);
}

function* sendMarker(client: OddClient, { producerId, producerEpoch }: Identity, coordinatorEpoch: number): Script {
  yield* client.ask({
    api: writeTxnMarkers,
    target: { kind: 'leader', ...PLACE },
    build: () => ({
      markers: [{
        producerId,
        producerEpoch,
        transactionResult: false,
        topics: [{ name: ODD_TOPIC, partitionIndexes: [PLACE.partition] }],
        coordinatorEpoch,
        transactionVersion: 2,
      }],
    }),
  }, ({ markers: [first] }) => first?.topics[0]?.partitions[0]?.errorCode ?? 0);
}

/** A producer that has not heard its new epoch asks for it once more; another one has never asked for any. */
function* askAgain(client: OddClient): Script {
  const first = yield* client.identify('again');
  yield* client.identify('again', first);
  yield* client.identify('again', first);
  yield* client.end('never-asked', 1, first, 'odd#5', 'abort');
}

/** An operator removes a broker that is alive; it comes back by itself. */
function* removeBroker({ watch }: OddWorld, client: OddClient): Script {
  const controller = watch.nodes.find(({ broker }) => broker?.controllerDriver?.active === true);
  const other = watch.nodes.find((node) => node !== controller);
  if (controller === undefined || other === undefined) return;
  const brokerId: NodeId = other.id;
  yield* waitFor<void>((done) => controller.runNow((broker) =>
    broker.services.controller.call({ type: 'unregister-broker', brokerId }, 5000, () => done())));
  yield* client.sleep(SETTLED_MS);
}

const REBALANCE_TIMEOUT_MS = 400;
const SETTLED_MS = 1000;
