/**
 * Property: whatever is lost, late or moved on the way, a transaction is seen whole or not at all, as its producer was
 * told, and nothing is seen twice.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError, decodeText, ErrorCode, SeededRandom } from '@hapax/base';
import { isCommittedNonetheless, isFatal, isOutcomeUnknown, type Outcome } from '../src/machines/index.ts';
import { Consuming } from './fakes/consuming.ts';
import { FakeCluster, type Fault } from './fakes/fake-cluster.ts';
import { Transacting } from './fakes/transacting.ts';

const PARTITIONS = 3;
/** What coordinators and leaders may answer instead of doing it. */
const REFUSALS: readonly (readonly [string, number])[] = [
  ['EndTxn', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS],
  ['EndTxn', ErrorCode.CONCURRENT_TRANSACTIONS],
  ['AddPartitionsToTxn', ErrorCode.CONCURRENT_TRANSACTIONS],
  ['AddPartitionsToTxn', ErrorCode.NOT_COORDINATOR],
  ['AddOffsetsToTxn', ErrorCode.COORDINATOR_NOT_AVAILABLE],
  ['TxnOffsetCommit', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS],
  ['InitProducerId', ErrorCode.CONCURRENT_TRANSACTIONS],
  ['Produce', ErrorCode.NOT_ENOUGH_REPLICAS],
  ['Produce', ErrorCode.INVALID_RECORD],
];

interface Trouble {
  readonly version: number;
  readonly seed: number;
  readonly lossPercent: number;
  readonly refusalPercent: number;
  readonly moves: boolean;
  readonly timeOuts: boolean;
  readonly rivals: boolean;
  readonly operationTimeoutMs: number;
}

type Verdict = 'committed' | 'aborted' | 'unknown';

interface Attempted {
  readonly values: readonly string[];
  verdict: Verdict;
}

const FAULTY = new Set([
  'Produce',
  'InitProducerId',
  'AddPartitionsToTxn',
  'AddOffsetsToTxn',
  'TxnOffsetCommit',
  'EndTxn',
  'FindCoordinator',
]);

/** One application: transactions one after another, with a new producer whenever one is over. */
class Application {
  readonly fake = new FakeCluster();
  readonly attempted: Attempted[] = [];
  readonly #trouble: Trouble;
  readonly #random: SeededRandom;
  #transacting: Transacting;
  #instances = 1;
  #healed = false;

  constructor(trouble: Trouble) {
    this.#trouble = trouble;
    this.#random = new SeededRandom(trouble.seed);
    this.fake.transactions.finalized = trouble.version;
    this.fake.transactions.markerDelayMs = 1 + this.#random.nextInt(60);
    this.fake.lateMs = 5 + this.#random.nextInt(400);
    this.fake.createTopic('orders', PARTITIONS);
    this.fake.fault = ({ apiName }) => this.#fault(apiName);
    this.#transacting = this.#instance();
  }

  run(transactions: number): void {
    for (let index = 0; index < transactions; index++) this.#transaction(index);
    this.#healed = true;
    this.fake.errors.clear();
    this.fake.time.run(60_000);
    // Whatever is still open is ended by the last instance, so that all that was committed can be seen.
    const last = this.#instance();
    expect(last.init().ok).toBe(true);
    this.fake.time.run(60_000);
  }

  #instance(): Transacting {
    const { operationTimeoutMs } = this.#trouble;
    return new Transacting(this.fake, { operationTimeoutMs, batchBytes: 150 }, this.#instances++);
  }

  #transaction(index: number): void {
    if (!this.#until(() => this.#transacting.begin())) return;
    const values: string[] = [];
    const attempted: Attempted = { values, verdict: 'unknown' };
    this.attempted.push(attempted);
    const records = this.#random.nextInt(8);
    for (let record = 0; record < records; record++) {
      values.push(`t${index}-${record}`);
      this.#transacting.send(values.at(-1)!, this.#random.nextInt(PARTITIONS));
      if (this.#random.nextInt(3) === 0) this.fake.time.run(this.#random.nextInt(30));
      this.#disturb();
    }
    this.#transacting.sendOffsets([{ topic: 'orders', partition: 0, offset: index + 1 }]);
    this.#disturb();
    attempted.verdict = this.#random.nextInt(4) === 0 ? this.#abort() : this.#commit();
  }

  #commit(): Verdict {
    const outcome = this.#transacting.commit();
    if (outcome.ok) return 'committed';
    const { error } = outcome;
    if (isFatal(error)) return this.#replace(error);
    if (isOutcomeUnknown(error) && this.#random.nextInt(2) === 0) return this.#commit();
    return this.#abort();
  }

  #abort(): Verdict {
    for (;;) {
      const outcome = this.#transacting.abort();
      if (outcome.ok) return 'aborted';
      const { error } = outcome;
      if (isCommittedNonetheless(error)) return 'committed';
      if (isOutcomeUnknown(error)) return 'unknown';
      if (isFatal(error)) return this.#replace(error);
      if (!error.retriable) throw error;
    }
  }

