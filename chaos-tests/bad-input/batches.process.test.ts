/** Batches that are not what they say are refused with their code, and the log stays as it was. */
import { BATCH_HEADER_BYTES, BatchBuilder, BatchField, sealBatch } from '@hapax/wire/records';
import { encodeText, ErrorCode } from '@hapax/base';
import { produce } from '@hapax/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LoneNode } from './lone-node.ts';
import { RawConnection } from './raw-connection.ts';

const TOPIC = 'batches';
const MESSAGE_BYTES_MAX = 4096;

let lone: LoneNode;
let connection: RawConnection;

beforeAll(async () => {
  lone = await LoneNode.start();
  await lone.createTopic(TOPIC, { 'max.message.bytes': String(MESSAGE_BYTES_MAX) });
  connection = await RawConnection.open(lone.node.kafka);
}, 120_000);

afterAll(async () => {
  connection.close();
  await lone.stop();
}, 60_000);

type Change = (bytes: Uint8Array, view: DataView) => Uint8Array | void;

/** A good batch of three records, after a change. */
function batch(change: Change = () => undefined, valueBytes = 10): Uint8Array {
  const builder = new BatchBuilder();
  for (const key of ['a', 'b', 'c']) {
    builder.append({ key: encodeText(key), value: new Uint8Array(valueBytes), timestampMs: Date.now(), headers: [] });
  }
  const bytes = Uint8Array.from(builder.build());
  return change(bytes, new DataView(bytes.buffer)) ?? bytes;
}

async function send(records: Uint8Array): Promise<{ readonly errorCode: number; readonly baseOffset: number }> {
  const response = await connection.request(produce, 9, {
    transactionalId: null, acks: -1, timeoutMs: 10_000,
    topicData: [{ name: TOPIC, partitionData: [{ index: 0, records }] }],
  });
  const partition = response.responses[0]?.partitionResponses[0];
  if (partition === undefined) throw new Error('the answer has no partition');
  return partition;
}

const BAD: readonly (readonly [string, number, () => Uint8Array])[] = [
  ['a wrong checksum', ErrorCode.CORRUPT_MESSAGE, () => batch((_, view) => view.setUint32(BatchField.crc, 1))],
  ['a byte that was changed on the way', ErrorCode.CORRUPT_MESSAGE, () => batch((bytes) => {
    bytes[BATCH_HEADER_BYTES + 3] = (bytes[BATCH_HEADER_BYTES + 3] ?? 0) ^ 1;
  })],
  ['an old magic', ErrorCode.INVALID_RECORD, () => batch((_, view) => view.setUint8(BatchField.magic, 1))],
  ['a magic that was never given', ErrorCode.CORRUPT_MESSAGE, () => {
    return batch((_, view) => view.setUint8(BatchField.magic, 7));
  }],
  ['more records than its offsets allow', ErrorCode.INVALID_RECORD, () => batch((bytes, view) => {
    view.setInt32(BatchField.recordsCount, 4);
    sealBatch(bytes);
  })],
  ['fewer bytes than it says', ErrorCode.CORRUPT_MESSAGE, () => batch((bytes) => bytes.subarray(0, bytes.length - 1))],
  ['something behind it', ErrorCode.CORRUPT_MESSAGE, () => batch((bytes) => Buffer.concat([bytes, Buffer.alloc(5)]))],
  ['more bytes than the topic takes', ErrorCode.MESSAGE_TOO_LARGE, () => batch(undefined, MESSAGE_BYTES_MAX)],
];

test.each(BAD)('a batch with %s is refused with code %i, and its connection stays', async (_, code, make) => {
  const before = await send(batch());
  expect(before.errorCode).toBe(0);
  expect((await send(make())).errorCode).toBe(code);
  expect(await send(batch())).toMatchObject({ errorCode: 0, baseOffset: Number(before.baseOffset) + 3 });
});
