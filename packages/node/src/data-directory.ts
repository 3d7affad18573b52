/** The data directory of a node: one process at a time, one node of one cluster for ever. */
import { AppError } from '@hapax/base';
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskFailure, systemCode } from './disk-failure.ts';
import { LevelStore } from './level-store.ts';

/** The layout of a data directory. A node refuses a directory of a later one. */
export const FORMAT_VERSION = 1;

const META_FILE = 'meta.json';
const PID_FILE = 'node.pid';
const METADATA_FOLDER = 'metadata';

/** Whose data a directory holds; what `meta.json` says. */
export interface Identity {
  readonly clusterId: string;
  readonly nodeId: number;
}

/** An opened data directory. */
export interface DataDirectory {
  readonly identity: Identity;
  /** Whether `meta.json` was written just now: the node starts for the first time. */
  readonly fresh: boolean;
  /** Raft's log and hard state. */
  readonly store: LevelStore;
}

/**
 * What the directory already says about itself; undefined for a new one. Throws `data-corrupt` where it makes no sense.
 */
export function readIdentity(directory: string): Identity | undefined {
  const path = join(directory, META_FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw diskFailure('read', path, cause);
  }
  const { formatVersion, clusterId, nodeId } = parseMeta(path, text);
  if (typeof formatVersion !== 'number' || typeof clusterId !== 'string' || typeof nodeId !== 'number') {
    throw corrupt(path, 'it must hold formatVersion, clusterId and nodeId');
  }
  if (formatVersion > FORMAT_VERSION) {
    const known = `this version reads up to ${FORMAT_VERSION}; use a newer one`;
    const message = `${directory} has format ${formatVersion}, ${known}`;
    throw new AppError('data-foreign', message, { retriable: false, definite: true });
  }
  return { clusterId, nodeId };
}

/**
 * Locks, checks and opens a data directory, which is made where it is absent.
 *
 * The lock is the one that LevelDB takes on its own files: the kernel keeps it, so it goes with the process, however
 * that ends, and it holds between containers that share a volume. `node.pid` only says whom to look for.
 *
 * Throws `disk-locked` where another process has it open, `data-foreign` where it belongs to another cluster or node.
 */
export async function openDataDirectory(directory: string, identity: Identity): Promise<DataDirectory> {
  makeDirectory(directory);
  const found = readIdentity(directory);
  if (found !== undefined) requireSame(directory, found, identity);
  const store = await openLocked(directory);
  try {
    writeText(join(directory, PID_FILE), `${process.pid}\n`);
    if (found === undefined) writeIdentity(directory, identity);
  } catch (cause) {
    await store.close();
    throw cause;
  }
  return { identity, fresh: found === undefined, store };
}

async function openLocked(directory: string): Promise<LevelStore> {
  try {
    return await LevelStore.open(join(directory, METADATA_FOLDER));
  } catch (cause) {
    if (!(cause instanceof AppError) || cause.code !== 'disk-locked') throw cause;
    const pid = readPid(directory);
    const holder = `another process (pid ${pid ?? 'unknown'})`;
    const message = `${directory} is open in ${holder}; stop it, or choose another data.dir`;
    throw new AppError('disk-locked', message, { retriable: true, definite: true, cause, details: { directory, pid } });
  }
}

function requireSame(directory: string, found: Identity, wanted: Identity): void {
  const differs =
    found.clusterId !== wanted.clusterId
      ? `cluster ${found.clusterId}, not to ${wanted.clusterId}; set cluster.id=${found.clusterId}`
      : found.nodeId !== wanted.nodeId
        ? `node ${found.nodeId}, not to ${wanted.nodeId}; set node.id=${found.nodeId}`
        : undefined;
  if (differs === undefined) return;
  const message = `${directory} belongs to ${differs}, or point data.dir at an empty directory`;
  throw new AppError('data-foreign', message, { retriable: false, definite: true, details: { found, wanted } });
}

/** Writes `meta.json` so that it is there whole or not at all, also after a loss of power. */
function writeIdentity(directory: string, identity: Identity): void {
  const path = join(directory, META_FILE);
  writeText(`${path}.new`, `${JSON.stringify({ formatVersion: FORMAT_VERSION, ...identity }, null, 2)}\n`);
  try {
    renameSync(`${path}.new`, path);
    const descriptor = openSync(directory, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  } catch (cause) {
    throw diskFailure('write', path, cause);
  }
}

function writeText(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flush: true });
  } catch (cause) {
    throw diskFailure('write', path, cause);
  }
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    throw diskFailure('make directory', directory, cause);
  }
}

function readPid(directory: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(join(directory, PID_FILE), 'utf8'), 10);
    return Number.isSafeInteger(pid) ? pid : undefined;
  } catch {
    return undefined;
  }
}

function parseMeta(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw corrupt(path, 'it is no JSON', cause);
  }
  throw corrupt(path, 'it is no object');
}

function corrupt(path: string, reason: string, cause?: unknown): AppError {
  return new AppError('data-corrupt', `${path}: ${reason}`, { retriable: false, definite: true, cause });
}
