/** Random values of every API and version are written and read back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  APIS,
  decodeRequestHeader,
  decodeResponseFrame,
  encodeRequestFrame,
  encodeResponseFrame,
  groupMetadataRecord,
  joinChunks,
  legacyOffsetCommitRecord,
  offsetCommitRecord,
  transactionLogRecord,
} from '@hapax/wire';
import { arbitraryStruct } from './arbitrary-message.ts';

const RUNS = { numRuns: 15 };

describe('what is written is read back', () => {
  for (const api of APIS) {
    test(`${api.name}, requests and responses of versions ${api.minVersion} to ${api.maxVersion}`, () => {
      for (let version = api.minVersion; version <= api.maxVersion; version++) {
        fc.assert(fc.property(arbitraryStruct(api.request.fields, version), (value) => {
          const frame = joinChunks(encodeRequestFrame(api, version, 77, 'someone', value));
          const header = decodeRequestHeader(frame);
          expect(header).toMatchObject({
            apiKey: api.key, apiVersion: version, correlationId: 77, clientId: 'someone',
          });
          expect(api.decodeRequest(version, frame, header.bodyOffset)).toEqual(value);
        }), RUNS);
        fc.assert(fc.property(arbitraryStruct(api.response.fields, version), (value) => {
          const frame = joinChunks(encodeResponseFrame(api, version, 2 ** 31 - 1, value));
          expect(decodeResponseFrame(api, version, frame)).toEqual({ correlationId: 2 ** 31 - 1, value });
          const body = joinChunks(api.encodeResponse(version, value));
          expect(api.decodeResponse(version, body)).toEqual(value);
        }), RUNS);
      }
    });
  }

  for (const record of [offsetCommitRecord, legacyOffsetCommitRecord, groupMetadataRecord, transactionLogRecord]) {
    test(`the ${record.name} record in all versions`, () => {
      const { minVersion, maxVersion } = record.value.message.versions;
      fc.assert(fc.property(arbitraryStruct(record.key.fields, 0), (key) => {
        expect(record.decodeKey(record.encodeKey(key))).toEqual(key);
      }), RUNS);
      for (let version = minVersion; version <= maxVersion; version++) {
        fc.assert(fc.property(arbitraryStruct(record.value.message.fields, version), (value) => {
          expect(record.decodeValue(record.encodeValue(version, value))).toEqual({ version, value });
        }), RUNS);
      }
    });
  }
});
