/** What people and programs see: tables that align, verdicts, damaged files. */
import { crc32c } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { judgeHealth } from '../src/cluster-health.ts';
import { formatBytes, formatDuration, renderResult } from '../src/output.ts';
import { readSegment } from '../src/segment-reader.ts';

describe('results', () => {
  const result = {
    value: [{ name: 'a', size: 1 }],
    tables: [
      {
        title: 'two rows',
        headings: ['name', 'size'],
        rows: [
          ['a', 1],
          ['long name', 12_345],
        ],
      },
    ],
  };

  test('are tables whose columns align, numbers on the right, without trailing blanks', () => {
    expect(renderResult('table', result, false)).toBe(
      'two rows\nNAME          SIZE\na                1\nlong name   12,345\n',
    );
  });

  test('are JSON and YAML for programs', () => {
    expect(JSON.parse(renderResult('json', result, true))).toEqual(result.value);
    expect(renderResult('yaml', result, true)).toBe('- name: a\n  size: 1\n');
  });

  test('say so where there is nothing', () => {
    const view = { headings: ['name'], rows: [], empty: 'no topics' };
    expect(renderResult('table', { value: [], tables: [view] }, true)).toBe('no topics\n');
  });

  test('have sizes and times in fitting units', () => {
    expect([0, 1023, 1536, 5 * 1024 ** 3].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '5.0 GiB']);
    expect([12.4, 1500, 61_000].map(formatDuration)).toEqual(['12 ms', '1.5 s', '1 min 1 s']);
  });
});

describe('health', () => {
  const partition = (id: number, leaderId: number, inSyncReplicas: number[]) => ({
    partition: id,
    errorCode: 0,
    leaderId,
    leaderEpoch: 0,
    replicas: [1, 2, 3],
    inSyncReplicas,
    offlineReplicas: [],
  });
  const topic = (...partitions: ReturnType<typeof partition>[]) => [
    { topic: 't', topicId: 'id', errorCode: 0, isInternal: false, partitions },
  ];

  test('is good with every leader and replica in place', () => {
    const topics = topic(partition(0, 1, [1, 2, 3]));
    expect(judgeHealth({ brokers: 3, controllerId: 1, topics, brokersExpected: 3 })).toMatchObject({
      healthy: true,
      problems: [],
    });
  });

  test('names what is missing, worst first', () => {
    const topics = topic(partition(0, -1, []), partition(1, 2, [2, 3]));
    const health = judgeHealth({ brokers: 2, controllerId: -1, topics, brokersExpected: 3 });
    expect(health.healthy).toBe(false);
    expect(health.problems).toEqual([
      '1 partitions have no leader: t-0',
      'there is no controller: most controller nodes are down or cut off',
      '2 brokers are here, 3 should be',
      '2 partitions have replicas that are not in sync: t-0, t-1',
    ]);
  });
});

describe('segment files', () => {
  /** A batch of one empty record section: enough for lengths, offsets and checksums. */
  function batch(baseOffset: number): Buffer {
    const bytes = Buffer.alloc(61);
    bytes.writeBigInt64BE(BigInt(baseOffset), 0);
    bytes.writeInt32BE(61 - 12, 8);
    bytes[16] = 2;
    bytes.writeUInt32BE(crc32c(bytes.subarray(21)) >>> 0, 17);
    return bytes;
  }

  test('are read to their end, and room that was set aside is no damage', () => {
    const contents = readSegment(Buffer.concat([batch(0), batch(1), Buffer.alloc(100)]));
    expect(contents.batches.map(({ position }) => position)).toEqual([0, 61]);
    expect(contents).toMatchObject({ spareBytes: 100, fileBytes: 222 });
    expect(contents.damage).toBeUndefined();
    expect(readSegment(Buffer.alloc(0))).toEqual({ fileBytes: 0, batches: [], spareBytes: 0 });
  });

  test('are read up to a flipped byte, a cut, an offset that goes back, or bytes of something else', () => {
    const flipped = Buffer.concat([batch(0), batch(1)]);
    flipped[61 + 30] = 1;
    expect(readSegment(flipped)).toMatchObject({ damage: 'byte 61: the checksum of the batch at offset 1 is wrong' });
    expect(readSegment(Buffer.concat([batch(0), batch(1).subarray(0, 40)])).damage).toContain(
      'too few for a batch header',
    );
    expect(readSegment(Buffer.concat([batch(5), batch(5)])).damage).toBe('byte 61: offset 5 follows 5');
    expect(readSegment(Buffer.from('x'.repeat(100))).damage).toContain('magic 120 is not 2');
  });
});
