/** A schema with all its versions: compiles a codec for a version when it is first used. */
import { AppError } from '@hapax/base';
import { compileDecoder, type Decode } from './decoder.ts';
import { compileEncoder, type Encode } from './encoder.ts';
import type { Decoded, Encodable, Fields } from './field.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

/** Which versions there are. */
export interface MessageVersions {
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The first version with compact lengths and tagged fields; undefined where there is none. */
  readonly flexibleFrom: number | undefined;
}

/** One struct in all its versions. */
export class Message<F extends Fields> {
  readonly name: string;
  readonly fields: F;
  readonly versions: MessageVersions;
  readonly #decoders: (Decode | undefined)[] = [];
  readonly #encoders: (Encode | undefined)[] = [];

  constructor(name: string, fields: F, versions: MessageVersions) {
    this.name = name;
    this.fields = fields;
    this.versions = versions;
  }

  isFlexible(version: number): boolean {
    return this.versions.flexibleFrom !== undefined && version >= this.versions.flexibleFrom;
  }

  /** Reads a whole message that begins at `at`. Throws `frame-malformed`, `unsupported-version`. */
  decode(version: number, bytes: Uint8Array, at = 0): Decoded<F> {
    const reader = new WireReader(this.name, bytes, at);
    const value = this.read(version, reader);
    reader.expectEnd();
    return value;
  }

  /** Writes a whole message. Throws `unsupported-version` for values that need a newer one, `usage` for bad numbers. */
  encode(version: number, value: Encodable<F>): Uint8Array[] {
    const writer = new WireWriter();
    this.write(version, writer, value);
    return writer.finish();
  }

  /** Reads from within a message. */
  read(version: number, reader: WireReader): Decoded<F> {
    const decode = (this.#decoders[version] ??= compileDecoder(this.fields, this.#encoding(version)));
    return decode(reader) as Decoded<F>;
  }

  /** Writes into a message. */
  write(version: number, writer: WireWriter, value: Encodable<F>): void {
    const encode = (this.#encoders[version] ??= compileEncoder(this.name, this.fields, this.#encoding(version)));
    encode(writer, value);
  }

  #encoding(version: number): { version: number; flexible: boolean } {
    const { minVersion, maxVersion } = this.versions;
    if (!Number.isInteger(version) || version < minVersion || version > maxVersion) {
      const message = `${this.name} version ${version} is outside [${minVersion}, ${maxVersion}]`;
      throw new AppError('unsupported-version', message, { retriable: false, definite: true, details: { version } });
    }
    return { version, flexible: this.isFlexible(version) };
  }
}

/** Chunks as one array of bytes that shares memory with nothing. */
export function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  let sizeBytes = 0;
  for (const chunk of chunks) sizeBytes += chunk.length;
  const joined = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
