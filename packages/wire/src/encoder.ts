/** Turns a schema and a version into a function that writes, once. The mirror of the decoder. */
import { AppError } from '@hapax/base';
import type { Encoding } from './decoder.ts';
import { isDefault } from './field-default.ts';
import type { Fields, FieldSpec } from './field.ts';
import { includesVersion } from './versions.ts';
import { WireWriter } from './wire-writer.ts';

/** Writes one value. */
export type Encode = (writer: WireWriter, value: unknown) => void;

/** A struct as the encoder sees it. */
type Struct = Readonly<Record<string, unknown>>;

/** Compiles the writer of a struct in one version. `what` names the message in failures. */
export function compileEncoder(what: string, fields: Fields, encoding: Encoding): Encode {
  return structEncoder(what, fields, encoding);
}

function fieldEncoder(what: string, field: FieldSpec, encoding: Encoding): Encode {
  const nullable = includesVersion(field.nullable, encoding.version);
  const encode = valueEncoder(what, field, encoding, nullable);
  if (nullable) return encode;
  return (writer, value) => {
    if (value === null) throw unsupported(`${what} is null, which version ${encoding.version} cannot say`);
    encode(writer, value);
  };
}

function valueEncoder(what: string, field: FieldSpec, encoding: Encoding, nullable: boolean): Encode {
  const { type } = field;
  const { flexible } = encoding;
  switch (type.kind) {
    case 'array':
      return arrayEncoder(fieldEncoder(`${what}[]`, type.element, encoding), flexible);
    case 'struct': {
      const encode = structEncoder(what, type.fields, encoding);
      return nullable ? nullableStructEncoder(encode) : encode;
    }
    case 'string':
      return (writer, value) => writer.string(value as string | null, flexible);
    case 'bytes':
    case 'records':
      return (writer, value) => writer.lengthPrefixed(value as Uint8Array | readonly Uint8Array[] | null, flexible);
    default:
      return FIXED[type.kind];
  }
}

const FIXED = {
  int8: (writer: WireWriter, value: unknown): void => writer.int8(value as number),
  int16: (writer: WireWriter, value: unknown): void => writer.int16(value as number),
  int32: (writer: WireWriter, value: unknown): void => writer.int32(value as number),
  int64: (writer: WireWriter, value: unknown): void => writer.int64(value as number),
  uint16: (writer: WireWriter, value: unknown): void => writer.uint16(value as number),
  float64: (writer: WireWriter, value: unknown): void => writer.float64(value as number),
  bool: (writer: WireWriter, value: unknown): void => writer.bool(value as boolean),
  uuid: (writer: WireWriter, value: unknown): void => writer.uuid(value as string),
} as const;

function arrayEncoder(encode: Encode, compact: boolean): Encode {
  return (writer, value) => {
    const values = value as readonly unknown[] | null;
    if (values === null) return writer.length(-1, compact);
    writer.length(values.length, compact);
    for (let index = 0; index < values.length; index++) encode(writer, values[index]);
  };
}

function nullableStructEncoder(encode: Encode): Encode {
  return (writer, value) => {
    writer.int8(value === null ? -1 : 1);
    if (value !== null) encode(writer, value);
  };
}

/** A field with its writer. */
interface Part {
  readonly name: string;
  readonly field: FieldSpec;
  readonly encode: Encode;
  /** What is written where the value is undefined. */
  readonly fallback: unknown;
}

function structEncoder(what: string, fields: Fields, encoding: Encoding): Encode {
  const parts: Part[] = [];
  const tagged: Part[] = [];
  const refused: Part[] = [];
  for (const [name, field] of Object.entries(fields)) {
    const path = `${what}.${name}`;
    const fallback = field.defaultValue === undefined ? {} : field.defaultValue;
    if (includesVersion(field.versions, encoding.version)) {
      const part: Part = { name, field, encode: fieldEncoder(path, field, encoding), fallback };
      (field.tag === undefined ? parts : tagged).push(part);
    } else if (!field.ignorable) {
      refused.push({ name, field, encode: refuse(path, encoding), fallback });
    }
  }
  tagged.sort((a, b) => a.field.tag! - b.field.tag!);
  return (writer, given) => {
    const struct = given as Struct;
    for (let index = 0; index < refused.length; index++) {
      const part = refused[index]!;
      if (!isDefault(part.field, struct[part.name])) part.encode(writer, struct[part.name]);
    }
    for (let index = 0; index < parts.length; index++) {
      const part = parts[index]!;
      const value = struct[part.name];
      part.encode(writer, value === undefined ? part.fallback : value);
    }
    if (encoding.flexible) writeTaggedFields(writer, tagged, struct);
  };
}

/** Tagged fields are written in the order of their tags, and only where they say something. [KIP-482] */
function writeTaggedFields(writer: WireWriter, tagged: readonly Part[], struct: Struct): void {
  let count = 0;
  for (let index = 0; index < tagged.length; index++) {
    if (!isDefault(tagged[index]!.field, struct[tagged[index]!.name])) count++;
  }
  writer.unsignedVarint(count);
  if (count === 0) return;
  for (const part of tagged) {
    const value = struct[part.name];
    if (isDefault(part.field, value)) continue;
    const nested = new WireWriter(true);
    part.encode(nested, value);
    writer.unsignedVarint(part.field.tag!);
    writer.unsignedVarint(nested.sizeBytes);
    for (const chunk of nested.finish()) writer.raw(chunk);
  }
}

function refuse(path: string, encoding: Encoding): Encode {
  return (_writer, value) => {
    throw unsupported(`${path} is ${describe(value)}, but version ${encoding.version} has no such field; leave it out`);
  };
}

function describe(value: unknown): string {
  return value === null || typeof value !== 'object' ? String(value) : 'set';
}

function unsupported(message: string): AppError {
  return new AppError('unsupported-version', message, { retriable: false, definite: true });
}
