/** The real disk keeps the contract of the port, and says what the system said. */
import { AppError } from '@hapax/base';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { diskContract } from '@hapax/testkit/disk-contract';
import { diskFailure } from '../src/disk-failure.ts';
import { FsDisk } from '../src/fs-disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'hapax-disk-'));
afterAll(() => rmSync(folder, { recursive: true }));
let disks = 0;

function newDisk(): { disk: FsDisk; root: string } {
  const root = join(folder, `disk-${disks++}`);
  return { disk: new FsDisk(root), root };
}

diskContract('the real file system', () => {
  const { disk } = newDisk();
  return { disk, settle: () => syncsDone(disk) };
});

describe('the real disk', () => {
  test('writes more chunks than one system call takes', () => {
    const { disk, root } = newDisk();
    const file = disk.open('many', { create: true });
    const chunks = Array.from({ length: 2500 }, (_, index) => Uint8Array.of(index & 0xff, 1));
    file.write(3, chunks);
    expect(file.size()).toBe(5003);
    expect([...file.read(0, 5003).subarray(3)]).toEqual(chunks.flatMap((chunk) => [...chunk]));
    file.close();
    expect(readFileSync(join(root, 'many')).byteLength).toBe(5003);
  });

  test('keeps its size when bytes within it are written again', () => {
    const { disk } = newDisk();
    const file = disk.open('a', { create: true });
    file.write(0, [new Uint8Array(10)]);
    file.write(2, [Uint8Array.of(1)]);
    expect(file.size()).toBe(10);
    expect([...file.read(0, 10)]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    file.close();
  });

  test('keeps the descriptor open until the last sync on the way is done', async () => {
    const { disk } = newDisk();
    const file = disk.open('a', { create: true });
    file.write(0, [new Uint8Array(100_000)]);
    const errors: (AppError | undefined)[] = [];
    for (let count = 0; count < 5; count++) file.sync((error) => errors.push(error));
    file.close();
    const other = disk.open('b', { create: true });
    await syncsDone(disk);
    expect(errors).toEqual(Array(5).fill(undefined));
    other.write(0, [Uint8Array.of(1)]);
    other.close();
  });

  test('never leaves its directory', () => {
    const { disk } = newDisk();
    expect(() => disk.open('../outside', { create: true })).toThrow('leads out of the data directory');
    expect(() => disk.exists('/etc/hosts')).toThrow('leads out of the data directory');
  });

  test('says what a full disk, a missing file and any other failure are', () => {
    const failures = ['ENOSPC', 'EDQUOT', 'ENOENT', 'EIO', 'EMFILE'].map((code) => {
      const error = diskFailure('write', '/data/x', Object.assign(new Error(`${code}: it failed`), { code }));
      return [error.code, error.retriable, error.definite];
    });
    expect(failures).toEqual([
      ['disk-full', true, true],
      ['disk-full', true, true],
      ['disk-missing', false, true],
      ['disk-failed', false, false],
      ['disk-failed', false, false],
    ]);
  });

  test.skipIf(!existsSync('/dev/full'))('says that it is full (skipped where there is no /dev/full)', () => {
    const { disk, root } = newDisk();
    symlinkSync('/dev/full', join(root, 'full'));
    const file = disk.open('full', { create: false });
    for (const chunks of [[Uint8Array.of(1)], [Uint8Array.of(1), Uint8Array.of(2)]]) {
      expect(() => file.write(0, chunks)).toThrow(expect.objectContaining({ code: 'disk-full' }) as Error);
    }
    expect(file.size()).toBe(0);
    file.close();
  });

  test('reports a directory that cannot be synced', async () => {
    const { disk } = newDisk();
    const errors: (AppError | undefined)[] = [];
    disk.syncDirectory('absent', (error) => errors.push(error));
    await syncsDone(disk);
    expect(errors.map((error) => error?.code)).toEqual(['disk-missing']);
  });
});

async function syncsDone(disk: FsDisk): Promise<void> {
  while (disk.syncsInFlight > 0) await new Promise((resolve) => setImmediate(resolve));
}
