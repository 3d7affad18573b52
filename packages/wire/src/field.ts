/** The words in which schemas are written: fields, and the TypeScript types that follow from them. */
import { ZERO_UUID, type Uuid } from '@hapax/base';
import { ALL_VERSIONS, NO_VERSIONS, parseVersions, type VersionRange } from './versions.ts';

/** Types without parts. */
export type PrimitiveKind =
  'int8' | 'int16' | 'int32' | 'int64' | 'uint16' | 'float64' | 'bool' | 'string' | 'bytes' | 'records' | 'uuid';

/** What stands on the wire. */
export type TypeSpec =
  | { readonly kind: PrimitiveKind }
  | { readonly kind: 'array'; readonly element: FieldSpec }
  | { readonly kind: 'struct'; readonly fields: Fields };

/** A field without its TypeScript types, which exist at compile time only. */
export interface FieldSpec {
  readonly type: TypeSpec;
  readonly versions: VersionRange;
  /** Versions in which null can be said. */
  readonly nullable: VersionRange;
  /** The tag, for a field that stands in the tagged section in every version that has it. */
  readonly tag: number | undefined;
  /** What an absent field means. For structs: `null`, or undefined for the struct of all defaults. */
  readonly defaultValue: unknown;
  /** Whether a value is dropped in silence where the version has no such field; otherwise that is a failure. */
  readonly ignorable: boolean;
  /** Whether the elements of the array are told apart by this field. For readers of the table only. */
  readonly mapKey: boolean;
}

/** A field with what may be given for it (`In`) and what is read from it (`Out`). */
export interface Field<In, Out> extends FieldSpec {
  /** Never set: carries the types. */
  readonly types?: { readonly input: In; readonly output: Out };
}

/** A struct's fields in the order of the wire, by Kafka's names in lowerCamelCase. */
export type Fields = { readonly [name: string]: Field<unknown, unknown> };

/** What decoding gives: every field, with its default where the version lacks it. */
export type Decoded<F extends Fields> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer _In, infer Out> ? Out : never;
};

/** What encoding takes: absent and undefined fields take their defaults. */
export type Encodable<F extends Fields> = {
  readonly [Name in keyof F]?: F[Name] extends Field<infer In, infer _Out> ? In | undefined : never;
};

/** What each function below takes. Left out, a field is in all versions, never null, and defaults to zero or empty. */
export interface FieldOptions<Default> {
  readonly versions?: string;
  readonly nullable?: string;
  readonly tag?: number;
  readonly default?: Default | null;
  readonly ignorable?: boolean;
  readonly mapKey?: boolean;
}

/** A type, or that type and null where the options allow null in some version. */
type OrNull<T, Options> = Options extends { readonly nullable: string } ? T | null : T;
type FieldOf<In, Out, Options> = Field<OrNull<In, Options>, OrNull<Out, Options>>;

/** −2⁷ to 2⁷ − 1. */
export function int8<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'int8' }, 0, options);
}

/** −2¹⁵ to 2¹⁵ − 1. */
export function int16<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'int16' }, 0, options);
}

/** −2³¹ to 2³¹ − 1. */
export function int32<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'int32' }, 0, options);
}

/** −2⁶³ to 2⁶³ − 1 as a number: exact up to 2⁵³, rounded beyond. */
export function int64<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'int64' }, 0, options);
}

/** 0 to 2¹⁶ − 1. */
export function uint16<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'uint16' }, 0, options);
}

/** IEEE 754, double precision. */
export function float64<const O extends FieldOptions<number>>(options?: O): FieldOf<number, number, O> {
  return makeField({ kind: 'float64' }, 0, options);
}

/** One byte, 0 or 1. */
export function bool<const O extends FieldOptions<boolean>>(options?: O): FieldOf<boolean, boolean, O> {
  return makeField({ kind: 'bool' }, false, options);
}

/** UTF-8, of at most 32767 bytes. */
export function string<const O extends FieldOptions<string>>(options?: O): FieldOf<string, string, O> {
  return makeField({ kind: 'string' }, '', options);
}

/** Bytes; decoded as a view of the message. */
export function bytes<const O extends FieldOptions<Uint8Array>>(options?: O): FieldOf<Uint8Array, Uint8Array, O> {
  return makeField({ kind: 'bytes' }, EMPTY_BYTES, options);
}

/** Record batches: bytes, or several pieces of bytes that are sent back to back; decoded as a view of the message. */
export function records<const O extends FieldOptions<null>>(
  options?: O,
): FieldOf<Uint8Array | readonly Uint8Array[], Uint8Array, O> {
  return makeField({ kind: 'records' }, null, options);
}

/** Sixteen bytes, in Kafka's writing of UUIDs. */
export function uuid<const O extends FieldOptions<Uuid>>(options?: O): FieldOf<Uuid, Uuid, O> {
  return makeField({ kind: 'uuid' }, ZERO_UUID, options);
}

/** Any number of elements of one type. */
export function array<In, Out, const O extends FieldOptions<readonly []>>(
  element: Field<In, Out>,
  options?: O,
): FieldOf<readonly In[], readonly Out[], O> {
  return makeField({ kind: 'array', element }, EMPTY_ARRAY, options);
}

/** Fields that stand together; its default is the struct of all defaults. */
export function struct<const F extends Fields, const O extends FieldOptions<null>>(
  fields: F,
  options?: O,
): FieldOf<Encodable<F>, Decoded<F>, O> {
  return makeField({ kind: 'struct', fields }, undefined, options);
}

const EMPTY_BYTES = new Uint8Array(0);
const EMPTY_ARRAY: readonly never[] = Object.freeze([]);

function makeField<F>(type: TypeSpec, zero: unknown, options: FieldOptions<unknown> = {}): F & FieldSpec {
  const field: FieldSpec = {
    type,
    versions: options.versions === undefined ? ALL_VERSIONS : parseVersions(options.versions),
    nullable: options.nullable === undefined ? NO_VERSIONS : parseVersions(options.nullable),
    tag: options.tag,
    defaultValue: options.default === undefined ? zero : options.default,
    ignorable: options.ignorable ?? false,
    mapKey: options.mapKey ?? false,
  };
  return field as F & FieldSpec;
}
