/** Requests written once for all versions: what a version lacks is left out, as a client would. */
import type { Fields, FieldSpec } from '@hapax/wire';

type Value = Readonly<Record<string, unknown>>;

/** The value without the fields that a version does not have, and without nulls that it cannot say. */
export function fitToVersion(fields: Fields, version: number, value: Value): Value {
  const fitted: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!(name in value) || version < field.versions.from || version > field.versions.to) continue;
    const isNullable = version >= field.nullable.from && version <= field.nullable.to;
    if (value[name] === null && !isNullable) continue;
    fitted[name] = fitField(field, version, value[name]);
  }
  return fitted;
}

function fitField({ type }: FieldSpec, version: number, value: unknown): unknown {
  if (value === null) return null;
  if (type.kind === 'struct') return fitToVersion(type.fields, version, value as Value);
  if (type.kind === 'array') return (value as readonly unknown[]).map((one) => fitField(type.element, version, one));
  return value;
}