  /** A definite failure says that nothing was committed. */
  #replace(error: AppError): Verdict {
    this.#transacting = this.#instance();
    return error.definite ? 'aborted' : 'unknown';
  }

  #until(run: () => Outcome<null>): boolean {
    for (let tries = 0; tries < 50; tries++) {
      const outcome = run();
      if (outcome.ok) return true;
      if (isFatal(outcome.error)) this.#transacting = this.#instance();
      else if (!outcome.error.retriable) throw outcome.error;
    }
    throw new Error('no transaction can be begun');
  }

  #disturb(): void {
    const { moves, timeOuts, rivals } = this.#trouble;
    const { transactions, groups } = this.fake;
    if (moves && this.#random.nextInt(12) === 0) transactions.coordinator = 1 + this.#random.nextInt(3);
    if (moves && this.#random.nextInt(12) === 0) groups.coordinator = 1 + this.#random.nextInt(3);
    if (moves && this.#random.nextInt(12) === 0)
      this.fake.log('orders', this.#random.nextInt(PARTITIONS)).moveTo(1 + this.#random.nextInt(3));
    if (moves && this.#random.nextInt(12) === 0)
      this.fake.network.cutAll(this.fake.endpoint(1 + this.#random.nextInt(3)));
    if (timeOuts && this.#random.nextInt(20) === 0) transactions.timeOut('billing');
    if (rivals && this.#random.nextInt(25) === 0) this.#instance().init();
  }

  #fault(apiName: string): Fault {
    const { lossPercent, refusalPercent } = this.#trouble;
    if (this.#healed || !FAULTY.has(apiName)) return 'none';
    for (const [name, errorCode] of REFUSALS)
      if (name === apiName && this.#random.nextInt(200) < refusalPercent) this.fake.failNext(name, errorCode);
    if (this.#random.nextInt(100) >= lossPercent) return 'none';
    return (['lose-request', 'lose-response', 'late-request'] as const)[this.#random.nextInt(3)]!;
  }
}

function visible(fake: FakeCluster): string[] {
  const consuming = new Consuming(fake, { groupId: null }, 9999);
  consuming.machine.assign(
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: 'orders', partition, offset: 0 })),
  );
  fake.time.run(10_000);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const log = fake.log('orders', partition);
    expect(log.lastStableOffset, 'no transaction hangs').toBe(log.endOffset);
    expect(consuming.machine.position({ topic: 'orders', partition }), 'the end is reached').toBe(log.endOffset);
  }
  return consuming.values;
}

function judge({ fake, attempted }: Application): void {
  // The known flaw of version 1 needs several late requests in the moment before the epoch is raised. It is told apart.
  if (fake.transactions.anomalies > 0) return;
  const seen = visible(fake);
  expect(new Set(seen).size, 'nothing is seen twice').toBe(seen.length);
  let lastSeen = 0;
  for (const [index, { values, verdict }] of attempted.entries()) {
    const shown = values.filter((value) => seen.includes(value)).length;
    if (verdict === 'committed') expect(shown, `transaction ${index} was committed`).toBe(values.length);
    else if (verdict === 'aborted') expect(shown, `transaction ${index} was aborted`).toBe(0);
    else expect([0, values.length], `transaction ${index} is whole`).toContain(shown);
    if (values.length > 0 && shown > 0) lastSeen = index + 1;
  }
  const offset = fake.groups.group('readers').offsets.get('orders-0')?.offset ?? 0;
  expect(offset, 'the offsets are not behind the records').toBeGreaterThanOrEqual(lastSeen);
  const last = attempted[offset - 1];
  expect(offset === 0 || last?.verdict !== 'aborted', 'no offset of an aborted transaction').toBe(true);
  const inLog = fake.topics.get('orders')!.flatMap((log) => log.records(fake.compression));
  const texts = inLog.map((record) => decodeText(record.value!));
  expect(new Set(texts).size, 'not even what was aborted is written twice').toBe(texts.length);
}

const trouble = fc.record({
  seed: fc.nat(),
  lossPercent: fc.integer({ min: 0, max: 40 }),
  refusalPercent: fc.integer({ min: 0, max: 30 }),
  moves: fc.boolean(),
  timeOuts: fc.boolean(),
  rivals: fc.boolean(),
  operationTimeoutMs: fc.constantFrom(300, 2000, 60_000),
});

describe.each([1, 2])('transactions of version %i', (version) => {
  test('are seen whole or not at all, as their producer was told', () => {
    let transactions = 0;
    let anomalies = 0;
    fc.assert(
      fc.property(trouble, (some) => {
        const application = new Application({ ...some, version });
        application.run(25);
        judge(application);
        transactions += application.attempted.length;
        anomalies += application.fake.transactions.anomalies;
      }),
      { numRuns: 60 },
    );
    expect(anomalies).toBeLessThanOrEqual(version === 1 ? transactions / 500 : 0);
  });

  test('are told of truly where nothing but time is lost', () => {
    const quiet = { lossPercent: 0, refusalPercent: 0, moves: false, timeOuts: false, rivals: false };
    const application = new Application({ ...quiet, version, seed: 1, operationTimeoutMs: 60_000 });
    application.run(40);
    judge(application);
    expect(application.attempted.filter(({ verdict }) => verdict === 'unknown')).toEqual([]);
  });
});
