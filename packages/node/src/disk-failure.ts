/** What the operating system says about files, in the words of the disk port. */
import { AppError } from '@hapax/base';

/** The failure of a call on a file. The message names the call, the path and the system's own code. */
export function diskFailure(call: string, path: string, cause: unknown): AppError {
  const system = systemCode(cause);
  const what = `${call} of ${path} failed`;
  if (system === 'ENOENT') {
    return new AppError('disk-missing', `${what}: it does not exist`, { retriable: false, definite: true, cause });
  }
  if (system === 'ENOSPC' || system === 'EDQUOT') {
    const message = `${what}: no space is left (${system}); free some, or give the data directory a larger volume`;
    return new AppError('disk-full', message, { retriable: true, definite: true, cause });
  }
  const advice = system === 'EMFILE' || system === 'ENFILE' ? '; raise the limit of open files (ulimit -n)' : '';
  const message = `${what}: ${cause instanceof Error ? cause.message : String(cause)}${advice}`;
  return new AppError('disk-failed', message, { retriable: false, definite: false, cause });
}

/** The `errno` name of a failed call, such as `ENOENT`; undefined where there is none. */
export function systemCode(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
