/** Epochs of a producer id come to their end: in a transaction, and where nothing is open. */
import { OddClient, type Identity } from './odd-client.ts';
import { ODD_TOPIC } from './odd-plan.ts';
import type { OddWorld } from './odd-workload.ts';
import type { Script } from './script.ts';

/** The last epoch that a client may have. */
const LAST_EPOCH = 32_766;
const PLACE = { topic: ODD_TOPIC, partition: 0 };

/** Two transactional ids use up all epochs of theirs, one after the other. */
export function* tellEpochs({ clients, watch }: OddWorld): Script {
  for (const transactionalId of ['ends', 'asks']) {
    const client = new OddClient(transactionalId, clients, watch);
    let identity: Identity;
    do identity = yield* client.identify(transactionalId); while (identity.producerEpoch < LAST_EPOCH);
    if (transactionalId === 'asks') {
      yield* client.identify(transactionalId);
    } else {
      const last = client.begin(transactionalId, 2, identity, 0);
      yield* client.write(transactionalId, 2, { ...identity, ...PLACE, owner: last, baseSequence: 0 });
      const next = yield* client.end(transactionalId, 2, identity, last);
      const first = client.begin(transactionalId, 2, next, 1);
      yield* client.write(transactionalId, 2, { ...next, ...PLACE, owner: first, baseSequence: 0 });
      yield* client.end(transactionalId, 2, next, first, 'abort');
    }
  }
}
