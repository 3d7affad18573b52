/** The start of a store: finds the logs, replays the journal over them, and makes the result durable. */
import { type AppError, type Disk, type DiskDone, type Logger, type Offset, sometimes, type Uuid } from '@hapax/base';
import {
  CLEAN_SHUTDOWN_FILE, decodeCleanShutdown, decodeOffsetCheckpoint, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT,
  type OffsetCheckpoint, RECOVERY_POINT_CHECKPOINT, UNTOLD_LOSS_FILE,
} from './checkpoint.ts';
import { JOURNAL_PATHS } from './journal-file.ts';
import type { JournalScan } from './journal-scan.ts';
import { scanJournal } from './journal-scan.ts';
import type { PartitionLog } from './log.ts';
import type { LogConfig } from './log-config.ts';
import { LossFound, recoverLog, type RecoveryContext } from './log-recovery.ts';
import {
  CORRUPT_SUFFIX, decodePartitionMetadata, DELETED_SUFFIX, parsePartitionDirectory, PARTITION_METADATA_FILE,
  partitionDirectory,
} from './partition-directory.ts';
import type { CorruptPlace, RecoveryReport } from './recovery-report.ts';
import { partitionKey, sumUpJournal, type PartitionReplay } from './replay.ts';
import { settleReferences } from './reference-check.ts';
import { readWholeFile, removeFile, replaceFile } from './replace-file.ts';
import { attempt, runTasks, type Task } from './run-tasks.ts';

const REWRITE_BYTES = 1024 * 1024;

export interface OpeningOptions extends RecoveryContext {
  readonly disk: Disk;
  readonly logger: Logger;
  readonly config: LogConfig;
  /** `all`: every batch is checked against its checksum; `recent`: those above the last checkpoint. */
  readonly verify: 'recent' | 'all';
}

export interface Opening {
  readonly logs: readonly PartitionLog[];
  readonly report: RecoveryReport;
  readonly scan: JournalScan;
  readonly highWatermarks: OffsetCheckpoint;
}

interface FoundDirectory {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
}

/**
 * Takes the clean-shutdown mark away before anything is written [bug 97], then recovers every log. Nothing that is
 * recovered is synced yet, and the journal is as it was: a crash now begins again from the same place.
 */
export function openLogs(options: OpeningOptions, done: (error?: AppError, opening?: Opening) => void): void {
  const { disk } = options;
  const mark = readWholeFile(disk, CLEAN_SHUTDOWN_FILE);
  const brokerEpoch = mark === undefined ? undefined : decodeCleanShutdown(mark);
  let opening: Opening | undefined;
  const removeMark = (next: DiskDone): void => removeFile(disk, CLEAN_SHUTDOWN_FILE, next);
  const journalFiles = JOURNAL_PATHS.filter((path) => disk.exists(path));
  const secureJournal = journalFiles.map((path) => (next: DiskDone): void => secureFile(disk, path, next));
  const recover = (next: DiskDone): void => settleReferences(disk, scanJournal(disk), (scan, error) => {
    if (error !== undefined) return next(error);
    recoverNoted(options, scan, brokerEpoch, (noteError, found) => {
      opening = found;
      next(noteError);
    });
  });
  runTasks([removeMark, ...secureJournal, recover], { concurrency: 1 }, (error) => done(error, opening));
}

/**
 * Where something that was durable has to be cut off, a note of it is made durable before: after the cut nothing shows
 * that there was more, and a crash might come before the cluster is told.
 */
function recoverNoted(
  options: OpeningOptions, scan: JournalScan, brokerEpoch: number | undefined,
  done: (error: AppError | undefined, opening?: Opening) => void,
): void {
  const { disk } = options;
  let opening: Opening | undefined;
  const recover = (mayCut: boolean): Task => (next) => {
    opening = recoverAll(options, scan, { brokerEpoch, mayCut });
    next();
  };
  const note: Task = (next) => replaceFile(disk, UNTOLD_LOSS_FILE, new Uint8Array(0), next);
  const noteAndCut = (): void => runTasks([note, recover(true)], { concurrency: 1 }, (error) => done(error, opening));
  if (scan.damage !== undefined || disk.exists(UNTOLD_LOSS_FILE)) return noteAndCut();
  attempt(recover(false), (error) => {
    if (error instanceof LossFound) noteAndCut();
    else done(error, opening);
  });
}

