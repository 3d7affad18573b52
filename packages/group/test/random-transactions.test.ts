/** Random offsets, in transactions and outside, with markers, deletions and expiry, on a coordinator that moves. */
import { ErrorCode, SeededRandom } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReplayedState } from '../src/index.ts';
import { CoordinatorRig, type GroupLog } from './coordinator-rig.ts';

const GROUPS = ['g', 'h'];
const PRODUCERS = [7, 8, 9];
const PARTITIONS = [0, 1];
const RETENTION_MS = 1_000_000;
const REFUSALS = [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.INVALID_TXN_STATE, ErrorCode.NOT_LEADER_OR_FOLLOWER];

/** One offset of the log, and what became of it. */
interface Written {
  readonly key: string;
  readonly offset: number;
  readonly at: number;
  /** Undefined once it counts. */
  producerId: number | undefined;
}

/** What a group is to be told, worked out the long way: every record of the log, and then what counts of it. */
class Expected {
  /** In the order of the log. */
  private written: Written[] = [];

  constructor(log: GroupLog) {
    for (const { record, at } of log.read()) {
      if (record.kind === 'transaction-end') this.end(record.producerId, record.outcome === 'commit');
      if (record.kind !== 'offset') continue;
      const key = `${record.groupId}/${record.topic}-${record.partition}`;
      if (record.value === null) this.written = this.written.filter((entry) => entry.key !== key);
      else {
        const { offset } = record.value;
        this.written.push({ key, offset, at: at.offset, producerId: at.producer?.producerId });
      }
    }
  }

  private end(producerId: number, commits: boolean): void {
    this.written = this.written.filter((entry) => commits || entry.producerId !== producerId);
    for (const entry of this.written) if (entry.producerId === producerId) entry.producerId = undefined;
  }

  /** The latest that counts. */
  committed(key: string): number {
    const counting = this.written.filter((entry) => entry.key === key && entry.producerId === undefined);
    return counting.at(-1)?.offset ?? -1;
  }

  isUnstable(key: string): boolean {
    return this.written.some((entry) => entry.key === key && entry.producerId !== undefined);
  }

  hasGroup(groupId: string): boolean {
    return this.written.some((entry) => entry.key.startsWith(`${groupId}/`));
  }
}

/** Counts what the runs came across, so that the test can tell that it looked at something. */
interface Coverage {
  unstable: number;
  committed: number;
  aborted: number;
  moved: number;
}

class RandomTransactions {
  readonly rig = new CoordinatorRig({ offsetsRetentionMs: RETENTION_MS, offsetsRetentionCheckIntervalMs: 100_000 });
  private readonly random: SeededRandom;
  private readonly coverage: Coverage;
  private nextOffset = 1;
  /** Whether a producer's transaction is open in this log, as its own partition would know. */
  private readonly open = new Set<number>();

  constructor(seed: number, coverage: Coverage) {
    this.random = new SeededRandom(seed);
    this.coverage = coverage;
  }

  step(): void {
    const dice = this.random.nextInt(100);
    if (dice < 30) this.txnCommit();
    else if (dice < 45) this.commit();
    else if (dice < 65) this.mark();
    else if (dice < 70) this.deleteOffset();
    else if (dice < 72) this.deleteGroup();
    else if (dice < 73) this.rig.run((coordinator) => coordinator.onTopicDeleted('t'));
    else if (dice < 79) this.rig.advance(this.random.nextInt(150_000));
    else if (dice < 81) this.rig.advance(RETENTION_MS);
    else if (dice < 85) this.rig.commits = false;
    else if (dice < 91) this.heal();
    else if (dice < 93) this.rig.log.refuseWith = REFUSALS[this.random.nextInt(REFUSALS.length)];
    else if (dice < 96) this.rig.log.refuseWith = undefined;
    else this.move();
    this.check();
  }

  heal(): void {
    this.rig.commits = true;
    this.rig.settle();
  }

  private group(): string {
    return GROUPS[this.random.nextInt(GROUPS.length)] ?? '';
  }

  private partition(): number {
    return PARTITIONS[this.random.nextInt(PARTITIONS.length)] ?? 0;
  }

