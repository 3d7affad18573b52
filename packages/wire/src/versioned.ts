/** Structs that carry their version in front: values in internal topics, and what group members send each other. */
import type { Decoded, Encodable, Fields } from './field.ts';
import { malformed } from './malformed.ts';
import { joinChunks, Message } from './message.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** The table of a struct with a version in front. */
export interface VersionedTable<F extends Fields> {
  /** For failures: `offset commit value`. */
  readonly name: string;
  readonly versions: readonly [min: number, max: number];
  readonly flexibleFrom: number | 'none';
  /**
   * What a reader does with a version above the table. `refuse` throws; `read-as-newest` reads the fields that it knows
   * and passes over the rest, which is how members of one group with different versions understand each other.
   */
  readonly newerVersions: 'refuse' | 'read-as-newest';
  readonly fields: F;
}

/** A value, and the version it was written in. */
export interface VersionedValue<F extends Fields> {
  readonly version: number;
  readonly value: Decoded<F>;
}

/** Codec of a struct with an int16 version in front. */
export class Versioned<F extends Fields = Fields> {
  readonly message: Message<F>;
  readonly #newerVersions: 'refuse' | 'read-as-newest';

  constructor(table: VersionedTable<F>) {
    const [minVersion, maxVersion] = table.versions;
    const flexibleFrom = table.flexibleFrom === 'none' ? undefined : table.flexibleFrom;
    this.message = new Message(table.name, table.fields, { minVersion, maxVersion, flexibleFrom });
    this.#newerVersions = table.newerVersions;
  }

  /** Version and fields, in memory of their own. Throws `unsupported-version`, `usage` for numbers out of range. */
  encode(version: number, value: Encodable<F>): Uint8Array {
    const writer = new WireWriter();
    writer.int16(version);
    this.message.write(version, writer, value);
    return joinChunks(writer.finish());
  }

  /** Throws `frame-malformed`, `unsupported-version`. Byte fields are views of `bytes`. */
  decode(bytes: Uint8Array): VersionedValue<F> {
    const reader = new WireReader(this.message.name, bytes);
    const version = reader.int16();
    if (version < 0) throw malformed(this.message.name, `version ${version} is below 0`);
    const { maxVersion } = this.message.versions;
    if (version > maxVersion && this.#newerVersions === 'read-as-newest') {
      return { version, value: this.message.read(maxVersion, reader) };
    }
    const value = this.message.read(version, reader);
    if (this.#newerVersions === 'refuse') reader.expectEnd();
    return { version, value };
  }
}

/** Makes the codec of a struct with a version in front. */
export function defineVersioned<const F extends Fields>(table: VersionedTable<F>): Versioned<F> {
  return new Versioned(table);
}
