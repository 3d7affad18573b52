/** What people write on a command line, as values. */
import { describe, expect, test } from 'vitest';
import { consumerSettings, producerSettings } from '../src/client-properties.ts';
import { unescape } from '../src/escapes.ts';
import { inputRecords, type SplitOptions } from '../src/input-records.ts';
import { parseResetTarget } from '../src/offset-reset.ts';
import { jsonFormat, parseRecordFormat } from '../src/record-format.ts';
import { parseStartOffset } from '../src/start-offsets.ts';
import { collectPairs, parseDuration } from '../src/with-cluster.ts';

const NOW_MS = 1_000_000_000;

describe('spans of time', () => {
  test('take units, and seconds without one', () => {
    expect(['500ms', '2s', '1.5s', '3m', '1h', '7'].map(parseDuration)).toEqual([
      500, 2000, 1500, 180_000, 3_600_000, 7000,
    ]);
  });

  test('are refused where they are none', () => {
    for (const text of ['', '0s', '-1s', '1d', 's']) expect(() => parseDuration(text)).toThrow('no span of time');
  });
});

describe('where reading begins', () => {
  test('is a place, an offset, the last ones, or a time', () => {
    expect(parseStartOffset('beginning', NOW_MS)).toEqual({ kind: 'beginning' });
    expect(parseStartOffset('latest', NOW_MS)).toEqual({ kind: 'end' });
    expect(parseStartOffset('42', NOW_MS)).toEqual({ kind: 'offset', offset: 42 });
    expect(parseStartOffset('-10', NOW_MS)).toEqual({ kind: 'last', count: 10 });
    expect(parseStartOffset('s@123', NOW_MS)).toEqual({ kind: 'since', timestampMs: 123 });
    expect(parseStartOffset('1m-ago', NOW_MS)).toEqual({ kind: 'since', timestampMs: NOW_MS - 60_000 });
    for (const text of ['toString', '4.2', '--', 's@x'])
      expect(() => parseStartOffset(text, NOW_MS)).toThrow(`-o ${text}`);
  });
});

describe('where offsets go', () => {
  test('is a place, an offset, a shift, or a time', () => {
    expect(parseResetTarget('earliest', NOW_MS)).toEqual({ kind: 'earliest' });
    expect(parseResetTarget('7', NOW_MS)).toEqual({ kind: 'offset', offset: 7 });
    expect(parseResetTarget('+7', NOW_MS)).toEqual({ kind: 'shift', by: 7 });
    expect(parseResetTarget('-7', NOW_MS)).toEqual({ kind: 'shift', by: -7 });
    expect(parseResetTarget('1970-01-01T00:00:05Z', NOW_MS)).toEqual({ kind: 'time', timestampMs: 5000 });
    expect(parseResetTarget('5s-ago', NOW_MS)).toEqual({ kind: 'time', timestampMs: NOW_MS - 5000 });
    for (const text of ['soon', '2026-99-99', '1.5'])
      expect(() => parseResetTarget(text, NOW_MS)).toThrow(`--to ${text}`);
  });
});

describe('properties', () => {
  test('are known by the names of Kafka and librdkafka', () => {
    expect(producerSettings({ 'linger.ms': '5', 'compression.type': 'zstd' })).toEqual({
      lingerMs: 5,
      compression: 'zstd',
    });
    expect(
      consumerSettings({ 'enable.auto.commit': 'false', 'partition.assignment.strategy': 'range,roundrobin' }),
    ).toEqual({
      autoCommitIntervalMs: false,
      assignors: ['range', 'roundrobin'],
    });
  });

  test('weaker acknowledgements switch idempotence off, unless it was asked for', () => {
    expect(producerSettings({ acks: '1' })).toEqual({ acks: 1, idempotent: false });
    expect(producerSettings({ 'acks': '1', 'enable.idempotence': 'true' })).toEqual({ acks: 1, idempotent: true });
    expect(producerSettings({ acks: '-1' })).toEqual({ acks: 'all' });
  });

  test('are refused with the nearest name, or with what is allowed', () => {
    expect(() => producerSettings({ linger: '1' })).toThrow('did you mean linger.ms?');
    expect(() => producerSettings({ constructor: '1' })).toThrow('no property');
    expect(() => producerSettings({ acks: '2' })).toThrow('choose one of all, -1, 1, 0');
    expect(() => consumerSettings({ 'fetch.min.bytes': 'x' })).toThrow('write a number');
  });

  test('may hold equal signs in their values', () => {
    expect(collectPairs('b=2=3', { a: '1' })).toEqual({ a: '1', b: '2=3' });
    expect(() => collectPairs('=1')).toThrow('write key=value');
  });
});

