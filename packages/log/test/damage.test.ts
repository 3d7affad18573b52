/** Flipped bytes: what is served is a valid prefix, and the report names the place. */
import { SeededRandom } from '@hapax/base';
import { type BatchHeader, BatchField, iterateBatches } from '@hapax/wire/records';
import { describe, expect, test } from 'vitest';
import type { LogStoreOptions } from '../src/index.ts';
import { readAll, StoreUnderTest } from './batches.ts';

/** Two partitions with several segments each, everything durable in rounds of one append. */
function filledStore(
  seed: number, journalFileBytes: number, options: Partial<LogStoreOptions> = {},
): { under: StoreUnderTest; before: BatchHeader[] } {
  const random = new SeededRandom(seed);
  const under = new StoreUnderTest(undefined, { journalFileBytes, ...options }).open();
  const log = under.create();
  for (let at = 0; at < 40; at++) {
    under.append(log, { records: 1 + random.nextInt(3), valueBytes: random.nextInt(150), leaderEpoch: at >> 3 });
    under.settle();
  }
  return { under, before: readAll(log) };
}

/** The leader epoch and the base offset of a batch are outside its checksum; what is served must be right otherwise. */
function isPrefix(found: readonly BatchHeader[], before: readonly BatchHeader[]): boolean {
  return found.every((header, at) => header.crc === before[at]?.crc && header.baseOffset === before[at]?.baseOffset);
}

function isInLeaderEpoch(bytes: Uint8Array, position: number): boolean {
  const batch = iterateBatches(bytes).findLast((each) => each.bytes.byteOffset - bytes.byteOffset <= position);
  const at = position - ((batch?.bytes.byteOffset ?? 0) - bytes.byteOffset);
  return at >= BatchField.partitionLeaderEpoch && at < BatchField.magic;
}

