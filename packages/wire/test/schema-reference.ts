/** Reads the protocol's own message schemas, where they are at hand, and says them in the words of the tables here. */
import { existsSync, readFileSync } from 'node:fs';
import type { FieldSpec, Fields } from '../src/field.ts';
import { ALL_VERSIONS, parseVersions, type VersionRange } from '../src/versions.ts';

/** Beside the checkout, never in it. */
const REFERENCE = new URL('../../../../shared/reference/kafka-messages/', import.meta.url);

export const referenceIsHere = existsSync(REFERENCE);

/** A field, however it was written down, limited to the versions that are looked at. */
export interface PlainField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullable: string;
  readonly tag: number | undefined;
  readonly defaultValue: unknown;
  readonly ignorable: boolean;
  readonly mapKey: boolean;
  readonly fields: readonly PlainField[];
}

interface JsonField {
  readonly name: string;
  readonly type: string;
  readonly versions?: string;
  readonly nullableVersions?: string;
  readonly taggedVersions?: string;
  readonly tag?: number;
  readonly default?: string | number | boolean;
  readonly ignorable?: boolean | string;
  readonly mapKey?: boolean | string;
  readonly fields?: readonly JsonField[];
}

export interface JsonMessage {
  readonly apiKey?: number;
  readonly name: string;
  readonly validVersions: string;
  readonly flexibleVersions: string;
  readonly fields: readonly JsonField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly JsonField[] }[];
}

/** A schema by its name, from whichever folder has it. */
export function readReference(name: string): JsonMessage {
  for (const folder of ['rpc', 'rpc-extra', 'records/group', 'records/transaction', 'records/raft']) {
    const file = new URL(`${folder}/${name}.json`, REFERENCE);
    if (!existsSync(file)) continue;
    const lines = readFileSync(file, 'utf8').split('\n');
    return JSON.parse(lines.filter((line) => !line.trimStart().startsWith('//')).join('\n')) as JsonMessage;
  }
  throw new Error(`no schema ${name} in the reference`);
}

/** The fields of a schema within a range of versions; fields that no version of the range has are left out. */
export function plainReference(message: JsonMessage, range: VersionRange): readonly PlainField[] {
  const structs = new Map((message.commonStructs ?? []).map((struct) => [struct.name, struct.fields]));
  const plain = (fields: readonly JsonField[], within: VersionRange): PlainField[] =>
    fields.flatMap((field) => {
      const versions = intersect(parseVersions(field.versions ?? field.taggedVersions ?? 'none'), within);
      if (versions.to < versions.from) return [];
      const element = field.type.replace(/^(\[\])+/, '');
      const inner = field.fields ?? structs.get(element);
      return [{
        name: field.name.charAt(0).toLowerCase() + field.name.slice(1),
        type: inner === undefined ? field.type : field.type.replace(element, 'struct'),
        versions: rangeText(versions),
        nullable: rangeText(intersect(parseVersions(field.nullableVersions ?? 'none'), versions)),
        tag: field.taggedVersions === undefined ? undefined : field.tag,
        defaultValue: referenceDefault(field, inner !== undefined),
        ignorable: String(field.ignorable ?? false) === 'true',
        mapKey: String(field.mapKey ?? false) === 'true',
        fields: inner === undefined ? [] : plain(inner, versions),
      }];
    });
  return plain(message.fields, range);
}

/** Fields that are tagged in some of their versions only; the tables here cannot say that. */
export function halfTagged(fields: readonly JsonField[]): readonly string[] {
  return fields.flatMap((field) => [
    ...(field.taggedVersions === undefined || (field.versions ?? field.taggedVersions) === field.taggedVersions
      ? []
      : [field.name]),
    ...halfTagged(field.fields ?? []),
  ]);
}

/** The same of a table of this package. */
export function plainTable(fields: Fields, range: VersionRange): readonly PlainField[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const versions = intersect(field.versions, range);
    if (versions.to < versions.from) return [{ ...plainField(name, field, versions), versions: 'never' }];
    return [plainField(name, field, versions)];
  });
}

function plainField(name: string, field: FieldSpec, versions: VersionRange): PlainField {
  let type = '';
  let spec = field.type;
  while (spec.kind === 'array') {
    type += '[]';
    if (spec.element.versions !== ALL_VERSIONS) throw new Error(`${name}: an element has versions of its own`);
    spec = spec.element.type;
  }
  return {
    name,
    type: type + spec.kind,
    versions: rangeText(versions),
    nullable: rangeText(intersect(field.nullable, versions)),
    tag: field.tag,
    defaultValue: tableDefault(field),
    ignorable: field.ignorable,
    mapKey: field.mapKey,
    fields: spec.kind === 'struct' ? plainTable(spec.fields, versions) : [],
  };
}

function tableDefault(field: FieldSpec): unknown {
  const value = field.defaultValue;
  if (Array.isArray(value) || value instanceof Uint8Array) return 'empty';
  return value === undefined ? 'empty' : value;
}

function referenceDefault(field: JsonField, isStruct: boolean): unknown {
  const given = field.default === undefined ? undefined : String(field.default);
  if (given === 'null') return null;
  if (field.type.startsWith('[]') || isStruct || field.type === 'bytes') return 'empty';
  switch (field.type) {
    case 'string': return given ?? '';
    case 'bool': return given === 'true';
    case 'uuid': return 'AAAAAAAAAAAAAAAAAAAAAA';
    case 'records': return null;
    default: return Number(given ?? 0);
  }
}

function intersect(a: VersionRange, b: VersionRange): VersionRange {
  return { from: Math.max(a.from, b.from), to: Math.min(a.to, b.to) };
}

function rangeText(range: VersionRange): string {
  return range.to < range.from ? 'none' : `${range.from}-${range.to}`;
}
