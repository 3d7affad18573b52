/** The tables of APIs against the protocol's own schemas, where they lie beside the checkout. */
import { describe, expect, test } from 'vitest';
import {
  APIS,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
  endTxnMarkerValue,
  groupMetadataRecord,
  legacyOffsetCommitRecord,
  offsetCommitRecord,
  transactionLogRecord,
} from '@hapax/wire';
import type { Fields } from '../src/field.ts';
import type { MessageVersions } from '../src/message.ts';
import { parseVersions } from '../src/versions.ts';
import { halfTagged, plainReference, plainTable, readReference, referenceIsHere } from './schema-reference.ts';

/** The latest version that was not declared stable; it is not in the tables. */
const UNSTABLE = new Map([['InitProducerId', 6]]);

describe("the tables against the protocol's own schemas (skipped where ../shared/reference is absent)", () => {
  for (const api of APIS) {
    test.skipIf(!referenceIsHere)(`${api.name} has the fields and versions of the protocol`, () => {
      const request = readReference(`${api.name}Request`);
      const response = readReference(`${api.name}Response`);
      expect(request.apiKey).toBe(api.key);
      expect(response.validVersions).toBe(request.validVersions);
      const valid = parseVersions(request.validVersions);
      const unstable = UNSTABLE.get(api.name);
      expect([api.minVersion, api.maxVersion]).toEqual([valid.from, unstable === undefined ? valid.to : unstable - 1]);
      compare(api.request, `${api.name}Request`);
      compare(api.response, `${api.name}Response`);
    });
  }

  for (const record of [offsetCommitRecord, legacyOffsetCommitRecord, groupMetadataRecord, transactionLogRecord]) {
    const name = record.name.replace(/(^| )(\w)/g, (_match, _space, letter: string) => letter.toUpperCase());
    test.skipIf(!referenceIsHere)(`the ${record.name} record has the fields and versions of the protocol`, () => {
      expect(readReference(`${name}Key`).apiKey).toBe(record.type);
      expect(readReference(`${name}Value`).apiKey).toBe(record.type);
      compare(record.key, `${name}Key`);
      compare(record.value.message, `${name}Value`);
    });
  }

  for (const [versioned, name] of [
    [consumerProtocolAssignment, 'ConsumerProtocolAssignment'],
    [consumerProtocolSubscription, 'ConsumerProtocolSubscription'],
    [endTxnMarkerValue, 'EndTxnMarker'],
  ] as const) {
    test.skipIf(!referenceIsHere)(`${name} has the fields and versions of the protocol`, () => {
      compare(versioned.message, name);
    });
  }
});

function compare(message: { readonly fields: Fields; readonly versions: MessageVersions }, name: string): void {
  const reference = readReference(name);
  const { minVersion, maxVersion, flexibleFrom } = message.versions;
  const range = { from: minVersion, to: maxVersion };
  expect(halfTagged(reference.fields)).toEqual([]);
  const flexible = reference.flexibleVersions;
  expect(flexibleFrom).toBe(flexible === 'none' ? undefined : parseVersions(flexible).from);
  expect(parseVersions(reference.validVersions).from).toBe(minVersion);
  expect(plainTable(message.fields, range)).toEqual(plainReference(reference, range));
}
