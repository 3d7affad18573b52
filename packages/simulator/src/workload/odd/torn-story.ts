/** Power fails while several appends are written to the journal at once: of their sectors the disk keeps any. */
import type { Offset } from '@hapax/base';
import type { ClusterWatch } from '../../cluster-watch.ts';
import { OddClient, type Batch } from './odd-client.ts';
import { MEAN_SYNC_MS, ODD_TOPIC } from './odd-plan.ts';
import { leaderOf } from './odd-roles.ts';
import type { OddWorld } from './odd-workload.ts';
import { runScript, type Script } from './script.ts';

const PRODUCERS: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f'];

/** Again and again. What was not acknowledged is written once more. */
export function* tellTorn({ clients, watch }: OddWorld): Script {
  const client = new OddClient('torn', clients, watch);
  const [node] = watch.nodes;
  if (node === undefined) return;
  // Each has its own records, in its own order.
  const producers = [];
  for (const id of PRODUCERS) {
    producers.push({ writer: new OddClient(id, clients, watch), identity: yield* client.identify(id) });
  }
  for (let baseSequence = 0; baseSequence < ROUNDS; baseSequence++) {
    const before = sumOfEnds(watch);
    let writing = PRODUCERS.length;
    for (const [at, { writer, identity }] of producers.entries()) {
      const place = { topic: ODD_TOPIC, partition: at % PARTITIONS };
      const batch = { ...identity, ...place, owner: '', baseSequence, isTransactional: false, valueBytes: VALUE_BYTES };
      runScript(writeSoon(writer, batch), () => (writing -= 1));
    }
    while (sumOfEnds(watch) < before + PRODUCERS.length) yield* client.sleep(LOOK_EVERY_MS);
    // The first of them is written alone, and the others together when that is synced.
    yield* client.sleep(client.client.drawMs(MEAN_SYNC_MS));
    node.crash({ powerLoss: true, writes: 'any' });
    node.start();
    while (writing > 0) yield* client.sleep(SETTLED_MS);
  }
}

function* writeSoon(client: OddClient, batch: Batch): Script {
  yield* client.write('torn', 2, batch);
}

/** How many records there are in all partitions, durable or not. */
function sumOfEnds(watch: ClusterWatch): Offset {
  const ends = Array.from({ length: PARTITIONS }, (_, partition) => {
    const broker = leaderOf(watch, { topic: ODD_TOPIC, partition })?.broker;
    return broker?.services.partitions.findByName(ODD_TOPIC, partition)?.log.endOffset ?? 0;
  });
  return ends.reduce((sum, end) => sum + end, 0);
}

const ROUNDS = 16;
const PARTITIONS = 3;
const LOOK_EVERY_MS = 0.2;
const SETTLED_MS = 20;
/** Several sectors. */
const VALUE_BYTES = 2000;