describe('a store whose disk changed a byte', () => {
  test('finds a valid prefix, says where the damage is, and keeps the damaged file aside [bugs 103, 109]', () => {
    let damaged = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { under, before } = filledStore(seed, 1 << 16);
      const random = new SeededRandom(seed + 1_000);
      under.close();
      const segments = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
      const name = segments[random.nextInt(segments.length)] as string;
      const file = under.disk.open(`a-0/${name}`, { create: false });
      const position = random.nextInt(file.size());
      // Kafka's checksum does not cover the leader epoch of a batch.
      if (isInLeaderEpoch(file.read(0, file.size()), position)) continue;
      under.disk.flip(`a-0/${name}`, position, 1 << random.nextInt(8));
      const log = under.open().log();
      const found = readAll(log);
      expect(isPrefix(found, before), `seed ${seed}`).toBe(true);
      if (found.length === before.length) {
        expect(under.report?.corrupt).toEqual([]);
        continue;
      }
      damaged += 1;
      expect(under.report?.corrupt).toHaveLength(1);
      const [place] = under.report?.corrupt ?? [];
      expect(place).toMatchObject({ topic: 'a', partition: 0, offset: log.endOffset, path: `a-0/${name}` });
      expect(place?.position).toBeLessThanOrEqual(position);
      expect(under.disk.list('a-0').some((each) => each === `${name}.corrupt`)).toBe(true);
      expect(log.leaderEpochs.latest?.startOffset ?? 0).toBeLessThanOrEqual(log.endOffset);
      under.append(log, { leaderEpoch: 9 });
      under.settle();
      under.disk.crash({ powerLoss: true, random });
      expect(under.open().log().endOffset).toBe(log.endOffset);
    }
    expect(damaged).toBeGreaterThan(40);
  });

  test('knows damage in the middle of the journal from a torn end, and keeps what it cannot apply', () => {
    let told = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { under, before } = filledStore(seed, 1 << 16);
      const random = new SeededRandom(seed + 2_000);
      under.disk.crash({ powerLoss: true, random });
      const position = 4096 + random.nextInt(7_000);
      under.disk.flip('journal/0.journal', position, 1 << random.nextInt(8));
      under.open();
      const log = under.store.logs()[0];
      const found = log === undefined ? [] : readAll(log);
      expect(isPrefix(found, before), `seed ${seed}`).toBe(true);
      if (found.length === before.length) continue;
      told += 1;
      expect(under.report?.journalDamage, `seed ${seed}`).toMatchObject({ path: 'journal/0.journal' });
      expect(under.report?.journalDamage?.position).toBeLessThanOrEqual(position);
      if (log === undefined) continue;
      expect(under.report?.corrupt).toHaveLength(1);
      expect(under.disk.list('a-0').some((name) => name.endsWith('.journal.corrupt'))).toBe(true);
    }
    expect(told).toBeGreaterThan(40);
  });

  test('makes indexes, snapshots and epochs again where they are missing or make no sense', () => {
    for (const suffix of ['.index', '.timeindex', '.snapshot', 'leader-epoch-checkpoint']) {
      for (const how of ['flip', 'cut', 'remove', 'zero', 'grow']) {
        const { under, before } = filledStore(3, 1 << 16);
        const epochs = under.log().leaderEpochs.entries();
        under.close();
        for (const name of under.disk.list('a-0').filter((each) => each.endsWith(suffix))) {
          const path = `a-0/${name}`;
          const file = under.disk.open(path, { create: false });
          const size = file.size();
          if (how === 'remove') under.disk.remove(path);
          else if (size === 0) continue;
          else if (how === 'cut') file.truncate(size - 1);
          else if (how === 'zero') file.write(0, [new Uint8Array(size)]);
          else if (how === 'grow') file.truncate(size + 64);
          else under.disk.flip(path, size >> 1, 0x10);
        }
        const again = new StoreUnderTest(under.disk, { verify: 'recent' }).open();
        expect(readAll(again.log()), `${suffix} ${how}`).toEqual(before);
        expect(again.report?.corrupt).toEqual([]);
        expect(again.log().leaderEpochs.entries(), `${suffix} ${how}`).toEqual(epochs);
        for (const header of before) {
          const read = again.log().read(header.lastOffset, { maxBytes: 1, endOffset: 1_000, minOneBatch: true });
          expect(read?.firstOffset, `${suffix} ${how}`).toBe(header.baseOffset);
        }
      }
    }
  });

  test('does not serve a batch that went bad while the node was running [S1]', () => {
    const { under } = filledStore(1, 1 << 16);
    const log = under.log();
    under.disk.flip('a-0/00000000000000000000.log', 70, 1);
    const limits = { maxBytes: 10_000, endOffset: log.endOffset, minOneBatch: true };
    expect(() => log.read(0, limits)).toThrow(/no valid batch at byte 0/);
  });

  test('stops where it reads such a batch, and the next start cuts the log there, though it trusts what is old', () => {
    const failures: string[] = [];
    const { under, before } = filledStore(1, 1 << 16, {
      verify: 'recent', onDiskFailed: (error) => failures.push(error.code),
    });
    under.close();
    const [, second] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
    const base = Number.parseInt(second ?? '', 10);
    under.disk.flip(`a-0/${second}`, 70, 1);
    const log = under.open().log();
    expect(under.report?.corrupt).toEqual([]);
    const limits = { maxBytes: 100, endOffset: log.endOffset, minOneBatch: true };
    expect(() => log.read(base, limits)).toThrow(/no valid batch/);
    expect(failures).toEqual(['data-corrupt']);
    under.disk.crash({ powerLoss: false, random: new SeededRandom(1) });
    expect(under.open().log().endOffset).toBe(base);
    expect(under.report?.corrupt).toMatchObject([{ topic: 'a', offset: base, position: 0 }]);
    expect(isPrefix(readAll(under.log()), before)).toBe(true);
  });

  test('starts where the first header of an old segment makes no sense, or its file is short', () => {
    for (const how of ['flip', 'cut', 'empty']) {
      const { under, before } = filledStore(1, 1 << 16, { verify: 'recent' });
      under.close();
      const [first] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
      if (how === 'flip') under.disk.flip(`a-0/${first}`, BatchField.magic, 0x40);
      else under.disk.cut(`a-0/${first}`, how === 'cut' ? 100 : 0);
      expect(under.open().report?.corrupt, how).toHaveLength(1);
      expect(isPrefix(readAll(under.log()), before), how).toBe(true);
    }
  });

  test('replays no producer from a batch that does not pass its check', () => {
    const { under, before } = filledStore(1, 1 << 16, { verify: 'recent' });
    under.close();
    const snapshots = under.disk.list('a-0').filter((each) => each.endsWith('.snapshot'));
    for (const name of snapshots) under.disk.lose(`a-0/${name}`);
    const [, second] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
    under.disk.flip(`a-0/${second}`, BatchField.baseSequence, 0x40);
    expect(under.open().report?.corrupt).toHaveLength(1);
    expect(isPrefix(readAll(under.log()), before)).toBe(true);
  });

  test('takes the leader epochs from the batches where digits of the checkpoint have changed', () => {
    for (let position = 4; position < 20; position++) {
      const { under } = filledStore(3, 1 << 16, { verify: 'recent' });
      const epochs = under.log().leaderEpochs.entries();
      under.close();
      under.disk.flip('a-0/leader-epoch-checkpoint', position, 1);
      expect(under.open().log().leaderEpochs.entries(), `byte ${position}`).toEqual(epochs);
    }
  });

  test('reports a segment that is gone', () => {
    const { under, before } = filledStore(1, 1 << 16);
    under.close();
    const [, second] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
    under.disk.remove(`a-0/${second}`);
    const log = under.open().log();
    expect(under.report?.corrupt).toMatchObject([{ topic: 'a', offset: Number.parseInt(second ?? '', 10) }]);
    expect(isPrefix(readAll(log), before)).toBe(true);
  });

  test('reports a log whose first segments are gone, and begins it anew where it began', () => {
    const { under } = filledStore(1, 1 << 16);
    under.close();
    const [first] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
    under.disk.remove(`a-0/${first}`);
    const log = under.open().log();
    const reason = 'the segments begin here, the log at 0';
    expect(under.report?.corrupt).toMatchObject([{ topic: 'a', offset: 0, reason }]);
    expect(log).toMatchObject({ startOffset: 0, endOffset: 0 });
  });

  test('says so at every start until the cluster is told, whatever power fails in between', () => {
    for (let powerLosses = 0; powerLosses < 12; powerLosses++) {
      const { under } = filledStore(1, 1 << 16);
      under.close();
      const [, second] = under.disk.list('a-0').filter((name) => name.endsWith('.log'));
      under.disk.lose(`a-0/${second}`);
      // Each start comes a little further, and all but the last of them are cut short.
      for (let at = 1; at <= powerLosses; at++) {
        under.startOpening();
        for (let syncs = 0; syncs < at; syncs++) under.disk.completeSyncs();
        under.disk.crash({ powerLoss: true, random: new SeededRandom(at), names: 'any' });
      }
      under.open();
      expect(under.report).toMatchObject({ hasUntoldLoss: true, isClean: false });
      under.close();
      expect(under.open().report).toMatchObject({ hasUntoldLoss: true, isClean: false });
      under.store.forgetLoss(() => {});
      under.settle();
      under.close();
      expect(under.open().report).toMatchObject({ hasUntoldLoss: false, isClean: true });
    }
  });
});
