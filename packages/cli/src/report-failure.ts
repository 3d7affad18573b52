/** A failure as people read it: what happened, and the next step. */
import { AppError } from '@hapax/base';
import { colorsFor, note, type Terminal } from './terminal.ts';

/** Writes a failure to standard error. */
export function reportFailure(terminal: Terminal, error: unknown): void {
  const colors = colorsFor(terminal, terminal.errors);
  note(terminal, `${colors.red('error:')} ${messageOf(error)}`);
  const step = nextStep(error);
  if (step !== undefined) note(terminal, `${colors.cyan('next:')}  ${step}`);
  if ((terminal.environment['HAPAX_DEBUG'] ?? '') !== '' && error instanceof Error) note(terminal, error.stack ?? '');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no',
  EACCES: 'no permission to read',
  EISDIR: 'a file is needed, and this is a directory:',
};

/** A file of the command line that cannot be read is a matter of usage; anything else stays as it is. */
export function asUsage(error: unknown): unknown {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) return error;
  const problem = FILE_PROBLEMS[String(error.code)];
  if (problem === undefined) return error;
  const path = 'path' in error ? String(error.path) : 'file of that name';
  return new AppError('usage', `${problem} ${path}`, { retriable: false, definite: true, cause: error });
}

const STEPS_BY_NAME: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: '`hapax topic list` shows the topics, `hapax topic create` makes one',
  TOPIC_ALREADY_EXISTS: '`hapax topic describe` shows it; `--if-not-exists` accepts it as it is',
  INVALID_REPLICATION_FACTOR: '`hapax cluster describe` shows how many brokers there are',
  INVALID_PARTITIONS: 'partitions can only be added; `hapax topic describe` shows how many there are',
  INVALID_CONFIG: '`hapax topic describe NAME --configs` shows names and values of settings',
  GROUP_ID_NOT_FOUND: '`hapax group list` shows the groups',
  NON_EMPTY_GROUP: 'stop its members; `hapax group describe` shows who they are',
  TRANSACTIONAL_ID_NOT_FOUND: '`hapax txn list` shows the transactional ids',
  INVALID_REGULAR_EXPRESSION: 'see https://github.com/google/re2/wiki/Syntax for what a pattern may be',
  UNKNOWN_MEMBER_ID: 'stop the members of the group; `hapax group describe` shows who they are',
  NOT_ENOUGH_REPLICAS: '`hapax cluster health` shows which brokers are missing',
};

/** What to do about a failure; undefined where the message says all. */
export function nextStep(error: unknown): string | undefined {
  if (!(error instanceof AppError)) return 'set HAPAX_DEBUG=1 to see where it came from';
  switch (error.code) {
    case 'not-ready':
    case 'timed-out':
    case 'connection-lost':
      return '`hapax doctor connect HOST:PORT` finds the broken step; `hapax up` starts a local cluster';
    case 'protocol-error':
      return STEPS_BY_NAME[String(error.details['errorName'])];
    case 'config-invalid':
    case 'usage':
      return undefined;
    case 'data-corrupt':
    case 'batch-malformed':
      return '`hapax log dump FILE` shows how far the file can be read';
    default:
      return undefined;
  }
}
