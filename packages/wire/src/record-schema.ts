/** Records of internal topics: a key that begins with the record's type, a value that begins with its version. */
import type { Decoded, Encodable, Fields } from './field.ts';
import { malformed } from './malformed.ts';
import { joinChunks, Message } from './message.ts';
import { defineVersioned, type Versioned, type VersionedValue } from './versioned.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** The table of a record. */
export interface RecordTable<Key extends Fields, Value extends Fields> {
  /** The int16 in front of the key. */
  readonly type: number;
  /** For failures: `offset commit`. */
  readonly name: string;
  readonly key: Key;
  readonly value: Value;
  /** The versions of the value; keys have one only. */
  readonly versions: readonly [min: number, max: number];
  readonly flexibleFrom: number | 'none';
}

/** Codec of one kind of record. All functions throw `frame-malformed` or `unsupported-version`. */
export class RecordSchema<Key extends Fields = Fields, Value extends Fields = Fields> {
  readonly type: number;
  readonly name: string;
  readonly key: Message<Key>;
  readonly value: Versioned<Value>;

  constructor(table: RecordTable<Key, Value>) {
    this.type = table.type;
    this.name = table.name;
    this.key = new Message(`${table.name} key`, table.key, { minVersion: 0, maxVersion: 0, flexibleFrom: undefined });
    this.value = defineVersioned({
      name: `${table.name} value`,
      versions: table.versions,
      flexibleFrom: table.flexibleFrom,
      newerVersions: 'refuse',
      fields: table.value,
    });
  }

  encodeKey(key: Encodable<Key>): Uint8Array {
    const writer = new WireWriter();
    writer.int16(this.type);
    this.key.write(0, writer, key);
    return joinChunks(writer.finish());
  }

  /** The key must be of this type: see {@link readRecordType}. */
  decodeKey(bytes: Uint8Array): Decoded<Key> {
    const reader = new WireReader(this.key.name, bytes);
    const type = reader.int16();
    if (type !== this.type) throw malformed(this.key.name, `type ${type} is not ${this.type}`);
    const key = this.key.read(0, reader);
    reader.expectEnd();
    return key;
  }

  encodeValue(version: number, value: Encodable<Value>): Uint8Array {
    return this.value.encode(version, value);
  }

  decodeValue(bytes: Uint8Array): VersionedValue<Value> {
    return this.value.decode(bytes);
  }
}

/** Makes the codec of a record from its table. */
export function defineRecord<const Key extends Fields, const Value extends Fields>(
  table: RecordTable<Key, Value>,
): RecordSchema<Key, Value> {
  return new RecordSchema(table);
}

/** The type in front of a record's key. Throws `frame-malformed` where the key is too short to have one. */
export function readRecordType(key: Uint8Array): number {
  return new WireReader('record key', key).int16();
}

/** The key of a record, as it is read. */
export type KeyOf<S> = S extends RecordSchema<infer Key, infer _Value> ? Decoded<Key> : never;
/** The value of a record, or of a versioned struct, as it is read. */
export type ValueOf<S> =
  S extends RecordSchema<infer _Key, infer Value> ? Decoded<Value> : S extends Versioned<infer F> ? Decoded<F> : never;
