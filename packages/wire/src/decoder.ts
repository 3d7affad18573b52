/** Turns a schema and a version into a function that reads, once, so that reading a message looks nothing up. */
import { makeDefault } from './field-default.ts';
import type { Fields, FieldSpec, PrimitiveKind } from './field.ts';
import { includesVersion } from './versions.ts';
import type { WireReader } from './wire-reader.ts';

/** Reads one value and moves the reader behind it. */
export type Decode = (reader: WireReader) => unknown;

/** Which encoding is read or written. */
export interface Encoding {
  readonly version: number;
  /** Whether lengths are compact and structs end in tagged fields. [KIP-482] */
  readonly flexible: boolean;
}

interface Decoder {
  readonly decode: Decode;
  /** No value of this type is shorter on the wire; at least 1, so that it bounds the elements of an array. */
  readonly minimumBytes: number;
}

/** Compiles the reader of a struct in one version. */
export function compileDecoder(fields: Fields, encoding: Encoding): Decode {
  return structDecoder(fields, encoding).decode;
}

/** Reads past a section of tagged fields that are all unknown. */
export function skipTaggedFields(reader: WireReader): void {
  for (let count = reader.unsignedVarint(); count > 0; count--) {
    reader.unsignedVarint();
    reader.skip(reader.unsignedVarint());
  }
}

function fieldDecoder(field: FieldSpec, encoding: Encoding): Decoder {
  const { type } = field;
  const nullable = includesVersion(field.nullable, encoding.version);
  switch (type.kind) {
    case 'array':
      return arrayDecoder(fieldDecoder(type.element, encoding), encoding.flexible, nullable);
    case 'struct': {
      const inner = structDecoder(type.fields, encoding);
      return nullable ? nullableStructDecoder(inner.decode) : inner;
    }
    case 'string':
      return { decode: stringDecoder(encoding.flexible, nullable), minimumBytes: encoding.flexible ? 1 : 2 };
    case 'bytes':
    case 'records':
      return { decode: bytesDecoder(encoding.flexible, nullable), minimumBytes: encoding.flexible ? 1 : 4 };
    default:
      return FIXED[type.kind];
  }
}

const FIXED: Readonly<Record<Exclude<PrimitiveKind, 'string' | 'bytes' | 'records'>, Decoder>> = {
  int8: { decode: (reader) => reader.int8(), minimumBytes: 1 },
  int16: { decode: (reader) => reader.int16(), minimumBytes: 2 },
  int32: { decode: (reader) => reader.int32(), minimumBytes: 4 },
  int64: { decode: (reader) => reader.int64(), minimumBytes: 8 },
  uint16: { decode: (reader) => reader.uint16(), minimumBytes: 2 },
  float64: { decode: (reader) => reader.float64(), minimumBytes: 8 },
  bool: { decode: (reader) => reader.bool(), minimumBytes: 1 },
  uuid: { decode: (reader) => reader.uuid(), minimumBytes: 16 },
};

function stringDecoder(compact: boolean, nullable: boolean): Decode {
  return (reader) => {
    const size = compact ? reader.compactLength() : reader.shortLength();
    if (size < 0) return nullOr(reader, nullable, 'a string');
    // Compact lengths could say more, but no string of Kafka's is longer. [KIP-482]
    if (size > 0x7fff) throw reader.fail(`a string of ${size} bytes is longer than 32767`);
    return reader.text(size);
  };
}

function bytesDecoder(compact: boolean, nullable: boolean): Decode {
  return (reader) => {
    const size = compact ? reader.compactLength() : reader.length();
    if (size < 0) return nullOr(reader, nullable, 'bytes');
    return reader.view(size);
  };
}

function arrayDecoder(element: Decoder, compact: boolean, nullable: boolean): Decoder {
  const { decode, minimumBytes } = element;
  const decodeArray: Decode = (reader) => {
    const count = compact ? reader.compactLength() : reader.length();
    if (count < 0) return nullOr(reader, nullable, 'an array');
    if (count * minimumBytes > reader.remaining) {
      throw reader.fail(`${count} elements of ${minimumBytes} bytes or more exceed the ${reader.remaining} bytes left`);
    }
    const values: unknown[] = [];
    for (let index = 0; index < count; index++) values.push(decode(reader));
    return values;
  };
  return { decode: decodeArray, minimumBytes: compact ? 1 : 4 };
}

function nullableStructDecoder(decode: Decode): Decoder {
  const decodeStruct: Decode = (reader) => (reader.int8() < 0 ? null : decode(reader));
  return { decode: decodeStruct, minimumBytes: 1 };
}

/** Where a tagged field is put, and how it is read. */
interface Tagged {
  readonly name: string;
  readonly decode: Decode;
}

function structDecoder(fields: Fields, encoding: Encoding): Decoder {
  const names: string[] = [];
  const decoders: Decode[] = [];
  const tagged = new Map<number, Tagged>();
  let minimumBytes = encoding.flexible ? 1 : 0;
  for (const [name, field] of Object.entries(fields)) {
    names.push(name);
    if (!includesVersion(field.versions, encoding.version)) {
      decoders.push(defaultDecoder(field));
      continue;
    }
    const { decode, minimumBytes: fieldBytes } = fieldDecoder(field, encoding);
    if (field.tag === undefined) {
      decoders.push(decode);
      minimumBytes += fieldBytes;
    } else {
      tagged.set(field.tag, { name, decode });
      decoders.push(defaultDecoder(field));
    }
  }
  // Every struct of one schema gets its properties in one order, so that the engine gives all of them one shape.
  const decodeFields = (reader: WireReader): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    for (let index = 0; index < names.length; index++) value[names[index]!] = decoders[index]!(reader);
    return value;
  };
  const decode: Decode = !encoding.flexible
    ? decodeFields
    : (reader) => {
        const value = decodeFields(reader);
        const count = reader.unsignedVarint();
        if (count > 0) readTaggedFields(reader, count, tagged, value);
        return value;
      };
  return { decode, minimumBytes: Math.max(1, minimumBytes) };
}

function defaultDecoder(field: FieldSpec): Decode {
  if (field.type.kind === 'struct' && field.defaultValue !== null) return () => makeDefault(field);
  const value = makeDefault(field);
  return () => value;
}

function readTaggedFields(
  reader: WireReader,
  count: number,
  tagged: ReadonlyMap<number, Tagged>,
  value: Record<string, unknown>,
): void {
  for (let index = 0; index < count; index++) {
    const tag = reader.unsignedVarint();
    const sizeBytes = reader.unsignedVarint();
    const start = reader.skip(sizeBytes);
    const known = tagged.get(tag);
    if (known === undefined) continue;
    const { end } = reader;
    reader.at = start;
    reader.end = start + sizeBytes;
    value[known.name] = known.decode(reader);
    reader.expectEnd();
    reader.end = end;
  }
}

function nullOr(reader: WireReader, nullable: boolean, what: string): null {
  if (!nullable) throw reader.fail(`null stands for ${what}, which this version does not allow`);
  return null;
}
