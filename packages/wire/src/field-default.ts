/** What an absent field means, for reading and for writing. */
import type { FieldSpec } from './field.ts';

/** A value for a field that the message does not have. Structs are made anew, everything else is shared and frozen. */
export function makeDefault(field: FieldSpec): unknown {
  if (field.type.kind !== 'struct' || field.defaultValue === null) return field.defaultValue;
  const value: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(field.type.fields)) value[name] = makeDefault(inner);
  return value;
}

/** Whether a value says no more than its absence would. */
export function isDefault(field: FieldSpec, value: unknown): boolean {
  if (value === undefined) return true;
  if (value === null || field.defaultValue === null) return value === field.defaultValue;
  switch (field.type.kind) {
    case 'array':
    case 'bytes':
    case 'records':
      return (value as { readonly length: number }).length === 0;
    case 'struct': {
      const given = value as Readonly<Record<string, unknown>>;
      return Object.entries(field.type.fields).every(([name, inner]) => isDefault(inner, given[name]));
    }
    default:
      return value === field.defaultValue;
  }
}
