/** Offsets that nobody needs any more, and groups with nothing left in them. [O8, O12, KIP-211] */
import { ErrorCode } from '@hapax/base';
import type { Group } from './group.ts';
import type { GroupRecord } from './group-record.ts';
import type { LiveGroups } from './live-groups.ts';
import type { StoredOffset } from './offsets.ts';
import type { ReplayedState } from './replayed-state.ts';
import { subscribedTopics } from './subscription.ts';
import { appendTombstones, offsetTombstones } from './tombstones.ts';

/** Looks at every group: settles what could not be written before, expires offsets, deletes groups that are used up. */
export function sweepExpired<T>(live: LiveGroups<T>): void {
  for (const groupId of live.groupIds()) {
    const group = live.find(groupId);
    if (group === undefined) continue;
    if (!sweepGroup(live, group)) return;
  }
}

/** Topics are gone: so are all offsets in them. */
export function deleteOffsetsOfTopic<T>(live: LiveGroups<T>, topic: string): void {
  const tombstones: GroupRecord[] = [];
  for (const groupId of live.state.groupIds()) {
    tombstones.push(...offsetTombstones(live.state, groupId, [topic]));
  }
  appendTombstones(live, tombstones, () => undefined);
  for (const groupId of new Set(tombstones.map((tombstone) => tombstone.groupId))) {
    const group = live.find(groupId);
    if (group !== undefined) live.maybeForget(group);
  }
}

/** False where the log refuses records: the next sweep finds the same work. */
function sweepGroup<T>(live: LiveGroups<T>, group: Group<T>): boolean {
  const { groupId } = group;
  const { state } = live;
  const stored = state.findMetadata(groupId);
  if (group.state === 'Empty' && stored !== undefined && stored.members.length > 0) {
    // It became empty while the log refused the record that says so.
    return write(live, [{ kind: 'group', groupId, value: group.toMetadata([], live.now.wallMs) }]);
  }
  const expired = expiredOffsets(live, group);
  // A transaction that has not ended may yet give the group an offset. [O8]
  const isUsedUp = group.state === 'Empty' && group.pending.size === 0 && !state.pendingOffsets.hasGroup(groupId)
    && expired.length === (state.findOffsets(groupId)?.size ?? 0);
  const records: GroupRecord[] = isUsedUp && stored !== undefined
    ? [...expired, { kind: 'group', groupId, value: null }]
    : expired;
  if (!write(live, records)) return false;
  if (isUsedUp) live.bury(group);
  return true;
}

function expiredOffsets<T>(live: LiveGroups<T>, group: Group<T>): GroupRecord[] {
  const { groupId } = group;
  if (group.state !== 'Empty') {
    const topics = group.state === 'Stable' ? subscribedTopics(group) : undefined;
    if (topics === undefined) return [];
    return tombstonesWhere(live.state, groupId, (topic, offset) =>
      !topics.has(topic) && isExpired(live, offset, offset.commitTimestampMs));
  }
  // A group that was joined counts from when it became empty; one that only commits, from each commit.
  const emptySinceMs = live.state.findMetadata(groupId)?.currentStateTimestampMs ?? -1;
  return tombstonesWhere(live.state, groupId, (_topic, offset) =>
    isExpired(live, offset, emptySinceMs >= 0 ? emptySinceMs : offset.commitTimestampMs));
}

function isExpired<T>(live: LiveGroups<T>, offset: StoredOffset, sinceMs: number): boolean {
  const { wallMs } = live.now;
  if (offset.expireTimestampMs >= 0) return wallMs >= offset.expireTimestampMs;
  return wallMs - sinceMs >= live.config.offsetsRetentionMs;
}

/** Partitions with pending offsets are spared, for a tombstone would drop those, too. [O8] */
function tombstonesWhere(
  state: ReplayedState, groupId: string, isGone: (topic: string, offset: StoredOffset) => boolean,
): GroupRecord[] {
  return offsetTombstones(state, groupId).filter((tombstone) => {
    if (tombstone.kind !== 'offset' || state.pendingOffsets.has(tombstone)) return false;
    const offset = state.findOffsets(groupId)?.find(tombstone.topic, tombstone.partition);
    return offset !== undefined && isGone(tombstone.topic, offset);
  });
}

/** Whether the log took the records. Nobody waits for their commit. */
function write<T>(live: LiveGroups<T>, records: readonly GroupRecord[]): boolean {
  let hasFailed = false;
  let hasReturned = false;
  appendTombstones(live, records, (error) => {
    if (!hasReturned) hasFailed = error !== ErrorCode.NONE;
  });
  hasReturned = true;
  return !hasFailed;
}
