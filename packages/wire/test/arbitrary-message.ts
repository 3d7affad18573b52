/** Random values of any schema, as a decoder would give them in a certain version. */
import fc from 'fast-check';
import { uuidFromBytes } from '@hapax/base';
import { makeDefault } from '../src/field-default.ts';
import type { FieldSpec, Fields } from '../src/field.ts';
import { includesVersion } from '../src/versions.ts';

const MAX_ELEMENTS = 3;

/** Values whose absent fields have their defaults, so that writing and reading gives the same back. */
export function arbitraryStruct(fields: Fields, version: number): fc.Arbitrary<Record<string, unknown>> {
  const parts: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, field] of Object.entries(fields)) {
    parts[name] = includesVersion(field.versions, version)
      ? arbitraryField(field, version)
      : fc.constant(null).map(() => makeDefault(field));
  }
  return fc.record(parts, { noNullPrototype: true }) as fc.Arbitrary<Record<string, unknown>>;
}

function arbitraryField(field: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const value = arbitraryValue(field, version);
  return includesVersion(field.nullable, version) ? fc.oneof(value, fc.constant(null)) : value;
}

function arbitraryValue(field: FieldSpec, version: number): fc.Arbitrary<unknown> {
  const { type } = field;
  switch (type.kind) {
    case 'int8': return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16': return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'int32': return fc.integer();
    case 'int64': return fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constant(2 ** 63), fc.constant(-(2 ** 63)));
    case 'uint16': return fc.integer({ min: 0, max: 0xffff });
    case 'float64': return fc.double({ noNaN: true });
    case 'bool': return fc.boolean();
    case 'string': return fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'grapheme', maxLength: 90 }));
    case 'bytes': return fc.uint8Array({ maxLength: 20 });
    case 'records': return fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(new Uint8Array(5000).fill(7)));
    case 'uuid': return fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uuidFromBytes);
    case 'array': return fc.array(arbitraryField(type.element, version), { maxLength: MAX_ELEMENTS });
    case 'struct': return arbitraryStruct(type.fields, version);
  }
}
