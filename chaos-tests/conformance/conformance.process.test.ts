/** The clients of npm against real processes. Others come from elsewhere: `npm run conformance` has them too. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from './checks.ts';
import type { ClientUnderTest } from './client-under-test.ts';
import { CLIENTS, closeClient, runCheck } from './run-checks.ts';
import { TestBed } from '../cluster/test-bed.ts';

const TIME_LIMIT_MS = 300_000;

let bed: TestBed;

beforeAll(async () => {
  bed = await TestBed.start();
}, TIME_LIMIT_MS);

afterAll(() => bed.stop(), TIME_LIMIT_MS);

describe.each(['kafkajs', 'platformatic', 'hapax'] as const)('%s against three nodes', (name) => {
  let client: ClientUnderTest;

  beforeAll(async () => {
    client = await CLIENTS[name](bed.bootstrap);
  }, TIME_LIMIT_MS);

  afterAll(() => closeClient(client), TIME_LIMIT_MS);

  test.each(CHECKS)('$name', async (check) => {
    const { reason } = await runCheck(client, bed, check);
    expect(reason).toBeUndefined();
  }, TIME_LIMIT_MS);
});
