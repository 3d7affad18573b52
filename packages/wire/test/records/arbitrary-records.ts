/** Random records, as producers might give them. */
import fc from 'fast-check';
import type { NewRecord } from '../../src/records/index.ts';

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: null });
const timestamp = fc.oneof(fc.integer({ min: -1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 2 ** 45 }));
const name = fc.string({ unit: 'grapheme', maxLength: 8 });
const headers = fc.array(fc.record({ key: name, value: bytes }), { maxLength: 3 });

export const arbitraryRecord: fc.Arbitrary<Required<NewRecord>> = fc.record(
  { timestampMs: timestamp, key: bytes, value: bytes, headers },
  { noNullPrototype: true },
);

export const arbitraryRecords = fc.array(arbitraryRecord, { minLength: 1, maxLength: 12 });
