/** What a leader demands of records before it appends them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorCode, errorName } from '@hapax/base';
import {
  BatchBuilder,
  encodeEndTxnMarker,
  sealBatch,
  validateProducedRecords,
  type BatchOptions,
  type ProduceLimits,
} from '@hapax/wire/records';

const LIMITS: ProduceLimits = { maxMessageBytes: 1000, zstdAllowed: true };

function batch(options: BatchOptions = {}, records = 2): Uint8Array {
  const builder = new BatchBuilder();
  for (let index = 0; index < records; index++) {
    builder.append({ timestampMs: index, key: null, value: new Uint8Array(3) });
  }
  return builder.build(options);
}

/** A batch with some bytes of its header changed, under a good checksum. */
function patched(at: number, ...bytes: readonly number[]): Uint8Array {
  const changed = batch();
  changed.set(bytes, at);
  sealBatch(changed);
  return changed;
}

function verdict(bytes: Uint8Array, limits = LIMITS): string {
  const result = validateProducedRecords(bytes, limits);
  return result.ok ? 'ok' : errorName(result.error);
}

describe('what a leader demands of produced records', () => {
  test('one good batch passes, with its header', () => {
    const result = validateProducedRecords(batch({ producerId: 3, producerEpoch: 0, baseSequence: 7 }), LIMITS);
    const header = { producerId: 3, baseSequence: 7, lastSequence: 8, recordsCount: 2 };
    expect(result).toMatchObject({ ok: true, headers: [header] });
  });

  test('exactly one batch of magic 2, whole', () => {
    expect(verdict(new Uint8Array(0))).toBe('INVALID_RECORD');
    expect(verdict(Uint8Array.from([...batch(), ...batch()]))).toBe('INVALID_RECORD');
    expect(verdict(patched(16, 1))).toBe('INVALID_RECORD');
    expect(verdict(patched(16, 0))).toBe('INVALID_RECORD');
    expect(verdict(patched(16, 3))).toBe('CORRUPT_MESSAGE');
  });

  test('a wrong length or checksum is damage, which the client sends again', () => {
    const good = batch();
    for (let cut = 1; cut < good.length; cut++) expect(verdict(good.subarray(0, cut))).toBe('CORRUPT_MESSAGE');
    expect(verdict(Uint8Array.from([...good, 0]))).toBe('CORRUPT_MESSAGE');
    for (let at = 17; at < good.length; at++) {
      const damaged = Uint8Array.from(good);
      damaged[at] = damaged[at]! ^ 0x40;
      expect(verdict(damaged)).toBe('CORRUPT_MESSAGE');
    }
  });

  test('a batch above max.message.bytes is too large, one of that size is not', () => {
    const good = batch();
    expect(verdict(good, { ...LIMITS, maxMessageBytes: good.length })).toBe('ok');
    expect(verdict(good, { ...LIMITS, maxMessageBytes: good.length - 1 })).toBe('MESSAGE_TOO_LARGE');
  });

  test('counts must agree with the offsets and with the bytes', () => {
    expect(verdict(patched(57, 0, 0, 0, 0))).toBe('INVALID_RECORD');
    expect(verdict(patched(57, 0, 0, 0, 3))).toBe('INVALID_RECORD');
    expect(verdict(patched(23, 0xff, 0xff, 0xff, 0xff))).toBe('INVALID_RECORD');
    const many = batch();
    many.set([0x7f, 0xff, 0xff, 0xfe], 23);
    many.set([0x7f, 0xff, 0xff, 0xff], 57);
    sealBatch(many);
    expect(verdict(many)).toBe('INVALID_RECORD');
  });

  test('what only brokers may write is refused', () => {
    const marker = { outcome: 'commit', producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 0 } as const;
    expect(verdict(encodeEndTxnMarker(marker))).toBe('INVALID_RECORD');
    expect(verdict(patched(22, 0x40))).toBe('INVALID_RECORD');
    expect(verdict(batch({ logAppendTimeMs: 5 }))).toBe('INVALID_TIMESTAMP');
    expect(verdict(batch({ baseOffset: 1 }))).toBe('INVALID_RECORD');
  });

  test('a producer needs sequences, and a transaction a producer', () => {
    expect(verdict(batch({ producerId: 1, producerEpoch: 0 }))).toBe('INVALID_RECORD');
    expect(verdict(batch({ producerId: 0, producerEpoch: 0 }))).toBe('INVALID_RECORD');
    expect(verdict(batch({ transactional: true }))).toBe('INVALID_RECORD');
    expect(verdict(batch({ producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true }))).toBe('ok');
  });

  test('zstd needs a newer request, and the other numbers name no codec', () => {
    expect(verdict(patched(22, 4))).toBe('ok');
    expect(verdict(patched(22, 4), { ...LIMITS, zstdAllowed: false })).toBe('UNSUPPORTED_COMPRESSION_TYPE');
    for (const unknown of [5, 6, 7]) expect(verdict(patched(22, unknown))).toBe('UNSUPPORTED_COMPRESSION_TYPE');
  });

  test('any bytes get a verdict', () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 100 }), fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })).map(
      ([place, value]) => patched(21 + (place % 40), value),
    ));
    const known = new Set<number>(Object.values(ErrorCode));
    fc.assert(fc.property(bytes, (message) => {
      const result = validateProducedRecords(message, LIMITS);
      if (!result.ok) expect(known.has(result.error) && result.message.length > 0).toBe(true);
    }), { numRuns: 500 });
  });
});