function recoverAll(
  options: OpeningOptions, scan: JournalScan,
  { brokerEpoch, mayCut }: { readonly brokerEpoch: number | undefined; readonly mayCut: boolean },
): Opening {
  const { disk, logger } = options;
  const isClean = brokerEpoch !== undefined && scan.entries.length === 0 && scan.damage === undefined;
  sometimes(isClean, 'log: a store opens after a clean stop');
  sometimes(scan.entries.length > 0, 'log: a journal is replayed over its segments');
  const replays = sumUpJournal(scan);
  removeDeleted(disk);
  const { found, unknown } = findDirectories(disk, replays);
  const recoveryPoints = readCheckpoint(disk, RECOVERY_POINT_CHECKPOINT);
  const starts = readCheckpoint(disk, LOG_START_CHECKPOINT);
  const logs: PartitionLog[] = [];
  const corrupt: CorruptPlace[] = [];
  let tornBytes = 0;
  for (const directory of found) {
    const name = partitionDirectory(directory.topic, directory.partition);
    const recovered = recoverLog(options, {
      ...directory,
      config: options.config,
      replay: replays.get(partitionKey(directory.topicId, directory.partition)),
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      isRestInJournal: scan.lastFile >= 0 && scan.damage === undefined && recoveryPoints.has(name),
      startOffset: starts.get(name),
      trustsIndexes: options.verify === 'recent',
      isClean,
      promisesRecoveryPoint: isClean || scan.lastFile >= 0,
      mayCut,
    });
    logs.push(recovered.log);
    corrupt.push(...recovered.corrupt);
    tornBytes += recovered.tornBytes;
  }
  for (const place of corrupt) logger.error({ ...place }, 'a log was damaged and is cut there');
  if (scan.damage !== undefined) logger.error({ ...scan.damage }, 'the journal was damaged');
  for (const name of unknown) logger.error({ directory: name }, 'a directory does not say which topic it belongs to');
  const report = {
    isClean: isClean && !mayCut, brokerEpoch, corrupt, hasUntoldLoss: mayCut, journalDamage: scan.damage,
    unknownDirectories: unknown,
    entriesReplayed: scan.entries.length, tornBytes,
  };
  return { logs, report, scan, highWatermarks: readCheckpoint(disk, HIGH_WATERMARK_CHECKPOINT) };
}

/** Directories of partitions that are there or that the journal says must be; those it says are gone are removed. */
function findDirectories(
  disk: Disk, replays: ReadonlyMap<string, PartitionReplay>,
): { found: readonly FoundDirectory[]; unknown: readonly string[] } {
  const found = new Map<string, FoundDirectory>();
  const unknown: string[] = [];
  for (const name of disk.list('')) {
    const parsed = parsePartitionDirectory(name);
    if (parsed === undefined) continue;
    const bytes = readWholeFile(disk, `${name}/${PARTITION_METADATA_FILE}`);
    const topicId = bytes === undefined ? undefined : decodePartitionMetadata(bytes);
    if (topicId === undefined) {
      // A directory that was being made when the power went; the journal makes it again where it is wanted.
      if (disk.list(name).every((file) => file === PARTITION_METADATA_FILE)) disk.remove(name);
      else unknown.push(setAside(disk, name));
      continue;
    }
    const key = partitionKey(topicId, parsed.partition);
    if (replays.get(key)?.exists === false) disk.remove(name);
    else found.set(key, { topicId, ...parsed });
  }
  for (const [key, replay] of replays) {
    if (!replay.exists || replay.topic === undefined || found.has(key)) continue;
    found.set(key, { topicId: replay.topicId, topic: replay.topic, partition: replay.partition });
  }
  return { found: [...found.values()], unknown };
}

/**
 * What is replayed must not be lost after it was acted on. A process that died may have left it unsynced; and if that
 * was because a sync failed, a sync alone would do nothing, for the pages count as clean. So they are written again.
 * [bug 110]
 */
function secureFile(disk: Disk, path: string, done: DiskDone): void {
  const file = disk.open(path, { create: false });
  for (let at = 0; at < file.size(); at += REWRITE_BYTES) {
    const bytes = file.read(at, REWRITE_BYTES);
    if (bytes.some((byte) => byte !== 0)) file.write(at, [bytes]);
  }
  file.sync(done);
  file.close();
}

/** Keeps a directory out of the way of a log that may get its name. */
function setAside(disk: Disk, name: string): string {
  let aside = name + CORRUPT_SUFFIX;
  for (let at = 1; disk.exists(aside); at++) aside = `${name}.${at}${CORRUPT_SUFFIX}`;
  disk.rename(name, aside);
  return aside;
}

/** Finishes removals that a stop has interrupted. */
function removeDeleted(disk: Disk): void {
  for (const name of disk.list('')) if (name.endsWith(DELETED_SUFFIX)) disk.remove(name);
}

function readCheckpoint(disk: Disk, path: string): ReadonlyMap<string, Offset> {
  const bytes = readWholeFile(disk, path);
  return (bytes === undefined ? undefined : decodeOffsetCheckpoint(bytes)) ?? new Map();
}
