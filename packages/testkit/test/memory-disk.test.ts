/** The disk in memory keeps the contract of the port, and loses what was not synced. */
import { SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { diskContract } from '../src/disk-contract.ts';
import { MemoryDisk } from '../src/memory-disk.ts';
import type { NameFate } from '../src/power-loss.ts';
import type { WriteFate } from '../src/memory-file.ts';

diskContract('the disk in memory', () => {
  const disk = new MemoryDisk();
  return { disk, settle: () => void disk.completeSyncs() };
});

function crashed(seed: number, work: (disk: MemoryDisk) => void): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeDirectory('d');
  disk.open('d/a', { create: true }).write(0, [new Uint8Array(4096).fill(1)]);
  disk.open('d/a', { create: false }).sync(() => {});
  disk.syncDirectory('d', () => {});
  disk.syncDirectory('', () => {});
  disk.completeSyncs();
  work(disk);
  disk.crash({ powerLoss: true, random: new SeededRandom(seed) });
  return disk;
}

const content = (disk: MemoryDisk, path: string): number[] => [...disk.open(path, { create: false }).read(0, 10_000)];

describe('the disk in memory', () => {
  test('keeps what was synced, and of the rest any sectors, whole ones', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 50; seed++) {
      const disk = crashed(seed, (each) => {
        each.open('d/a', { create: false }).write(0, [new Uint8Array(4096).fill(2)]);
      });
      const bytes = content(disk, 'd/a');
      expect(bytes).toHaveLength(4096);
      const sectors = Array.from({ length: 8 }, (_, at) => new Set(bytes.slice(at * 512, at * 512 + 512)));
      expect(sectors.every((sector) => sector.size === 1)).toBe(true);
      seen.add(sectors.map((sector) => [...sector][0]).join(''));
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  test('may lose new names, and keeps them once their directory was synced', () => {
    const counts = { lost: 0, kept: 0 };
    for (let seed = 0; seed < 20; seed++) {
      const disk = crashed(seed, (each) => {
        each.open('d/b', { create: true }).sync(() => {});
        each.completeSyncs();
      });
      counts[disk.exists('d/b') ? 'kept' : 'lost'] += 1;
      const synced = crashed(seed, (each) => {
        each.open('d/b', { create: true });
        each.syncDirectory('d', () => {});
        each.completeSyncs();
      });
      expect(synced.exists('d/b')).toBe(true);
    }
    expect(counts.lost).toBeGreaterThan(2);
    expect(counts.kept).toBeGreaterThan(2);
  });

  test('brings back what was removed or cut and not synced', () => {
    const counts = { old: 0, new: 0 };
    for (let seed = 0; seed < 20; seed++) {
      const disk = crashed(seed, (each) => each.open('d/a', { create: false }).truncate(10));
      counts[content(disk, 'd/a').length === 4096 ? 'old' : 'new'] += 1;
    }
    expect(Math.min(counts.old, counts.new)).toBeGreaterThan(2);
  });

  test('a crash of the process loses no write, but leaves it to be lost with the power', () => {
    const disk = new MemoryDisk();
    disk.open('a', { create: true }).write(0, [Uint8Array.of(7)]);
    disk.crash({ powerLoss: false, random: new SeededRandom(1) });
    expect(content(disk, 'a')).toEqual([7]);
    const lost = [1, 2, 3, 4, 5, 6].some((seed) => {
      const other = new MemoryDisk();
      other.open('a', { create: true }).write(0, [Uint8Array.of(7)]);
      other.crash({ powerLoss: false, random: new SeededRandom(seed) });
      other.crash({ powerLoss: true, random: new SeededRandom(seed) });
      return !other.exists('a');
    });
    expect(lost).toBe(true);
  });

  test('after a failed sync the next one reports success, and the bytes are not safe all the same', () => {
    const disk = crashed(3, (each) => {
      const file = each.open('d/a', { create: false });
      file.write(0, [Uint8Array.of(9)]);
      each.failOnce('sync', 0);
      const reports: string[] = [];
      file.sync((error) => reports.push(error?.code ?? 'done'));
      file.sync((error) => reports.push(error?.code ?? 'done'));
      each.completeSyncs();
      expect(reports).toEqual(['disk-failed', 'done']);
    });
    expect(content(disk, 'd/a')[0]).toBe(1);
  });

  test('refuses a write that does not fit and changes nothing by it', () => {
    const disk = new MemoryDisk({ capacityBytes: 10 });
    const file = disk.open('a', { create: true });
    file.write(0, [new Uint8Array(8)]);
    expect(() => file.write(8, [new Uint8Array(3)])).toThrow(/2 are free/);
    expect([file.size(), disk.freeBytes()]).toEqual([8, 2]);
  });

  test('changes, cuts and loses durable files at rest', () => {
    const disk = crashed(1, () => {});
    disk.flip('d/a', 5, 0x80);
    disk.cut('d/a', 8);
    disk.crash({ powerLoss: true, random: new SeededRandom(1), names: 'none', writes: 'lost' });
    expect(content(disk, 'd/a')).toEqual([1, 1, 1, 1, 1, 0x81, 1, 1]);
    disk.lose('d/a');
    disk.crash({ powerLoss: true, random: new SeededRandom(1) });
    expect(disk.exists('d/a')).toBe(false);
  });

  test('fails a read, a write or a sync once, as it is told to', () => {
    const disk = crashed(1, () => {});
    const file = disk.open('d/a', { create: false });
    disk.failOnce('read', 1);
    expect(file.read(0, 1)).toEqual(Uint8Array.of(1));
    expect(() => file.read(0, 1)).toThrow(/read of d\/a failed/);
    expect(file.read(0, 1)).toEqual(Uint8Array.of(1));
    disk.failOnce('write', 0);
    expect(() => file.write(0, [Uint8Array.of(9)])).toThrow(/write of d\/a failed/);
    expect(file.read(0, 1)).toEqual(Uint8Array.of(1));
  });

  test('reads once as if what is not on the disk yet had not been written', () => {
    const disk = crashed(1, () => {});
    const file = disk.open('d/a', { create: false });
    file.write(4096, [new Uint8Array(2).fill(7)]);
    disk.readStaleOnce((path) => path === 'd/a', 0);
    expect([...file.read(4095, 3)]).toEqual([1, 0, 0]);
    expect([...file.read(4095, 3)]).toEqual([1, 7, 7]);
  });

  test('lets bits rot, which an observer does not see, until they are written anew or mended', () => {
    const disk = crashed(1, () => {});
    const file = disk.open('d/a', { create: false });
    const mend = disk.rot('d/a', 1, 0x80);
    disk.rot('d/a', 2, 0x80);
    expect([...file.read(0, 4)]).toEqual([1, 0x81, 0x81, 1]);
    disk.failOnce('read', 0);
    expect([...disk.asWritten(() => file.read(0, 4))]).toEqual([1, 1, 1, 1]);
    disk.clearFaults();
    file.write(2, [Uint8Array.of(5)]);
    expect([...file.read(0, 4)]).toEqual([1, 0x81, 5, 1]);
    mend();
    expect([...file.read(0, 4)]).toEqual([1, 1, 5, 1]);
  });

  test('answers syncs that hung once it goes on, in order', () => {
    const disk = new MemoryDisk();
    const file = disk.open('a', { create: true });
    const done: string[] = [];
    disk.stallSyncs();
    file.sync(() => done.push('first'));
    file.sync(() => done.push('second'));
    disk.completeSyncs();
    expect(done).toEqual([]);
    disk.resumeSyncs();
    expect(done).toEqual(['first', 'second']);
  });
});

/** Ten sectors of zeros are durable; then each is written on its own, the first one with 1, the last one with 10. */
function writtenInTurn(seed: number, writes: WriteFate): number[] {
  const disk = new MemoryDisk();
  const file = disk.open('a', { create: true });
  file.truncate(5120);
  file.sync(() => {});
  disk.syncDirectory('', () => {});
  disk.completeSyncs();
  for (let sector = 0; sector < 10; sector++) file.write(sector * 512, [new Uint8Array(512).fill(sector + 1)]);
  disk.crash({ powerLoss: true, random: new SeededRandom(seed), writes });
  const bytes = content(disk, 'a');
  return Array.from({ length: 10 }, (_, sector) => bytes[sector * 512] as number);
}

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

describe('a loss of power', () => {
  test('keeps the first writes and not the later ones, where they are torn', () => {
    for (const seed of SEEDS) {
      const found = writtenInTurn(seed, 'torn');
      const kept = found.filter((byte) => byte !== 0).length;
      expect(found).toEqual(found.map((_, sector) => (sector < kept ? sector + 1 : 0)));
    }
  });

  test('cuts a torn write between two sectors', () => {
    const disk = new MemoryDisk();
    disk.open('a', { create: true }).truncate(5120);
    disk.open('a', { create: false }).sync(() => {});
    disk.syncDirectory('', () => {});
    disk.completeSyncs();
    disk.open('a', { create: false }).write(100, [new Uint8Array(4000).fill(1)]);
    disk.crash({ powerLoss: true, random: new SeededRandom(5), writes: 'torn' });
    const written = content(disk, 'a').lastIndexOf(1) + 1;
    expect(written % 512).toBe(0);
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(4100);
  });

  test('keeps later writes and loses earlier ones, where they are reordered', () => {
    const seen = new Set<string>();
    for (const seed of SEEDS) {
      const found = writtenInTurn(seed, 'reordered');
      const lost = found.filter((byte) => byte === 0).length;
      expect(found).toEqual(found.map((_, sector) => (sector < lost ? 0 : sector + 1)));
      seen.add(found.join());
    }
    expect(seen.size).toBeGreaterThan(5);
  });

  test('loses any of the writes, each as a whole, where they are lost', () => {
    const holes = SEEDS.filter((seed) => {
      const found = writtenInTurn(seed, 'lost');
      expect(found.every((byte, sector) => byte === 0 || byte === sector + 1)).toBe(true);
      return found.slice(0, found.findLastIndex((byte) => byte !== 0) + 1).includes(0);
    });
    expect(holes.length).toBeGreaterThan(10);
  });

  test('puts a sector in the place of another one, but never where something durable stands', () => {
    const strange = SEEDS.filter((seed) =>
      writtenInTurn(seed, 'misdirected').some((byte, sector) => byte !== 0 && byte !== sector + 1));
    expect(strange.length).toBeGreaterThan(5);
    for (const seed of SEEDS) {
      const twos = new Uint8Array(4096).fill(2);
      const disk = crashed(seed, (each) => each.open('d/a', { create: false }).write(0, [twos]));
      expect(content(disk, 'd/a').every((byte) => byte === 1 || byte === 2)).toBe(true);
    }
  });

  test('takes back changes of names: the last ones, any, or all', () => {
    const left = (names: NameFate, seed: number): string => {
      const disk = crashed(1, () => {});
      for (const name of ['b', 'c', 'e', 'f']) disk.open(`d/${name}`, { create: true });
      disk.crash({ powerLoss: true, random: new SeededRandom(seed), names });
      return disk.list('d').join('');
    };
    expect(new Set(SEEDS.map((seed) => left('none', seed)))).toEqual(new Set(['a']));
    expect(new Set(SEEDS.map((seed) => left('first', seed)))).toEqual(new Set(['a', 'ab', 'abc', 'abce', 'abcef']));
    expect(new Set(SEEDS.map((seed) => left('any', seed))).size).toBeGreaterThan(8);
  });
});
