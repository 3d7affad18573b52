/** What the log says about the groups of one offsets partition: generations, members, offsets. */
import type { RecordPosition, StateMachine } from '@hapax/state-machine';
import type { GroupMetadata, GroupRecord } from './group-record.ts';
import { GroupOffsets } from './offsets.ts';

/** State that only records change. */
export class ReplayedState implements StateMachine<GroupRecord> {
  private readonly metadata = new Map<string, GroupMetadata>();
  private readonly offsets = new Map<string, GroupOffsets>();
  /** How many groups have offsets and no generation: they were never joined. */
  private simpleCount = 0;

  /** How many groups there are. */
  get groupCount(): number {
    return this.metadata.size + this.simpleCount;
  }

  /** Whether the group has a generation or an offset. */
  hasGroup(groupId: string): boolean {
    return this.metadata.has(groupId) || this.offsets.has(groupId);
  }

  /** The last generation that was written; undefined for groups that were never joined or never settled. */
  findMetadata(groupId: string): GroupMetadata | undefined {
    return this.metadata.get(groupId);
  }

  /** The committed offsets; undefined where the group has none. */
  findOffsets(groupId: string): GroupOffsets | undefined {
    return this.offsets.get(groupId);
  }

  /** The ids of all groups: those with a generation first. */
  groupIds(): string[] {
    const ids = [...this.metadata.keys()];
    for (const groupId of this.offsets.keys()) if (!this.metadata.has(groupId)) ids.push(groupId);
    return ids;
  }

  replay(record: GroupRecord, at: RecordPosition): void {
    const { groupId } = record;
    const wasSimple = this.isSimple(groupId);
    if (record.kind === 'group') {
      if (record.value === null) this.metadata.delete(groupId);
      else this.metadata.set(groupId, record.value);
    } else {
      const offsets = this.offsets.get(groupId) ?? new GroupOffsets();
      if (record.value === null) offsets.delete(record.topic, record.partition);
      else offsets.set(record.topic, record.partition, { ...record.value, recordOffset: at.offset });
      if (offsets.size === 0) this.offsets.delete(groupId);
      else this.offsets.set(groupId, offsets);
    }
    this.simpleCount += Number(this.isSimple(groupId)) - Number(wasSimple);
  }

  private isSimple(groupId: string): boolean {
    return this.offsets.has(groupId) && !this.metadata.has(groupId);
  }
}
