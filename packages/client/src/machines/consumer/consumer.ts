/** The consumer: partitions by hand or by group, records in order, positions that can be committed and moved. */
import { AppError } from '@hapax/base';
import { Alarm } from '../alarm.ts';
import { closedError, type Cluster } from '../cluster.ts';
import { commitOffsets, NO_MEMBER, type CommittingMember, type OffsetToCommit } from '../group-offsets.ts';
import type { TopicPartition } from '../leader-fan-out.ts';
import { failure, success, type Done } from '../outcome.ts';
import type { ConsumerGroupMetadata } from '../transaction/transaction-options.ts';
import { partitionKey } from './assignor.ts';
import { CommittedPositions } from './committed-positions.ts';
import type { ConsumedBatch, ConsumerEvents, ConsumerOptions } from './consumer-options.ts';
import { Fetcher } from './fetcher.ts';
import { Membership } from './membership.ts';
import { PartitionPosition } from './partition-position.ts';
import { PositionFinder } from './position-finder.ts';
import { TakenAs } from './taken-as.ts';

/**
 * A consumer. Its owner takes batches, processes them and marks them; only what was marked is committed, so that a
 * crash repeats records rather than losing them.
 */
export class ConsumerMachine {
  readonly #cluster: Cluster;
  readonly #options: ConsumerOptions;
  readonly #lane: string;
  readonly #events: ConsumerEvents;
  readonly #membership: Membership | undefined;
  readonly #fetcher: Fetcher;
  readonly #finder: PositionFinder;
  readonly #committed: CommittedPositions;
  readonly #commitAlarm: Alarm;
  readonly #stopListening: () => void;
  readonly #positions = new Map<string, PartitionPosition>();
  readonly #takenAs = new TakenAs();
  /** Grows with each assignment, and with each end of one. */
  #assignments = 0;
  #topics: readonly string[] = [];
  #failures: AppError[] = [];
  #nextAssignment = 1;
  #nextTaken = 0;
  #lastTakeMs: number;
  #pumpDeferred = false;
  /** The group has refused this member for good: a fenced member that came back would fence the one that took over. */
  #refused = false;
  #closed = false;

