/** What a configuration key is: a type, a default, a range and a sentence; and how its text becomes a value. */
import type { Endpoint } from '@hapax/base';

/** One key. `T` is what {@link ConfigKey.parse} gives. */
export interface ConfigKey<T> {
  /** In words, with the range, for the reference and for errors. */
  readonly type: string;
  /** As it would be written. */
  readonly defaultText: string;
  /** What it does, in sentences. */
  readonly doc: string;
  /** The value of a text; undefined where it is none. */
  parse(text: string): T | undefined;
}

/** A controller of the first quorum: `1@node-1:9192`. */
export interface ControllerAddress {
  readonly id: number;
  readonly endpoint: Endpoint;
}

interface Row {
  readonly default: string;
  readonly doc: string;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** Any text. */
export function text(row: Row): ConfigKey<string> {
  return { type: 'text', defaultText: row.default, doc: row.doc, parse: (given) => given };
}

/** `true` or `false`. */
export function flag(row: Row): ConfigKey<boolean> {
  const words = new Map([['true', true], ['false', false]]);
  const parse = (given: string): boolean | undefined => words.get(given);
  return { type: 'true or false', defaultText: row.default, doc: row.doc, parse };
}

/** A whole number. */
export function whole(row: Row & Range): ConfigKey<number> {
  const type = `whole number, ${row.min} to ${row.max}`;
  return { type, defaultText: row.default, doc: row.doc, parse: (given) => scaled(given, { '': 1 }, row) };
}

/** Bytes: a whole number, or one with a unit such as `64MiB`. */
export function bytes(row: Row & Range): ConfigKey<number> {
  const units = { '': 1, 'KiB': 1024, 'MiB': 1024 ** 2, 'GiB': 1024 ** 3 };
  const type = `bytes, or with KiB, MiB, GiB; ${row.min} to ${row.max}`;
  return { type, defaultText: row.default, doc: row.doc, parse: (given) => scaled(given, units, row) };
}

/** Milliseconds: a whole number, or one with a unit such as `7d`. */
export function milliseconds(row: Row & Range): ConfigKey<number> {
  const units = { '': 1, 'ms': 1, 's': 1000, 'm': 60_000, 'h': 3_600_000, 'd': 86_400_000 };
  const type = `milliseconds, or with s, m, h, d; ${row.min} to ${row.max}`;
  return { type, defaultText: row.default, doc: row.doc, parse: (given) => scaled(given, units, row) };
}

/** One of several words. */
export function oneOf<const T extends string>(words: readonly T[], row: Row): ConfigKey<T> {
  const parse = (given: string): T | undefined => words.find((word) => word === given);
  return { type: words.join(' or '), defaultText: row.default, doc: row.doc, parse };
}

/** Some of several words, separated by commas; at least one, none twice. */
export function someOf<const T extends string>(words: readonly T[], row: Row): ConfigKey<readonly T[]> {
  const parse = (given: string): readonly T[] | undefined => {
    const found = splitList(given).map((name) => words.find((word) => word === name));
    if (found.length === 0 || found.includes(undefined) || new Set(found).size < found.length) return undefined;
    return found as T[];
  };
  return { type: `list of ${words.join(', ')}`, defaultText: row.default, doc: row.doc, parse };
}

/** `auto`, or what another key allows. */
export function autoOr<T>(key: ConfigKey<T>): ConfigKey<T | 'auto'> {
  return { ...key, type: `auto, or ${key.type}`, parse: (given) => (given === 'auto' ? 'auto' : key.parse(given)) };
}

/** `host:port`. */
export function endpoint(row: Row): ConfigKey<Endpoint> {
  return { type: 'host:port', defaultText: row.default, doc: row.doc, parse: parseEndpoint };
}

/** The first controllers, separated by commas. */
export function controllers(row: Row): ConfigKey<readonly ControllerAddress[]> {
  const parse = (given: string): readonly ControllerAddress[] | undefined => {
    const found = splitList(given).map(parseController);
    const ids = new Set(found.map((controller) => controller?.id));
    return found.includes(undefined) || ids.size < found.length ? undefined : (found as ControllerAddress[]);
  };
  return { type: 'list of id@host:port', defaultText: row.default, doc: row.doc, parse };
}

/** The endpoint of `host:port` or `[::1]:port`; undefined where it is none. */
export function parseEndpoint(given: string): Endpoint | undefined {
  const match = /^(?:\[(?<bracketed>[^\]]+)\]|(?<plain>[^\s:@]+)):(?<port>\d{1,5})$/u.exec(given)?.groups;
  const host = match?.['bracketed'] ?? match?.['plain'];
  const port = Number(match?.['port']);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

/** The words between commas, without the space around them. */
export function splitList(given: string): string[] {
  return given.split(',').map((word) => word.trim()).filter((word) => word !== '');
}

function parseController(given: string): ControllerAddress | undefined {
  const match = /^(?<id>\d{1,10})@(?<at>.+)$/u.exec(given)?.groups;
  const at = parseEndpoint(match?.['at'] ?? '');
  const id = Number(match?.['id']);
  return at === undefined || at.port === 0 || id > 0x7fff_ffff ? undefined : { id, endpoint: at };
}

function scaled(given: string, units: Readonly<Record<string, number>>, range: Range): number | undefined {
  const match = /^(?<digits>-?\d{1,16})\s*(?<unit>[A-Za-z]*)$/u.exec(given)?.groups;
  const scale = units[match?.['unit'] ?? '?'];
  if (match === undefined || scale === undefined) return undefined;
  const value = Number(match['digits']) * scale;
  return value >= range.min && value <= range.max ? value : undefined;
}
