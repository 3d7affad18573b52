/**
 * Which references of the last round count: those whose bytes are in their segments. The others were reported to
 * nobody, and neither was what the journal has after them.
 */
import { crc32c, type Disk, type DiskDone } from '@hapax/base';
import { referenceOf } from './append-reference.ts';
import { EntryKind, type PlacedEntry } from './journal-entry.ts';
import type { JournalScan } from './journal-scan.ts';
import {
  decodePartitionMetadata, offsetFileName, parsePartitionDirectory, PARTITION_METADATA_FILE,
} from './partition-directory.ts';
import { readWholeFile } from './replace-file.ts';
import { partitionKey } from './replay.ts';
import { runTasks, type Task } from './run-tasks.ts';
import { LOG_SUFFIX } from './segment.ts';

interface FoundReference {
  readonly directory: string;
  readonly path: string;
  readonly position: number;
  readonly bytes: Uint8Array;
}

/**
 * Cuts the journal at the first reference that is neither proven by a later entry nor true, and makes the others true
 * for good: what counts now must count at every later start, too. `done` is given the entries that count.
 */
export function settleReferences(
  disk: Disk, scan: JournalScan, done: (scan: JournalScan, ...failed: Parameters<DiskDone>) => void,
): void {
  const open = scan.entries.filter((each) => each.kind === EntryKind.reference && each.sequence >= scan.provenBelow);
  if (open.length === 0) return done(scan);
  const directories = directoriesByKey(disk);
  const paths = new Set<string>();
  const names = new Set<string>(['']);
  let entries = scan.entries;
  for (const entry of open) {
    const found = findReference(disk, directories.get(partitionKey(entry.topicId, entry.partition)), entry);
    if (found === undefined) {
      entries = entries.filter((each) => each.sequence < entry.sequence);
      break;
    }
    // A sync that failed in the last life may have left pages that count as clean, so they are written again.
    rewrite(disk, found.path, found.position, found.bytes);
    const metadata = `${found.directory}/${PARTITION_METADATA_FILE}`;
    rewrite(disk, metadata, 0, readWholeFile(disk, metadata) ?? new Uint8Array(0));
    for (const path of [found.path, metadata]) paths.add(path);
    names.add(found.directory);
  }
  const syncFiles = [...paths].map((path): Task => (next) => {
    const file = disk.open(path, { create: false });
    file.sync(next);
    file.close();
  });
  const syncNames = [...names].map((name): Task => (next) => disk.syncDirectory(name, next));
  runTasks([...syncFiles, ...syncNames], { concurrency: 1 }, (error) => done({ ...scan, entries }, error));
}

/** The bytes that a reference names; undefined where others are in their place. */
function findReference(disk: Disk, directory: string | undefined, entry: PlacedEntry): FoundReference | undefined {
  if (directory === undefined) return undefined;
  const { segmentBase, position } = entry.place;
  const { sizeBytes, crc } = referenceOf(entry);
  const path = `${directory}/${offsetFileName(segmentBase, LOG_SUFFIX)}`;
  if (!disk.exists(path)) return undefined;
  const file = disk.open(path, { create: false });
  const bytes = file.read(position, sizeBytes);
  file.close();
  const isWhole = bytes.length === sizeBytes && crc32c(bytes) === crc;
  return isWhole ? { directory, path, position, bytes } : undefined;
}

/** Only directories that say whose they are: that was safe before anything in them was reported as durable. */
function directoriesByKey(disk: Disk): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const name of disk.list('')) {
    const parsed = parsePartitionDirectory(name);
    if (parsed === undefined) continue;
    const bytes = readWholeFile(disk, `${name}/${PARTITION_METADATA_FILE}`);
    const topicId = bytes === undefined ? undefined : decodePartitionMetadata(bytes);
    if (topicId !== undefined) found.set(partitionKey(topicId, parsed.partition), name);
  }
  return found;
}

function rewrite(disk: Disk, path: string, position: number, bytes: Uint8Array): void {
  const file = disk.open(path, { create: false });
  file.write(position, [bytes]);
  file.close();
}
