/** Ranges of versions as schemas write them: `3+`, `0-4`, `7`, `none`. */
import { assert } from '@hapax/base';

/** Versions `from` to `to`, both included; empty where `to` is below `from`. */
export interface VersionRange {
  readonly from: number;
  readonly to: number;
}

/** The open end of `3+`: versions are int16 on the wire. */
const OPEN_END = 32767;

/** `0+`. */
export const ALL_VERSIONS: VersionRange = { from: 0, to: OPEN_END };
/** `none`. */
export const NO_VERSIONS: VersionRange = { from: 0, to: -1 };

/** Reads a range. Stops on anything else: ranges stand in our own tables. */
export function parseVersions(text: string): VersionRange {
  if (text === 'none') return NO_VERSIONS;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  assert(match !== null, `versions "${text}" are neither "3+" nor "0-4" nor "7" nor "none"`);
  const from = Number(match[1]);
  if (match[2] === '+') return { from, to: OPEN_END };
  return { from, to: match[3] === undefined ? from : Number(match[3]) };
}

/** Whether a version lies in a range. */
export function includesVersion(range: VersionRange, version: number): boolean {
  return version >= range.from && version <= range.to;
}
