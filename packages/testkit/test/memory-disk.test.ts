/** The disk in memory keeps the contract of the port, and loses what was not synced. */
import { SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { diskContract } from '../src/disk-contract.ts';
import { MemoryDisk } from '../src/memory-disk.ts';

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
});
