/** How `hapax` ends: one number for each kind of outcome, so that scripts can tell them apart. */
import { AppError } from '@hapax/base';

export const ExitCode = {
  /** Done. */
  ok: 0,
  /** It was tried, and failed. */
  failed: 1,
  /** The command line, or a setting, makes no sense. */
  usage: 2,
  /** Nobody answers yet, or the cluster is not healthy. The same command may work later. */
  notReady: 3,
  /** The command ran, and what it examined did not pass. */
  verdictFailed: 4,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** The exit code of a failure. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof AppError)) return ExitCode.failed;
  switch (error.code) {
    case 'usage':
    case 'config-invalid':
      return ExitCode.usage;
    case 'not-ready':
      return ExitCode.notReady;
    default:
      return ExitCode.failed;
  }
}

/** The failure of a command line that makes no sense; the message says what to write instead. */
export function usage(message: string): AppError {
  return new AppError('usage', message, { retriable: false, definite: true });
}
