/** What happens when a disk does not give back what was written: nothing more is served from it. */
import { AppError, type Disk } from '@hapax/base';
import { INDEX_SUFFIXES, LOG_SUFFIX } from './segment.ts';

/** Runs a read of stored batches; a failure is told to the store before it is thrown. */
export type GuardedRead = <T>(read: () => T) => T;

/** Reads whose failures are told to `onFailed`. */
export function guardedReads(onFailed: (error: AppError) => void): GuardedRead {
  return (read) => {
    try {
      return read();
    } catch (error) {
      if (error instanceof AppError) onFailed(error);
      throw error;
    }
  };
}

/**
 * Makes the next start look at every batch of a segment that was found damaged: without its indexes it is read batch by
 * batch, and the log is cut at the damage, so that the node fetches the rest from the others. [bugs 103, 111]
 */
export function distrustDamaged(disk: Disk, error: AppError): void {
  const path = error.code === 'data-corrupt' ? error.details['path'] : undefined;
  if (typeof path !== 'string') return;
  for (const suffix of INDEX_SUFFIXES) disk.remove(path.slice(0, -LOG_SUFFIX.length) + suffix);
}
