/** What the log says about the groups of one offsets partition: generations, members, offsets. */
import { sometimes } from '@hapax/base';
import type { RecordPosition, StateMachine } from '@hapax/state-machine';
import type { GroupMetadata, LoggedRecord, OffsetRecord, TransactionEndRecord } from './group-record.ts';
import { PartitionMap, type GroupOffsets, type StoredOffset } from './offsets.ts';
import { PendingOffsets, type GroupPartition } from './pending-offsets.ts';

/** State that only records change. */
export class ReplayedState implements StateMachine<LoggedRecord> {
  private readonly metadata = new Map<string, GroupMetadata>();
  private readonly offsets = new Map<string, GroupOffsets>();
  /** Written in transactions that have not ended. Only records change it. */
  readonly pendingOffsets = new PendingOffsets();
  /** Groups with offsets, be it pending ones, and no generation: they were never joined. */
  private readonly simpleGroups = new Set<string>();

  /** How many groups there are. */
  get groupCount(): number {
    return this.metadata.size + this.simpleGroups.size;
  }

  /** Whether the group has a generation or an offset, be it a pending one. */
  hasGroup(groupId: string): boolean {
    return this.metadata.has(groupId) || this.simpleGroups.has(groupId);
  }

  /** The last generation that was written; undefined for groups that were never joined or never settled. */
  findMetadata(groupId: string): GroupMetadata | undefined {
    return this.metadata.get(groupId);
  }

  /** The committed offsets; undefined where the group has none. Pending ones are not among them. [O5] */
  findOffsets(groupId: string): GroupOffsets | undefined {
    return this.offsets.get(groupId);
  }

  /** The ids of all groups: those with a generation first. */
  groupIds(): string[] {
    return [...this.metadata.keys(), ...this.simpleGroups];
  }

  /** The topics of which the group has an offset, committed or pending. */
  topicNames(groupId: string): string[] {
    const committed = this.offsets.get(groupId)?.topicNames() ?? [];
    return [...new Set([...committed, ...this.pendingOffsets.topicNames(groupId)])];
  }

  /** The partitions of a topic of which the group has an offset, committed or pending. */
  partitionsOf(groupId: string, topic: string): number[] {
    const committed = this.offsets.get(groupId)?.partitionsOf(topic).map(([partition]) => partition) ?? [];
    return [...new Set([...committed, ...this.pendingOffsets.partitionsOf(groupId, topic)])];
  }

  replay(record: LoggedRecord, at: RecordPosition): void {
    switch (record.kind) {
      case 'group':
        if (record.value === null) this.metadata.delete(record.groupId);
        else this.metadata.set(record.groupId, record.value);
        return this.classify(record.groupId);
      case 'offset':
        this.replayOffset(record, at);
        return this.classify(record.groupId);
      case 'transaction-end':
        return this.replayTransactionEnd(record);
    }
  }

  private replayOffset(record: OffsetRecord, { offset: recordOffset, producer }: RecordPosition): void {
    const { topic, partition, value } = record;
    if (value === null) {
      this.deleteOffset(record);
      this.pendingOffsets.drop(record);
    } else if (producer === undefined) {
      this.storeOffset(record, { ...value, recordOffset });
    } else {
      const { groupId } = record;
      this.pendingOffsets.set(producer.producerId, { groupId, topic, partition }, { ...value, recordOffset });
    }
  }

  /** An offset that was committed later, outside of the transaction or in another one, stays. [O6] */
  private replayTransactionEnd({ producerId, outcome }: TransactionEndRecord): void {
    const groupIds = this.pendingOffsets.groupsOf(producerId);
    for (const { at, stored } of this.pendingOffsets.take(producerId)) {
      sometimes(outcome === 'abort', 'group: pending offsets are dropped by an abort');
      if (outcome === 'abort') continue;
      const known = this.offsets.get(at.groupId)?.find(at.topic, at.partition);
      sometimes(
        (known?.recordOffset ?? -1) > stored.recordOffset,
        'group: an offset outlives an older one of a transaction',
      );
      if (known === undefined || known.recordOffset < stored.recordOffset) this.storeOffset(at, stored);
    }
    for (const groupId of groupIds) this.classify(groupId);
  }

  private storeOffset({ groupId, topic, partition }: GroupPartition, stored: StoredOffset): void {
    let offsets = this.offsets.get(groupId);
    if (offsets === undefined) this.offsets.set(groupId, (offsets = new PartitionMap()));
    offsets.set(topic, partition, stored);
  }

  private deleteOffset({ groupId, topic, partition }: GroupPartition): void {
    const offsets = this.offsets.get(groupId);
    offsets?.delete(topic, partition);
    if (offsets?.size === 0) this.offsets.delete(groupId);
  }

  /** After any change to the group. */
  private classify(groupId: string): void {
    const hasOffsets = this.offsets.has(groupId) || this.pendingOffsets.hasGroup(groupId);
    if (hasOffsets && !this.metadata.has(groupId)) this.simpleGroups.add(groupId);
    else this.simpleGroups.delete(groupId);
  }
}
