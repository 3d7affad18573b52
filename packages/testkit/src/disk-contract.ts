/** What every implementation of the disk port must do; run on the simulator's disk and on the real one. */
import { encodeText, type AppError, type Disk } from '@hapax/base';
import { describe, expect, test } from 'vitest';

/** A disk to try, empty at first, and how to let its syncs complete. */
export interface DiskUnderTest {
  readonly disk: Disk;
  /** Lets the syncs that were asked for complete; a real disk needs a turn of the event loop. */
  settle(): Promise<void> | void;
}

/** Defines the suite for one implementation. `makeDisk` gives a new, empty disk each time. */
export function diskContract(name: string, makeDisk: () => DiskUnderTest): void {
  describe(`${name} as a disk`, () => {
    contractOfFiles(makeDisk);
    contractOfNames(makeDisk);
    contractOfSyncs(makeDisk);
  });
}

const bytes = (text: string): Uint8Array => encodeText(text);
const plain = (read: Uint8Array): number[] => [...read];

function contractOfFiles(makeDisk: () => DiskUnderTest): void {
  test('a file that was written reads back at once, chunks back to back', () => {
    const file = makeDisk().disk.open('a', { create: true });
    file.write(0, [bytes('one '), bytes(''), bytes('two')]);
    expect(file.size()).toBe(7);
    expect(plain(file.read(0, 7))).toEqual(plain(bytes('one two')));
    file.write(4, [bytes('T')]);
    expect(plain(file.read(2, 3))).toEqual(plain(bytes('e T')));
    file.close();
  });

  test('a read at the end is short, and one beyond it is empty', () => {
    const file = makeDisk().disk.open('a', { create: true });
    file.write(0, [bytes('12345')]);
    expect(plain(file.read(3, 100))).toEqual(plain(bytes('45')));
    expect(file.read(5, 10).length).toBe(0);
    expect(file.read(99, 10).length).toBe(0);
    file.close();
  });

  test('a write beyond the end leaves zeros between', () => {
    const file = makeDisk().disk.open('a', { create: true });
    file.write(5000, [bytes('x')]);
    expect(file.size()).toBe(5001);
    expect(plain(file.read(4998, 3))).toEqual([0, 0, 0x78]);
    file.close();
  });

  test('truncation cuts, and extension gives zeros where there were bytes before', () => {
    const file = makeDisk().disk.open('a', { create: true });
    file.write(0, [new Uint8Array(9000).fill(7)]);
    file.truncate(4100);
    expect(file.size()).toBe(4100);
    file.truncate(9000);
    expect(plain(file.read(4098, 4))).toEqual([7, 7, 0, 0]);
    expect(plain(file.read(8999, 9))).toEqual([0]);
    file.close();
  });

  test('bytes that were read belong to the reader', () => {
    const file = makeDisk().disk.open('a', { create: true });
    file.write(0, [bytes('abc')]);
    const read = file.read(0, 3);
    file.write(0, [bytes('xyz')]);
    expect(plain(read)).toEqual(plain(bytes('abc')));
    file.close();
  });
}

function contractOfNames(makeDisk: () => DiskUnderTest): void {
  test('a file is there for a second opening, and absent files say so', () => {
    const { disk } = makeDisk();
    const first = disk.open('a', { create: true });
    first.write(0, [bytes('abc')]);
    first.close();
    const second = disk.open('a', { create: false });
    expect(plain(second.read(0, 3))).toEqual(plain(bytes('abc')));
    second.close();
    expect(codeOf(() => disk.open('b', { create: false }))).toBe('disk-missing');
    expect(codeOf(() => disk.open('no/such/b', { create: false }))).toBe('disk-missing');
  });

  test('directories are made with their parents, listed in byte order, and removed with what is in them', () => {
    const { disk } = makeDisk();
    disk.makeDirectory('d/e');
    disk.makeDirectory('d/e');
    for (const name of ['b', 'a', 'C']) disk.open(`d/e/${name}`, { create: true }).close();
    expect(disk.list('d/e')).toEqual(['C', 'a', 'b']);
    expect(disk.list('d')).toEqual(['e']);
    expect(disk.list('absent')).toEqual([]);
    disk.remove('d');
    disk.remove('d');
    expect(disk.exists('d/e/a')).toBe(false);
    expect(disk.exists('d')).toBe(false);
  });

  test('a rename replaces what had the name, and works on directories', () => {
    const { disk } = makeDisk();
    disk.makeDirectory('d');
    const old = disk.open('d/a', { create: true });
    old.write(0, [bytes('old')]);
    old.close();
    const fresh = disk.open('d/b', { create: true });
    fresh.write(0, [bytes('fresh')]);
    disk.rename('d/b', 'd/a');
    expect(disk.list('d')).toEqual(['a']);
    fresh.write(5, [bytes('!')]);
    fresh.close();
    disk.rename('d', 'e');
    const again = disk.open('e/a', { create: false });
    expect(plain(again.read(0, 99))).toEqual(plain(bytes('fresh!')));
    again.close();
  });

  test('an open file stays readable after its name is gone', () => {
    const { disk } = makeDisk();
    const file = disk.open('a', { create: true });
    file.write(0, [bytes('abc')]);
    disk.remove('a');
    expect(disk.exists('a')).toBe(false);
    expect(plain(file.read(0, 3))).toEqual(plain(bytes('abc')));
    file.close();
  });
}

function contractOfSyncs(makeDisk: () => DiskUnderTest): void {
  test('a sync reports later, never from within the call, and once', async () => {
    const { disk, settle } = makeDisk();
    disk.makeDirectory('d');
    const file = disk.open('d/a', { create: true });
    file.write(0, [bytes('abc')]);
    const reports: (AppError | undefined)[] = [];
    file.sync((error) => reports.push(error));
    disk.syncDirectory('d', (error) => reports.push(error));
    expect(reports).toEqual([]);
    await settle();
    await settle();
    expect(reports).toEqual([undefined, undefined]);
    file.close();
  });

  test('a file may be closed while its sync is on the way', async () => {
    const { disk, settle } = makeDisk();
    const file = disk.open('a', { create: true });
    file.write(0, [bytes('abc')]);
    const reports: (AppError | undefined)[] = [];
    file.sync((error) => reports.push(error));
    file.close();
    await settle();
    expect(reports).toEqual([undefined]);
  });

  test('free space is known', () => {
    expect(makeDisk().disk.freeBytes()).toBeGreaterThan(0);
  });
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return (error as AppError).code;
  }
}
