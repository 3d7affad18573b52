/** Syncs what the journal would otherwise have to keep, and saves what is not in the segments. */
import type { Disk, DiskDone, Offset } from '@hapax/base';
import {
  encodeOffsetCheckpoint, HIGH_WATERMARK_CHECKPOINT, LOG_START_CHECKPOINT, RECOVERY_POINT_CHECKPOINT,
} from './checkpoint.ts';
import type { FilePool } from './file-pool.ts';
import type { PartitionLog } from './log.ts';
import { encodeLeaderEpochs } from './leader-epoch-checkpoint.ts';
import { LEADER_EPOCH_FILE } from './partition-directory.ts';
import { replaceFile, replaceFiles } from './replace-file.ts';
import { attempt, runTasks, type Task } from './run-tasks.ts';
import { UnsyncedFiles } from './unsynced-files.ts';

/** Few, so that the journal's own syncs are not held up. */
const CONCURRENCY = 2;

/** Everything that is in the files when this is called is durable when `done` is called. */
export function checkpointLogs(files: FilePool, logs: readonly PartitionLog[], done: DiskDone): void {
  const { disk } = files;
  const recoveryPoints = new Map<string, Offset>();
  const starts = new Map<string, Offset>();
  const tasks: Task[] = [];
  for (const log of logs) {
    recoveryPoints.set(log.directory, log.operations.filesEnd);
    starts.set(log.directory, log.checkpointState().startOffset);
    if (log.operations.takeChanged()) tasks.push(...tasksOf(files, log));
  }
  const roots = UnsyncedFiles.rootTasks(files, logs.map((log) => log.operations.unsynced));
  tasks.push(...(roots.length > 0 ? roots : [(next: DiskDone): void => disk.syncDirectory('', next)]));
  const checkpoints = new Map([
    [RECOVERY_POINT_CHECKPOINT, encodeOffsetCheckpoint(recoveryPoints)],
    [LOG_START_CHECKPOINT, encodeOffsetCheckpoint(starts)],
  ]);
  runTasks(tasks, { concurrency: CONCURRENCY }, (error) => {
    if (error === undefined) replaceFiles(disk, checkpoints, done);
    else done(error);
  });
}

/** Saves the high watermarks. */
export function saveHighWatermarks(disk: Disk, highWatermarks: ReadonlyMap<string, Offset>, done: DiskDone): void {
  replaceFile(disk, HIGH_WATERMARK_CHECKPOINT, encodeOffsetCheckpoint(highWatermarks), done);
}

function tasksOf(files: FilePool, log: PartitionLog): Task[] {
  const { disk } = files;
  const { directory } = log;
  const epochs = encodeLeaderEpochs(log.checkpointState().leaderEpochs);
  // A log may be removed while its checkpoint is on the way, and its directory's name go to another one.
  const unlessRemoved = (task: Task): Task => (done) => {
    if (log.isRemoved) done();
    else attempt(task, (error) => done(log.isRemoved ? undefined : error));
  };
  const saveEpochs = unlessRemoved((done) => replaceFile(disk, `${directory}/${LEADER_EPOCH_FILE}`, epochs, done));
  return [...log.operations.unsynced.syncTasks().map(unlessRemoved), saveEpochs];
}
