/** The simulated store keeps whole batches, in order, and loses what was not synced. */
import { encodeText, decodeText, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { Host } from '../src/host.ts';
import { SimStore } from '../src/sim-store.ts';
import { VirtualTime } from '../src/virtual-time.ts';

function newStore(): { store: SimStore; time: VirtualTime; keys: () => string } {
  const time = new VirtualTime();
  const store = new SimStore(new Host('a', time), () => 5);
  return { store, time, keys: () => store.durableKeys().join('') };
}

const put = (key: string) => [{ type: 'put', key, value: encodeText(key) }] as const;

function runFor(time: VirtualTime, ms: number): void {
  const untilMs = time.nowMs + ms;
  while (time.step(untilMs));
}

describe('the simulated store', () => {
  test('loses batches that no sync has covered, but for a first part of them', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 30; seed++) {
      const { store, time, keys } = newStore();
      store.write(put('a'), { sync: true }, () => {});
      runFor(time, 10);
      for (const key of ['b', 'c', 'd']) store.write(put(key), { sync: false }, () => {});
      runFor(time, 10);
      store.crash({ powerLoss: true, random: new SeededRandom(seed) });
      seen.add(keys());
    }
    expect(seen).toEqual(new Set(['a', 'ab', 'abc', 'abcd']));
  });

  test('says that writes are done in their order, however times are rounded', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new SeededRandom(seed);
      const time = new VirtualTime();
      // Every later write is done at the time of the first one, which is another sum of fractions each time.
      const drawMs = (): number => -Math.log(1 - random.nextFloat());
      const delays = [100 + drawMs(), 0.1, 0.1, 0.1];
      const store = new SimStore(new Host('a', time), () => delays.shift() ?? 0);
      const done: string[] = [];
      for (const key of ['a', 'b', 'c', 'd']) {
        store.write(put(key), { sync: true }, () => done.push(key));
        runFor(time, drawMs());
      }
      runFor(time, 200);
      expect(done.join('')).toBe('abcd');
    }
  });

  test('writes nothing more once a write has failed', () => {
    const { store, time, keys } = newStore();
    store.failWrites(1);
    const told: string[] = [];
    for (const key of ['a', 'b', 'c']) {
      store.write(put(key), { sync: true }, (error) => told.push(error?.code ?? `${key} is done`));
    }
    runFor(time, 20);
    expect(told.toSorted()).toEqual(['a is done', 'store-failed', 'store-failed']);
    expect(keys()).toBe('a');
  });

  test('gives out what has rotted, until it is mended or written anew', () => {
    const { store, time } = newStore();
    store.write(put('a'), { sync: true }, () => {});
    runFor(time, 10);
    const found: string[] = [];
    const read = (): void => {
      store.readRange('', 'z', (_, pairs) => found.push(...pairs.map(({ value }) => decodeText(value))));
      runFor(time, 1);
    };
    const mend = store.rot('a', 0, 2);
    read();
    mend();
    read();
    store.rot('a', 0, 2);
    store.write(put('a'), { sync: true }, () => {});
    read();
    expect(found).toEqual(['c', 'a', 'a']);
  });
});