  /** `lane` names this consumer's connections; no other machine of the client may use it. */
  constructor(cluster: Cluster, options: ConsumerOptions, lane: string, events: ConsumerEvents) {
    this.#cluster = cluster;
    this.#options = options;
    this.#lane = lane;
    this.#events = events;
    this.#lastTakeMs = cluster.ports.clock.nowMs();
    const finding = {
      onFailure: (position: PartitionPosition, error: AppError) => this.#fail(position, error),
      onProgress: () => this.#deferPump(),
    };
    this.#finder = new PositionFinder(cluster, options, lane, finding);
    this.#committed = new CommittedPositions(cluster, options, this.#groupLane, {
      onNone: (position) => this.#finder.reset(position),
      onFailure: (error) => this.#report(error),
      onProgress: () => this.#deferPump(),
    });
    this.#fetcher = new Fetcher(cluster, options, lane, {
      ...finding,
      onOutOfRange: (position) => this.#finder.reset(position),
    });
    this.#commitAlarm = new Alarm(cluster.ports, () => this.#autoCommit());
    this.#stopListening = cluster.onUpdate(() => this.#deferPump());
    this.#membership = options.groupId === null ? undefined : this.#makeMembership(options.groupId);
  }

  /** The partitions that are here, in no particular order. */
  assignment(): TopicPartition[] {
    return [...this.#positions.values()].map(({ topic, partition }) => ({ topic, partition }));
  }

  /** Reads topics as a member of the group: who reads which partition is decided there. Replaces an earlier list. */
  subscribe(topics: readonly string[]): void {
    this.#topics = [...new Set(topics)];
    this.#refused = false;
    this.#lastTakeMs = this.#cluster.ports.clock.nowMs();
    this.#membership?.rejoin();
    this.#armCommit();
  }

  /**
   * Reads these partitions, whatever others do. Begins at `offset`, or else where the group has committed, or else by
   * policy. Replaces an earlier list; partitions in both go on where they are.
   */
  assign(partitions: readonly (TopicPartition & { readonly offset?: number | undefined })[]): void {
    this.#replace(partitions);
    for (const { topic, partition, offset } of partitions)
      if (offset !== undefined) this.seek({ topic, partition }, offset);
    this.#armCommit();
    this.#deferPump();
  }

  /** The next records, of one partition; undefined when there is nothing now. Fair among partitions. */
  take(maxRecords = Number.POSITIVE_INFINITY): ConsumedBatch | undefined {
    this.touch();
    const positions = [...this.#positions.values()];
    for (let tried = 0; tried < positions.length; tried++) {
      this.#nextTaken = (this.#nextTaken + 1) % positions.length;
      const batch = positions[this.#nextTaken]?.take(maxRecords);
      if (batch === undefined) continue;
      this.#takenAs.onTaken(this.#member());
      this.#deferPump();
      return batch;
    }
    return undefined;
  }

  /** The oldest failure that was not taken yet. */
  takeFailure(): AppError | undefined {
    return this.#failures.shift();
  }

  /** Tells that the owner is alive, although it takes nothing. */
  touch(): void {
    this.#lastTakeMs = this.#cluster.ports.clock.nowMs();
    if (this.#membership?.state !== 'idle' || this.#topics.length === 0 || this.#closed || this.#refused) return;
    this.#membership.rejoin();
  }

  /** Whether a batch's partition is still here, in the same stay. */
  isCurrent(batch: ConsumedBatch): boolean {
    return this.#positions.get(partitionKey(batch))?.assignment === batch.assignment;
  }

  /** Records of this batch before `nextOffset` were processed. Ignored once the partition has gone. */
  markProcessed(batch: ConsumedBatch, nextOffset: number): void {
    if (this.isCurrent(batch)) this.#positions.get(partitionKey(batch))?.markProcessed(nextOffset, batch.leaderEpoch);
  }

  /**
   * Commits offsets, or what was processed. Fails with `usage` without a group, or `protocol-error` such as
   * `ILLEGAL_GENERATION` when the group moved on: others may then have processed the records too.
   */
  commit(offsets: readonly OffsetToCommit[] | undefined, done: Done<null>): void {
    const { groupId } = this.#options;
    if (groupId === null) {
      const error = new AppError('usage', 'a consumer without groupId has nowhere to commit', {
        retriable: false,
        definite: true,
      });
      this.#cluster.ports.scheduler.defer(() => done(failure(error)));
      return;
    }
    const wanted = offsets ?? this.#uncommitted();
    if (wanted.length === 0) {
      this.#cluster.ports.scheduler.defer(() => done(success(null)));
      return;
    }
    const group = { groupId, lane: this.#groupLane, deadlineMs: this.#options.requestTimeoutMs };
    commitOffsets(this.#cluster, group, this.#member(), wanted, (outcome) => {
      if (outcome.ok) for (const one of wanted) this.#onCommitted(one);
      done(outcome);
    });
  }

  /** Goes to an offset of a partition that is here; false if it is not. */
  seek(where: TopicPartition, offset: number): boolean {
    const position = this.#positions.get(partitionKey(where));
    position?.jump(offset, -1);
    this.#deferPump();
    return position !== undefined;
  }

  /** As whom a transactional producer sends offsets of what was taken; undefined without a group. [KIP-447] */
  groupMetadata(): ConsumerGroupMetadata | undefined {
    const { groupId } = this.#options;
    return groupId === null ? undefined : { groupId, ...this.#takenAs.identity(this.#member()) };
  }

  /**
   * Goes back to where the group has committed, in all partitions: after a transaction with its offsets was aborted.
   * With `read_committed`, waits for transactions with offsets that are still open.
   */
  resetToCommitted(): void {
    for (const position of this.#positions.values()) position.restart();
    this.#deferPump();
  }

  /** Gives the records of a batch that were not processed once more, if its partition is still here. */
  rewind(batch: ConsumedBatch): void {
    const position = this.#positions.get(partitionKey(batch));
    if (position === undefined || !this.isCurrent(batch) || position.processed < 0) return;
    position.jump(position.processed, position.processedEpoch);
    this.#deferPump();
  }

  /** The offset of the next record of a partition; undefined while that is not known, or the partition is not here. */
  position(where: TopicPartition): number | undefined {
    const position = this.#positions.get(partitionKey(where))?.position ?? -1;
    return position < 0 ? undefined : position;
  }

  /** Stops (or goes on) giving records of partitions that are here; what was fetched stays. */
  setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const one of partitions) {
      const position = this.#positions.get(partitionKey(one));
      if (position !== undefined) position.paused = paused;
    }
    if (!paused) this.#deferPump();
  }

  /** Commits what was processed (if it commits on its own), leaves the group and stops. */
  close(done: () => void): void {
    if (this.#closed) {
      this.#cluster.ports.scheduler.defer(done);
      return;
    }
    this.#closed = true;
    this.#commitAlarm.cancel();
    this.#fetcher.close();
    this.#finder.close();
    this.#committed.close();
    const leave = (): void => {
      const finish = (): void => {
        this.#replace([]);
        this.#stopListening();
        this.#cluster.closeLane(this.#lane);
        this.#cluster.closeLane(this.#groupLane);
        done();
      };
      if (this.#membership === undefined) finish();
      else this.#membership.leave(finish);
    };
    this.#commitProcessed(leave);
  }

  #member(): CommittingMember {
    return this.#topics.length > 0 ? (this.#membership?.member() ?? NO_MEMBER) : NO_MEMBER;
  }

  /** Heartbeats must not wait behind a long fetch. */
  get #groupLane(): string {
    return `${this.#lane}-group`;
  }

  #makeMembership(groupId: string): Membership {
    return new Membership(this.#cluster, { ...this.#options, groupId }, this.#groupLane, {
      topics: () => this.#topics,
      owned: () => this.assignment(),
      onRejoin: (done) => this.#onRejoin(done),
      onAssignment: (partitions, done) => this.#onAssignment(partitions, done),
      onLost: () => this.#onLost(),
      isAlive: () => this.#cluster.ports.clock.nowMs() - this.#lastTakeMs <= this.#options.takeIntervalMaxMs,
      onFatal: (error) => {
        this.#refused = true;
        this.#report(error);
      },
    });
  }

  /** Partitions that members keep over a rebalance stay; an eager group begins from nothing. */
  #onRejoin(done: () => void): void {
    this.#assignments += 1;
    const mayKeep = this.#membership?.isCooperative === true;
    const kept = mayKeep ? this.assignment().filter(({ topic }) => this.#topics.includes(topic)) : [];
    this.#release(kept, done);
  }

  #onAssignment(partitions: readonly TopicPartition[], done: (released: boolean) => void): void {
    const assignment = ++this.#assignments;
    const before = new Set(this.#positions.keys());
    const keys = new Set(partitions.map(partitionKey));
    const kept = this.assignment().filter((one) => keys.has(partitionKey(one)));
    const released = kept.length < before.size;
    this.#release(kept, () => {
      // The group may have moved on while something was let go: by now others may have what was meant for this member.
      if (this.#closed || assignment !== this.#assignments) return;
      this.#replace(partitions);
      const added = partitions.filter((one) => !before.has(partitionKey(one)));
      this.#events.onAssigned?.(added);
      this.#deferPump();
      done(released);
    });
  }

  /** Lets go of all partitions but some, after the owner had its say and what was processed is committed. */
  #release(kept: readonly TopicPartition[], done: () => void): void {
    const keep = new Set(kept.map(partitionKey));
    const going = this.assignment().filter((one) => !keep.has(partitionKey(one)));
    if (going.length === 0) {
      done();
      return;
    }
    const finish = (): void => {
      this.#replace(this.assignment().filter((one) => keep.has(partitionKey(one))));
      done();
    };
    const commit = (): void => this.#commitProcessed(finish);
    if (this.#events.onRevoking === undefined) commit();
    else this.#events.onRevoking(going, commit);
  }

  #onLost(): void {
    this.#assignments += 1;
    const lost = this.assignment();
    this.#replace([]);
    if (lost.length > 0) this.#events.onLost?.(lost);
  }

  #replace(partitions: readonly TopicPartition[]): void {
    const wanted = new Map(partitions.map((one) => [partitionKey(one), one]));
    for (const [key, position] of this.#positions) {
      if (wanted.has(key)) continue;
      this.#positions.delete(key);
      position.revision += 1;
      this.#takenAs.onGone();
      this.#cluster.untrack(position.topic);
    }
    for (const [key, one] of wanted) {
      if (this.#positions.has(key)) continue;
      this.#positions.set(key, new PartitionPosition(one, this.#nextAssignment++));
      this.#cluster.track(one.topic);
    }
  }

  #deferPump(): void {
    if (this.#pumpDeferred || this.#closed) return;
    this.#pumpDeferred = true;
    this.#cluster.ports.scheduler.defer(() => {
      this.#pumpDeferred = false;
      if (!this.#closed) this.#pump();
    });
  }

  #pump(): void {
    const positions = [...this.#positions.values()];
    this.#committed.start(positions);
    this.#finder.find(positions);
    this.#fetcher.fetch(
      positions,
      positions.reduce((sum, one) => sum + one.bufferedBytes, 0),
    );
    if (positions.some((one) => one.hasRecords && !one.paused)) this.#events.onReady();
  }

  #uncommitted(): OffsetToCommit[] {
    const offsets: OffsetToCommit[] = [];
    for (const { topic, partition, processed, processedEpoch, committed } of this.#positions.values()) {
      if (processed >= 0 && processed !== committed)
        offsets.push({ topic, partition, offset: processed, leaderEpoch: processedEpoch });
    }
    return offsets;
  }

  #onCommitted(one: OffsetToCommit): void {
    const position = this.#positions.get(partitionKey(one));
    if (position !== undefined) position.committed = one.offset;
  }

  /** Before partitions go. A failure is logged only: they go in any case, and their records will be read again. */
  #commitProcessed(done: () => void): void {
    if (this.#options.groupId === null || this.#options.autoCommitIntervalMs === null) {
      done();
      return;
    }
    this.commit(undefined, (outcome) => {
      if (!outcome.ok) this.#logCommitFailure(outcome.error);
      done();
    });
  }

  #armCommit(): void {
    const { autoCommitIntervalMs, groupId } = this.#options;
    if (autoCommitIntervalMs === null || groupId === null || this.#closed) return;
    this.#commitAlarm.setAt(this.#cluster.ports.clock.nowMs() + autoCommitIntervalMs);
  }

  #autoCommit(): void {
    this.#armCommit();
    if (this.#closed || (this.#topics.length > 0 && this.#membership?.state !== 'stable')) return;
    this.commit(undefined, (outcome) => {
      if (!outcome.ok) this.#logCommitFailure(outcome.error);
    });
  }

  #logCommitFailure(error: AppError): void {
    this.#cluster.ports.logger.warn(
      { groupId: this.#options.groupId, reason: error.message },
      'offsets were not committed',
    );
  }

  #fail(position: PartitionPosition, error: AppError): void {
    position.status = 'failed';
    this.#report(error);
  }

  #report(error: AppError): void {
    if (this.#cluster.isClosed && error.code !== 'closed') this.#failures.push(closedError());
    else this.#failures.push(error);
    this.#cluster.ports.scheduler.defer(() => this.#events.onReady());
  }
}