describe('input', () => {
  async function split(chunks: readonly string[], options: Partial<SplitOptions> = {}): Promise<(string | null)[][]> {
    const records: (string | null)[][] = [];
    async function* source(): AsyncGenerator<Buffer> {
      for (const chunk of chunks) yield Buffer.from(chunk);
    }
    for await (const { key, value } of inputRecords(source(), { delimiter: '\n', emptyIsNull: false, ...options })) {
      records.push([key, value].map((bytes) => (bytes === null ? null : Buffer.from(bytes).toString())));
    }
    return records;
  }

  test('is a record a line, wherever chunks end, with or without a last line break', async () => {
    const expected = [
      [null, 'one'],
      [null, ''],
      [null, 'two'],
    ];
    expect(await split(['one\n\ntwo\n'])).toEqual(expected);
    expect(await split(['o', 'ne\n', '\nt', 'wo'])).toEqual(expected);
    expect(await split([])).toEqual([]);
  });

  test('splits at delimiters of several bytes that lie across chunks', async () => {
    expect(await split(['a<', '>b<>', 'c'], { delimiter: '<>' })).toEqual([
      [null, 'a'],
      [null, 'b'],
      [null, 'c'],
    ]);
  });

  test('splits keys at the first delimiter, and an empty value can be null', async () => {
    const options = { keyDelimiter: ':', emptyIsNull: true };
    expect(await split(['k:v:w\nplain\nk:\n:v\n'], options)).toEqual([
      ['k', 'v:w'],
      [null, 'plain'],
      ['k', null],
      ['', 'v'],
    ]);
  });

  test('knows escapes', () => {
    expect(unescape('a\\tb\\n\\x1f\\\\n\\q')).toBe('a\tb\n\u001F\\n\\q');
  });
});

describe('formats', () => {
  const record = {
    topic: 't',
    partition: 3,
    offset: 42,
    timestampMs: 7,
    key: Buffer.from('k'),
    value: Buffer.from('vé'),
    headers: [
      { key: 'h', value: Buffer.from('1') },
      { key: 'n', value: null },
    ],
  };
  const text = (format: string, over: object = {}): string =>
    Buffer.from(parseRecordFormat(format)({ ...record, ...over })).toString();

  test('replace the letters of kcat', () => {
    expect(text('%t %p %o %T %k=%s (%K,%S) %h 100%%\\n')).toBe('t 3 42 7 k=vé (1,3) h=1,n=NULL 100%\n');
    expect(text('%k|%K|%s|%S', { key: null, value: null })).toBe('|-1||-1');
  });

  test('are refused where a letter means nothing', () => {
    expect(() => parseRecordFormat('%x')).toThrow('-f %x means nothing');
    expect(() => parseRecordFormat('50%')).toThrow('-f % means nothing');
  });

  test('leave bytes as they are', () => {
    const value = Uint8Array.of(0xff, 0, 0xfe);
    expect([...parseRecordFormat('%s')({ ...record, value })]).toEqual([0xff, 0, 0xfe]);
  });

  test('have JSON, one object a line', () => {
    expect(JSON.parse(Buffer.from(jsonFormat(record)).toString())).toEqual({
      topic: 't',
      partition: 3,
      offset: 42,
      timestampMs: 7,
      key: 'k',
      value: 'vé',
      headers: { h: '1', n: null },
    });
  });
});
