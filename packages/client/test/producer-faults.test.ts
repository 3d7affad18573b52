/**
 * Property: whatever is lost on the way, acknowledged records are in the log once and in order, and failures tell
 * the truth.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ErrorCode, SeededRandom } from '@hapax/base';
import { FakeCluster, type Fault } from './fakes/fake-cluster.ts';
import { Producing, valuesIn, type Fate } from './fakes/producing.ts';

/** What a broker may answer after it has appended. */
const LATE_REFUSALS = [
  ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.REQUEST_TIMED_OUT,
];
/** What a broker may answer instead of appending. */
const REFUSALS = [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.CORRUPT_MESSAGE];

interface Trouble {
  readonly seed: number;
  readonly lossPercent: number;
  readonly refusalPercent: number;
  readonly moves: boolean;
  readonly cuts: boolean;
  readonly records: number;
  readonly deliveryTimeoutMs: number;
}

function run(trouble: Trouble): { fake: FakeCluster; fates: Map<number, Fate[]> } {
  const fake = new FakeCluster();
  fake.createTopic('orders', 3);
  const random = new SeededRandom(trouble.seed);
  fake.fault = ({ apiName }): Fault => {
    if (apiName === 'Metadata') return random.nextInt(100) < trouble.lossPercent / 2 ? 'lose-request' : 'none';
    if (apiName !== 'Produce') return 'none';
    if (random.nextInt(100) < trouble.refusalPercent)
      fake.failNext('Produce', REFUSALS[random.nextInt(REFUSALS.length)]!);
    if (random.nextInt(100) < trouble.refusalPercent) {
      fake.failNext('Produce, after the append', LATE_REFUSALS[random.nextInt(LATE_REFUSALS.length)]!);
    }
    if (random.nextInt(100) >= trouble.lossPercent) return 'none';
    return random.nextInt(2) === 0 ? 'lose-request' : 'lose-response';
  };
  const producing = new Producing(
    fake,
    { batchBytes: 160, deliveryTimeoutMs: trouble.deliveryTimeoutMs },
    trouble.seed,
  );
  const fates = new Map<number, Fate[]>([
    [0, []],
    [1, []],
    [2, []],
  ]);
  for (let index = 0; index < trouble.records; index++) {
    const partition = random.nextInt(3);
    fates.get(partition)?.push(producing.send(`v${index}`, { partition }));
    if (random.nextInt(4) === 0) fake.time.run(random.nextInt(20));
    if (trouble.moves && random.nextInt(15) === 0) fake.log('orders', partition).moveTo(1 + random.nextInt(3));
    if (trouble.cuts && random.nextInt(15) === 0) fake.network.cutAll(fake.endpoint(1 + random.nextInt(3)));
  }
  producing.settle();
  fake.fault = () => 'none';
  fake.errors.clear();
  fake.time.run(10_000);
  return { fake, fates };
}

function judge(fake: FakeCluster, fates: Map<number, Fate[]>): void {
  for (const [partition, sent] of fates) {
    const values = valuesIn(fake, 'orders', partition);
    expect(new Set(values).size, 'no record is there twice').toBe(values.length);
    const order = sent.map((fate) => fate.value);
    const positions = values.map((value) => order.indexOf(value));
    expect(positions, 'the log has the order of sending').toEqual([...positions].sort((a, b) => a - b));
    for (const fate of sent) {
      if (fate.delivery !== undefined) expect(values[fate.delivery.offset]).toBe(fate.value);
      else if (fate.error?.definite === true) expect(values).not.toContain(fate.value);
    }
  }
}

const trouble = fc.record({
  seed: fc.nat(),
  lossPercent: fc.integer({ min: 0, max: 50 }),
  refusalPercent: fc.integer({ min: 0, max: 30 }),
  moves: fc.boolean(),
  cuts: fc.boolean(),
  records: fc.integer({ min: 1, max: 120 }),
});

describe('the idempotent producer', () => {
  test('with time enough, every record is acknowledged once and in order', () => {
    fc.assert(
      fc.property(trouble, (some) => {
        const { fake, fates } = run({ ...some, deliveryTimeoutMs: 1_000_000 });
        judge(fake, fates);
        for (const sent of fates.values()) for (const fate of sent) expect(fate.error).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  test('with little time some records fail, and "definite" is the truth', () => {
    fc.assert(
      fc.property(trouble, fc.integer({ min: 5, max: 400 }), (some, deliveryTimeoutMs) => {
        const { fake, fates } = run({ ...some, lossPercent: some.lossPercent + 20, deliveryTimeoutMs });
        judge(fake, fates);
      }),
      { numRuns: 150 },
    );
  });
});
