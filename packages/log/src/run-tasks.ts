/** Runs tasks that report by a callback, a few at a time. */
import { AppError, type DiskDone } from '@hapax/base';

/** A piece of work that calls `done` once. A thrown `AppError` counts as a report. */
export type Task = (done: DiskDone) => void;

/** Calls `done` when all tasks are done, or with the first error, after which no further task is begun. */
export function runTasks(tasks: readonly Task[], options: { readonly concurrency: number }, done: DiskDone): void {
  let next = 0;
  let running = 0;
  let ended = false;
  let starting = false;
  const end = (error?: AppError): void => {
    if (ended) return;
    ended = true;
    done(error);
  };
  const start = (): void => {
    if (starting) return;
    starting = true;
    while (!ended && running < options.concurrency && next < tasks.length) {
      running += 1;
      attempt(tasks[next++] as Task, finished);
    }
    starting = false;
    if (running === 0 && next === tasks.length) end();
  };
  const finished: DiskDone = (error) => {
    running -= 1;
    if (error !== undefined) end(error);
    else start();
  };
  start();
}

/** Runs a task; what it throws, if it is a failure of the world, is its report. */
export function attempt(task: Task, done: DiskDone): void {
  try {
    task(done);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    done(error);
  }
}
