/** Deletes offsets and groups in appends of bounded size. */
import { ErrorCode } from '@hapax/base';
import type { GroupRecord } from './group-record.ts';
import type { LiveGroups } from './live-groups.ts';
import type { ReplayedState } from './replayed-state.ts';

/** At about a hundred bytes a tombstone, an append stays far below the largest batch. */
const TOMBSTONES_PER_APPEND = 1000;

/** The tombstones of all offsets of a group, pending ones too: of all its topics, or of one. [O8] */
export function offsetTombstones(
  state: ReplayedState, groupId: string, topics: readonly string[] = state.topicNames(groupId),
): GroupRecord[] {
  const tombstones: GroupRecord[] = [];
  for (const topic of topics) {
    for (const partition of state.partitionsOf(groupId, topic)) {
      tombstones.push({ kind: 'offset', groupId, topic, partition, value: null });
    }
  }
  return tombstones;
}

/**
 * Appends tombstones, a piece at a time. A refusal ends it: what was appended stays deleted, and who asks again deletes
 * the rest. `done` gets the first error, or NONE when all of it is committed.
 */
export function appendTombstones<T>(
  live: LiveGroups<T>, tombstones: readonly GroupRecord[], done: (error: ErrorCode) => void,
): void {
  let isRefused = false;
  for (let from = 0; from < tombstones.length && !isRefused; from += TOMBSTONES_PER_APPEND) {
    const isLast = from + TOMBSTONES_PER_APPEND >= tombstones.length;
    let isAccepted = false;
    live.append(tombstones.slice(from, from + TOMBSTONES_PER_APPEND), {
      accepted: () => {
        isAccepted = true;
      },
      done: (error) => {
        // Commits come in order, so that the last piece speaks for all; a piece that was refused is the last.
        if (isLast || !isAccepted) done(error);
      },
    });
    isRefused = !isAccepted;
  }
  if (tombstones.length === 0) done(ErrorCode.NONE);
}
