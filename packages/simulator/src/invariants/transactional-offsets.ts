/** T9: offsets that groups commit within transactions come into force with the marker, and never go back. */
import type { Offset, ProducerId } from '@hapax/base';
import { decodeGroupRecord, type ReplayedState } from '@hapax/group';
import type { LogRecord } from '@hapax/wire/records';
import { demand } from './violation.ts';

/** An offset, and where in the log it was committed. */
interface CommittedAt {
  readonly groupId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
  readonly at: Offset;
}

/** What groups have committed, by the log. */
export class TransactionalOffsets {
  /** How many offsets came into force with a transaction. */
  appliedCount = 0;
  private readonly committed = new Map<string, CommittedAt>();
  private readonly generations = new Map<string, number>();
  /** By partition of the log and producer. */
  private readonly pending = new Map<string, Map<string, CommittedAt>>();

  /** A record of `__consumer_offsets` is committed; within a transaction, if there is a producer. */
  onRecord(
    log: string, record: LogRecord, producerId: ProducerId | undefined, isThere: (partition: string) => boolean,
  ): void {
    if (record.key === null) return;
    const decoded = decodeGroupRecord(record.key, record.value);
    if (decoded?.kind === 'group') this.generations.set(decoded.groupId, decoded.value?.generation ?? -1);
    if (decoded === undefined || decoded.kind !== 'offset') return;
    const key = keyOf(decoded.groupId, decoded.topic, decoded.partition);
    if (decoded.value === null) {
      const isPending = [...this.pending.values()].some((pending) => pending.has(key));
      demand(!isPending || !isThere(`${decoded.topic}-${decoded.partition}`), 'T9', () =>
        `the offset of ${key} is removed, though a transaction that is open has one for it`);
      this.committed.delete(key);
      for (const pending of this.pending.values()) pending.delete(key);
      return;
    }
    const { groupId, topic, partition } = decoded;
    const value = { groupId, topic, partition, offset: decoded.value.offset, at: record.offset };
    if (producerId === undefined) return this.apply(key, value);
    const pendingKey = `${log}/${producerId}`;
    const pending = this.pending.get(pendingKey) ?? new Map<string, CommittedAt>();
    this.pending.set(pendingKey, pending.set(key, value));
  }

  /** A marker is committed in a partition of the log. */
  onMarker(log: string, producerId: ProducerId, outcome: 'commit' | 'abort'): void {
    const key = `${log}/${producerId}`;
    const pending = this.pending.get(key);
    this.pending.delete(key);
    if (outcome === 'abort' || pending === undefined) return;
    for (const [where, value] of pending) {
      // A plain commit that came after it stays in force. [O6]
      if (value.at <= (this.committed.get(where)?.at ?? -1)) continue;
      this.apply(where, value);
      this.appliedCount += 1;
    }
  }

  /** The generation of a group that its log tells last; −1 for none. */
  generationOf(groupId: string): number {
    return this.generations.get(groupId) ?? -1;
  }

  /** T9: offsets were taken from a member, which were sent when `newest` was the generation that the log told. */
  onAccepted(groupId: string, generation: number, newest: number): void {
    demand(generation >= newest, 'T9', () =>
      `offsets of ${groupId} are taken from a member of generation ${generation}, when there was ${newest} already`);
  }

  /** What a group has committed; 0 for nothing. */
  committedOf(groupId: string, topic: string, partition: number): Offset {
    return this.committed.get(keyOf(groupId, topic, partition))?.offset ?? 0;
  }

  /** T10: what a group coordinator has is what its log says, however it came to know it. */
  checkCache(node: number, state: ReplayedState): void {
    for (const { groupId, topic, partition, offset } of this.committed.values()) {
      if (!state.hasGroup(groupId)) continue;
      const held = state.findOffsets(groupId)?.find(topic, partition)?.offset;
      demand(held === offset, 'T10', () =>
        `the coordinator on node ${node} has ${held} for ${groupId} in ${topic}-${partition}, its log says ${offset}`);
    }
  }

  private apply(key: string, value: CommittedAt): void {
    const before = this.committed.get(key)?.offset ?? 0;
    // Members of plain groups commit what they have, which after a rebalance may be less than another one had.
    demand(value.offset >= before || !key.startsWith(PROCESSORS), 'T9', () =>
      `the offset of ${key} goes from ${before} back to ${value.offset}`);
    this.committed.set(key, value);
  }
}

function keyOf(groupId: string, topic: string, partition: number): string {
  return `${groupId}/${topic}/${partition}`;
}

/** Groups of this name commit within transactions only. */
export const PROCESSORS = 'processors';
