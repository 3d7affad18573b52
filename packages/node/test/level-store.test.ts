/** LevelDB behind the port: order, atomicity, coalescing, failure. */
import { AppError, type KeyValueChange, type KeyValuePair } from '@hapax/base';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { LevelStore } from '../src/level-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'hapax-level-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
let directory = '';
beforeEach(() => {
  directory = join(folder, `store-${count++}`);
});

const put = (key: string, ...value: number[]): KeyValueChange => ({ type: 'put', key, value: Uint8Array.from(value) });

function written(store: LevelStore, changes: readonly KeyValueChange[], sync = true): Promise<void> {
  return new Promise((resolve, reject) => {
    store.write(changes, { sync }, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

function range(store: LevelStore, from: string, to: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    store.readRange(from, to, (error, pairs: readonly KeyValuePair[]) => {
      if (error === undefined) resolve(pairs.map(({ key, value }) => `${key}=${[...value].join(',')}`));
      else reject(error);
    });
  });
}

describe('the key-value store', () => {
  test('keeps what was written, in order of the keys, over a restart', async () => {
    const store = await LevelStore.open(directory);
    await written(store, [put('b', 2), put('a', 1), put('c'), put('é', 3), put('z', 4)]);
    await written(store, [{ type: 'delete', key: 'b' }, { type: 'delete', key: 'none' }]);
    expect(await range(store, 'a', 'zz')).toEqual(['a=1', 'c=', 'z=4']);
    await store.close();
    const again = await LevelStore.open(directory);
    expect(await range(again, 'c', '\u{10ffff}')).toEqual(['c=', 'z=4', 'é=3']);
    expect(await range(again, 'c', 'c')).toEqual([]);
    await again.close();
  });

  test('reads ranges that are longer than one call to the store', async () => {
    const store = await LevelStore.open(directory);
    const keys = Array.from({ length: 3500 }, (_, index) => String(index).padStart(5, '0'));
    await written(store, keys.map((key) => put(key, 1)), false);
    expect((await range(store, '0', '9')).length).toBe(3500);
    await store.close();
  });

  test('reports concurrent writes in the order of the calls, the last change of a key wins', async () => {
    const store = await LevelStore.open(directory);
    const order: number[] = [];
    const writes = Array.from({ length: 200 }, async (_, index) => {
      await written(store, [put('key', index)], index % 3 === 0);
      order.push(index);
    });
    expect(order).toEqual([]);
    await Promise.all(writes);
    expect(order).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(await range(store, 'key', 'kez')).toEqual(['key=199']);
    await store.close();
  });

  test('may be written to from within a report', async () => {
    const store = await LevelStore.open(directory);
    const second = new Promise<void>((resolve) => {
      store.write([put('a', 1)], { sync: true }, () => store.write([put('b', 2)], { sync: true }, () => resolve()));
    });
    await second;
    expect(await range(store, 'a', 'c')).toEqual(['a=1', 'b=2']);
    await store.close();
  });

  test('waits with closing until what was asked for is written', async () => {
    const store = await LevelStore.open(directory);
    const writes = [written(store, [put('a', 8)]), written(store, [put('a', 9)])];
    await store.close();
    await Promise.all(writes);
    const again = await LevelStore.open(directory);
    expect(await range(again, 'a', 'b')).toEqual(['a=9']);
    await again.close();
  });

  test('writes nothing any more after a failed write, so that no hole can be', async () => {
    const store = await LevelStore.open(directory);
    const refused = { type: 'put', key: 'a', value: undefined } as unknown as KeyValueChange;
    const errors: unknown[] = [];
    for (const change of [refused, put('b', 1)]) errors.push(await written(store, [change]).catch((cause) => cause));
    const codes = errors.map((error) => error instanceof AppError && error.code);
    expect(codes).toEqual(['store-failed', 'store-failed']);
    expect(await range(store, 'a', 'c')).toEqual([]);
    await store.close();
    const read = await range(store, 'a', 'b').catch((cause: unknown) => cause);
    expect((read as AppError).code).toBe('store-failed');
  });

  test('is open in one process at a time', async () => {
    const store = await LevelStore.open(directory);
    const second = await LevelStore.open(directory).catch((cause: unknown) => cause);
    expect((second as AppError).code).toBe('disk-locked');
    await store.close();
  });
});
