/** Raft's durable state passes its checksums, or the node does not start. */
import { type AppError, encodeText, type KeyValuePair, SeededRandom } from '@hapax/base';
import type { Ready } from '@hapax/raft';
import { Host, SimStore, VirtualTime } from '@hapax/testkit';
import { describe, expect, test } from 'vitest';
import { RaftStore, type StoredRaft } from '../../src/drivers/raft-store.ts';

const METADATA = { index: 1, term: 1, membership: { voters: [0], learners: [], addresses: [] } };
const entry = (index: number) => ({ index, term: 2, type: 'command' as const, data: encodeText(`entry ${index}`) });
const READY = {
  hardState: { term: 2, votedFor: 0, commitIndex: 1 },
  snapshot: { metadata: METADATA, data: encodeText('image') },
  entries: [entry(2), entry(3)],
  mustSync: true,
} as unknown as Ready;

function newWorld(): { time: VirtualTime; store: SimStore } {
  const time = new VirtualTime();
  return { time, store: new SimStore(new Host('a', time), () => 1) };
}

function runFor(time: VirtualTime, ms: number): void {
  const untilMs = time.nowMs + ms;
  while (time.step(untilMs));
}

function written(): ReturnType<typeof newWorld> {
  const world = newWorld();
  new RaftStore(world.store).persist(READY, () => {});
  runFor(world.time, 5);
  return world;
}

function loaded({ store, time }: ReturnType<typeof newWorld>): StoredRaft | AppError | undefined {
  let found: StoredRaft | AppError | undefined;
  new RaftStore(store).load((error, stored) => (found = error ?? stored));
  runFor(time, 5);
  return found;
}

describe('the store of Raft', () => {
  test('gives back what was written', () => {
    const { state } = loaded(written()) as StoredRaft;
    expect(state).toEqual({ hardState: READY.hardState, snapshot: METADATA, entries: READY.entries });
  });

  test('refuses every changed bit [bugs 51, 104]', () => {
    const keys = written().store.durableKeys();
    expect(keys).toHaveLength(6);
    for (const key of keys) {
      const bits = (written().store.durableValue(key)?.length ?? 0) * 8;
      for (let bit = 0; bit < bits; bit += 3) {
        const world = written();
        world.store.rot(key, bit >> 3, 1 << (bit & 7));
        expect(loaded(world), `${key} bit ${bit}`).toMatchObject({ code: 'data-corrupt' });
      }
    }
  });

  test('refuses entries with a gap, and a snapshot without its data', () => {
    for (const lost of ['raft/entry/0000000000000002', 'raft/snapshot-data']) {
      const world = written();
      world.store.write([{ type: 'delete', key: lost }], { sync: true }, () => {});
      runFor(world.time, 5);
      expect(loaded(world), lost).toMatchObject({ code: 'data-corrupt' });
    }
  });

  test('reads what was written before there were checksums', () => {
    const world = newWorld();
    const bytes = new Uint8Array([...new Uint8Array(new Float64Array([0]).buffer), 0, 7]);
    new DataView(bytes.buffer).setFloat64(0, 2);
    const json = (value: unknown): Uint8Array => encodeText(JSON.stringify(value));
    const pairs: KeyValuePair[] = [
      { key: 'raft/hard-state', value: json(READY.hardState) },
      { key: 'raft/snapshot-metadata', value: json(METADATA) },
      { key: 'raft/snapshot-data', value: encodeText('image') },
      { key: 'raft/entry/0000000000000002', value: bytes },
    ];
    world.store.write(pairs.map((pair) => ({ type: 'put', ...pair })), { sync: true }, () => {});
    runFor(world.time, 5);
    world.store.crash({ powerLoss: true, random: new SeededRandom(1) });
    expect(loaded(world)).toMatchObject({
      state: {
        hardState: READY.hardState, snapshot: METADATA,
        entries: [{ index: 2, term: 2, type: 'command', data: Uint8Array.of(7) }],
      },
    });
  });
});