  private txnCommit(): void {
    const producerId = PRODUCERS[this.random.nextInt(PRODUCERS.length)] ?? 0;
    this.rig.txnCommit({
      groupId: this.group(), partition: this.partition(), offset: this.nextOffset++, producerId,
      version: this.random.nextInt(6),
    });
    if (this.rig.log.refuseWith === undefined) this.open.add(producerId);
  }

  private commit(): void {
    this.rig.commit({ groupId: this.group(), partition: this.partition(), offset: this.nextOffset++ });
  }

  /** Also of producers that wrote nothing, and twice: markers can be repeated. [M10, M11] */
  private mark(): void {
    const producerId = PRODUCERS[this.random.nextInt(PRODUCERS.length)] ?? 0;
    const commits = this.random.nextInt(3) > 0;
    if (this.open.delete(producerId)) this.coverage[commits ? 'committed' : 'aborted'] += 1;
    this.rig.mark(commits ? 'commit' : 'abort', producerId);
  }

  private deleteOffset(): void {
    const topics = [{ name: 't', partitions: [{ partitionIndex: this.partition() }] }];
    const groupId = this.group();
    this.rig.run((coordinator, token) =>
      coordinator.offsetDelete(token, { groupId, topics }, this.rig.context(0), this.rig.nowMs));
  }

  private deleteGroup(): void {
    const groupId = this.group();
    this.rig.run((coordinator, token) =>
      coordinator.deleteGroup(token, groupId, this.rig.context(2), this.rig.nowMs));
  }

  private move(): void {
    this.coverage.moved += 1;
    this.rig.load({ keepUncommitted: this.random.nextInt(2) === 0 });
  }

  private check(): void {
    const { state } = this.rig.coordinator;
    const replayed = new ReplayedState();
    for (const { record, at } of this.rig.log.read()) replayed.replay(record, at);
    expect(replayed).toEqual(state);
    const expected = new Expected(this.rig.log);
    for (const groupId of GROUPS) {
      expect(state.hasGroup(groupId)).toBe(expected.hasGroup(groupId));
      for (const partition of PARTITIONS) this.checkPartition(groupId, partition, expected);
    }
    // No group lives on that a new coordinator would not know, but for those whose tombstones the log refused.
    expect(new Set(this.rig.coordinator.groups.groupIds())).toEqual(new Set(state.groupIds()));
  }

  private checkPartition(groupId: string, partition: number, expected: Expected): void {
    const key = `${groupId}/t-${partition}`;
    const committed = expected.committed(key);
    const isUnstable = expected.isUnstable(key);
    const partitions = [partition];
    const plain = this.rig.askOffsets({ groupId, partitions });
    const stable = this.rig.askOffsets({ groupId, partitions, requireStable: true });
    if (isUnstable) {
      this.coverage.unstable += 1;
      const answer = this.rig.answer(stable).topics?.[0]?.partitions?.[0];
      expect(answer).toMatchObject({ errorCode: ErrorCode.UNSTABLE_OFFSET_COMMIT, committedOffset: -1 });
    } else {
      this.expectOffset(stable, committed);
    }
    this.expectOffset(plain, committed);
  }

  /** What waits for its commit is not looked at. */
  private expectOffset(token: string, offset: number): void {
    if (this.rig.isWaiting(token)) return expect(this.rig.commits).toBe(false) as undefined;
    expect(this.rig.answer(token).topics?.[0]?.partitions?.[0]).toMatchObject({
      errorCode: ErrorCode.NONE, committedOffset: offset,
    });
  }
}

describe('random transactions of offsets', () => {
  test('are told as the log has them, by a coordinator whose state is always the replay of its log', () => {
    const coverage: Coverage = { unstable: 0, committed: 0, aborted: 0, moved: 0 };
    fc.assert(fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (seed) => {
      const world = new RandomTransactions(seed, coverage);
      for (let step = 0; step < 200; step++) world.step();
    }), { numRuns: 25 });
    expect(coverage.unstable).toBeGreaterThan(1000);
    expect(Math.min(coverage.committed, coverage.aborted, coverage.moved)).toBeGreaterThan(50);
  }, 60_000);
});
