/** Random requests against a coordinator that moves, over a log that refuses, delays and loses. */
import { ErrorCode, SeededRandom } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isPrepared, mayMove, STATES, type MarkerTask, type Transaction, type TransactionState } from '../src/index.ts';
import { CoordinatorRig, transaction } from './coordinator-rig.ts';

const IDS = ['a', 'b', 'c'];
const ERRORS = [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.MESSAGE_TOO_LARGE];
const TIMEOUTS_MS = [300, 5000, 60_000];

/** So that producers run out of epochs. */
const NEARLY_EXHAUSTED = { transactionalId: 'c', producerId: 500, producerEpoch: 32_763 };

/** What a client believes: it may be right, late, or another client's belief. */
interface Believed {
  readonly producerId: number;
  readonly producerEpoch: number;
}

class RandomTransactions {
  readonly rig = new CoordinatorRig({
    parkTimeoutMs: 200, parkedRequestsMax: 2, idExpirationMs: 20_000, expiryCheckIntervalMs: 1000,
    commitTimeoutMs: 1000,
  });
  readonly reached = new Set<TransactionState | 'exhausted'>();
  private readonly random: SeededRandom;
  private readonly believed = new Map<string, Believed[]>();
  private readonly asked: string[] = [];
  private readonly initOf = new Map<string, string>();
  private checked = 0;
  private isRecounting = false;
  private last = new Map<string, Transaction>();
  private highestEpochs = new Map<number, number>();
  /** Markers that were reported in this tenure. */
  private reported = new Map<MarkerTask, Set<string>>();

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.rig.given(transaction(NEARLY_EXHAUSTED));
    this.believed.set(NEARLY_EXHAUSTED.transactionalId, [NEARLY_EXHAUSTED]);
  }

  step(): void {
    const { rig } = this;
    const dice = this.random.nextInt(100);
    if (dice < 12) rig.advance(this.random.nextInt(120));
    else if (dice < 13) rig.advance(this.random.nextInt(25_000));
    else if (dice < 16) rig.commits = false;
    else if (dice < 26) rig.commits = true;
    else if (dice < 28) rig.refuseWith = ERRORS[this.random.nextInt(ERRORS.length)];
    else if (dice < 38) rig.refuseWith = undefined;
    else if (dice < 39) rig.refuseLargerThan = 1;
    else if (dice < 41) rig.refuseLargerThan = Number.POSITIVE_INFINITY;
    else if (dice < 43) this.move();
    else if (dice < 45) rig.transactionVersion = [0, 1, 2][this.random.nextInt(3)] as 0 | 1 | 2;
    else if (dice < 46) rig.hasProducerIds = !rig.hasProducerIds;
    else if (dice < 47) rig.commitsWithin = !rig.commitsWithin;
    else if (dice < 60) this.reportSome();
    else this.request();
    rig.settle();
    this.readAnswers();
    this.check();
  }

  /** Everything works again: everything that is prepared or took too long is finished, and everybody is answered. */
  heal(): void {
    const { rig } = this;
    rig.commits = true;
    rig.refuseWith = undefined;
    rig.refuseLargerThan = Number.POSITIVE_INFINITY;
    rig.hasProducerIds = true;
    for (let round = 0; round < 20; round++) {
      rig.advance(60);
      for (const task of [...rig.tasks]) this.report(task, task.partitions);
      this.check();
    }
    rig.advance(70_000);
    for (const task of [...rig.tasks]) this.report(task, task.partitions);
    this.check();
    expect(this.asked.filter((token) => rig.isWaiting(token))).toEqual([]);
    for (const { transaction } of rig.coordinator.state.all()) {
      expect(['Empty', 'CompleteCommit', 'CompleteAbort']).toContain(transaction.state);
    }
  }

  private move(): void {
    this.rig.move({ keepUncommitted: this.random.nextInt(2) === 0 });
    this.reported = new Map();
    // What was lost never was: compare with what the new coordinator read.
    if (this.checked > this.rig.entries.length) this.recount();
  }

  private recount(): void {
    this.checked = 0;
    this.last = new Map();
    this.highestEpochs = new Map();
    // Their reports were checked when they were written.
    this.isRecounting = true;
    this.check();
    this.isRecounting = false;
  }

  private request(): void {
    const transactionalId = IDS[this.random.nextInt(IDS.length)] ?? 'a';
    const beliefs = this.believed.get(transactionalId) ?? [];
    const wild = { producerId: 1000 + this.random.nextInt(4), producerEpoch: this.random.nextInt(4) };
    const recent = beliefs[beliefs.length - 1 - this.random.nextInt(Math.min(beliefs.length, 2) || 1)];
    const who = (this.random.nextInt(20) === 0 ? undefined : recent) ?? wild;
    this.asked.push(this.send(transactionalId, who));
  }

  private send(transactionalId: string, who: Believed): string {
    const { rig, random } = this;
    const version = random.nextInt(3) === 0 ? 4 : 5;
    const partitions = [random.nextInt(3)];
    switch (random.nextInt(7)) {
      case 0: {
        const timeoutMs = TIMEOUTS_MS[random.nextInt(3)] ?? 300;
        const token = rig.init({ transactionalId, timeoutMs, ...(random.nextInt(2) === 0 ? who : {}) });
        this.initOf.set(token, transactionalId);
        return token;
      }
      case 1:
        return rig.add({ transactionalId, ...who, partitions, verifyOnly: true });
      case 2:
      case 3:
      case 4:
        return rig.add({ transactionalId, ...who, partitions, transactionVersion: version === 5 ? 2 : 0 });
      default: {
        const token = rig.end({ transactionalId, ...who, committed: random.nextInt(2) === 0, version });
        this.initOf.set(token, transactionalId);
        return token;
      }
    }
  }

  private reportSome(): void {
    const task = this.rig.tasks[this.random.nextInt(this.rig.tasks.length || 1)];
    if (task === undefined) return;
    this.report(task, task.partitions.filter(() => this.random.nextInt(3) > 0));
  }

  private report(task: MarkerTask, written: MarkerTask['partitions']): void {
    const known = this.reported.get(task) ?? new Set<string>();
    for (const { topic, partitions } of written) for (const each of partitions) known.add(`${topic}-${each}`);
    this.reported.set(task, known);
    this.rig.markersWritten([task], written);
  }

  private readAnswers(): void {
    for (const [token, transactionalId] of this.initOf) {
      if (this.rig.isWaiting(token)) continue;
      this.initOf.delete(token);
      const { errorCode, producerId = -1, producerEpoch = -1 } = this.rig.answer(token);
      if (errorCode !== ErrorCode.NONE) continue;
      expect(producerEpoch, 'an epoch that no client may have').toBeLessThan(32_767);
      this.believed.set(transactionalId, [...this.believed.get(transactionalId) ?? [], { producerId, producerEpoch }]);
    }
  }

  private check(): void {
    this.checkLog();
    const { rig } = this;
    const replayed = rig.replayed();
    expect([...rig.coordinator.state.all()]).toEqual([...replayed.all()]);
    this.checkMarkers();
  }

  /** Each record follows from the one before: by the table, with epochs that never fall, and one outcome. */
  private checkLog(): void {
    for (const { record } of this.rig.entries.slice(this.checked)) {
      const { transactionalId, value } = record;
      const before = this.last.get(transactionalId);
      if (value === null) {
        expect(['Empty', 'CompleteCommit', 'CompleteAbort']).toContain(before?.state);
        this.last.delete(transactionalId);
        continue;
      }
      this.reached.add(value.state);
      if (value.nextProducerId >= 0) this.reached.add('exhausted');
      this.checkMove(before, value);
      const highest = this.highestEpochs.get(value.producerId) ?? -1;
      expect(value.producerEpoch, `epochs of producer ${value.producerId}`).toBeGreaterThanOrEqual(highest);
      this.highestEpochs.set(value.producerId, value.producerEpoch);
      this.last.set(transactionalId, value);
    }
    this.checked = this.rig.entries.length;
  }

  private checkMove(before: Transaction | undefined, value: Transaction): void {
    if (before === undefined) {
      const producerEpoch = value.producerId === NEARLY_EXHAUSTED.producerId ? NEARLY_EXHAUSTED.producerEpoch : 0;
      expect(value).toMatchObject({ state: 'Empty', producerEpoch });
      return;
    }
    const isFence = before.state === 'Ongoing' && value.state === 'PrepareAbort';
    expect(isFence || mayMove(before.state, value.state, 2), `${before.state} -> ${value.state}`).toBe(true);
    if (isPrepared(before.state)) {
      expect(value.state).toBe(before.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort');
      expect(value.topics).toEqual([]);
      this.checkAllReported(before);
    }
    if (isPrepared(value.state) && before.state === 'Ongoing') expect(value.topics).toEqual(before.topics);
  }

  /** No transaction is complete before each of its markers was reported, to the coordinator that completed it. */
  private checkAllReported(before: Transaction): void {
    if (before.topics.length === 0 || this.isRecounting) return;
    const task = this.rig.tasks.findLast(({ transactionalId }) => transactionalId === before.transactionalId);
    expect(task).toMatchObject({ producerEpoch: before.producerEpoch, partitions: before.topics });
    const known = task === undefined ? undefined : this.reported.get(task);
    const names = before.topics.flatMap(({ topic, partitions }) => partitions.map((each) => `${topic}-${each}`));
    expect(names.filter((name) => known?.has(name) !== true)).toEqual([]);
  }

  /** Whatever is prepared and committed was given out and stands, with all that is not reported. */
  private checkMarkers(): void {
    const { rig } = this;
    if (rig.coordinator.phase !== 'active') return;
    for (const { transaction, offset } of rig.coordinator.state.all()) {
      const remaining = rig.coordinator.remainingMarkers(transaction.transactionalId);
      const isOwed = isPrepared(transaction.state) && offset < rig.committedCount;
      expect(remaining !== undefined, `${transaction.transactionalId} in ${transaction.state}`).toBe(isOwed);
      if (!isOwed) continue;
      const task = rig.tasks.findLast((each) => each.transactionalId === transaction.transactionalId
        && each.producerEpoch === transaction.producerEpoch && each.coordinatorEpoch === rig.coordinatorEpoch);
      if (transaction.topics.length > 0) expect(task).toMatchObject({ partitions: transaction.topics });
    }
  }
}

describe('random transactions', () => {
  test('keep the rules at every step, and all of them end when the trouble does', () => {
    const reached = new Set<TransactionState | 'exhausted'>();
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
      const run = new RandomTransactions(seed);
      for (let step = 0; step < 150; step++) run.step();
      run.heal();
      for (const state of run.reached) reached.add(state);
    }), { numRuns: 60 });
    expect([...reached].sort()).toEqual([...STATES.slice(0, 6), 'exhausted'].sort());
  });
});
