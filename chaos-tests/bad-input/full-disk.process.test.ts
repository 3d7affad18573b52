/** A disk without space is an answer to producers; reading goes on, and so does writing once there is space again. */
import { BatchBuilder } from '@hapax/wire/records';
import { ErrorCode } from '@hapax/base';
import { produce } from '@hapax/wire';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LoneNode } from './lone-node.ts';
import { RawConnection } from './raw-connection.ts';

const DISK_MIB = 64;
const BALLAST_BYTES = 16 << 20;
const VALUE_BYTES = 512 << 10;
const SENDS_MAX = 400;
const TOPIC = 'full';

const directory = mkdtempSync(join(tmpdir(), 'hapax-full-'));
const disk = join(directory, 'disk');
mkdirSync(disk);
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk]).status === 0;
const why = mounted ? '' : ' (skipped: a file system of its own needs the right to mount)';

describe.skipIf(!mounted)(`a node on a disk of ${DISK_MIB} MiB${why}`, () => {
  const ballast = join(disk, 'ballast');
  let lone: LoneNode;
  let connection: RawConnection;
  let acked = 0;

  beforeAll(async () => {
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES));
    lone = await LoneNode.start({
      'data.dir': join(disk, 'node-1'), 'journal.file.bytes': String(2 << 20), 'log.reserve.bytes': String(8 << 20),
    });
    await lone.createTopic(TOPIC);
    connection = await RawConnection.open(lone.node.kafka);
  }, 120_000);

  afterAll(async () => {
    connection.close();
    await lone.stop();
  }, 60_000);

  /** Sends one record and returns the answer's code. */
  async function send(): Promise<number> {
    const builder = new BatchBuilder();
    // Every value says which one it is.
    const value = Buffer.alloc(VALUE_BYTES);
    value.writeInt32BE(acked);
    builder.append({ key: null, value, timestampMs: Date.now(), headers: [] });
    const response = await connection.request(produce, 9, {
      transactionalId: null, acks: -1, timeoutMs: 30_000,
      topicData: [{ name: TOPIC, partitionData: [{ index: 0, records: builder.build() }] }],
    });
    const code = response.responses[0]?.partitionResponses[0]?.errorCode ?? -1;
    if (code === 0) acked += 1;
    return code;
  }

  async function sendUntilRefused(): Promise<number> {
    for (let count = 0; count < SENDS_MAX; count++) {
      const code = await send();
      if (code !== 0) return code;
    }
    return 0;
  }

  /** What is stored is what was acknowledged, in order. */
  async function expectAllStored(): Promise<void> {
    const numbers = (await lone.values(TOPIC)).map((value) => Buffer.from(value ?? []).readInt32BE());
    expect(numbers).toEqual(Array.from({ length: acked }, (_, at) => at));
  }

  test('refuses writes with KAFKA_STORAGE_ERROR when it is full, and still serves reads', async () => {
    expect(await sendUntilRefused()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    expect(acked).toBeGreaterThan(0);
    expect(await lone.node.isReady()).toBe(true);
    await expectAllStored();
  });

  test('takes writes again when there is space again', async () => {
    rmSync(ballast);
    expect(await send()).toBe(0);
    expect(await sendUntilRefused()).toBe(ErrorCode.KAFKA_STORAGE_ERROR);
    await expectAllStored();
  });

  test('has everything that it acknowledged after a kill on the full disk', async () => {
    await lone.node.kill();
    lone.node.start();
    await lone.node.waitReady(60_000);
    await expectAllStored();
  });
});

afterAll(() => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(directory, { recursive: true, force: true });
});
