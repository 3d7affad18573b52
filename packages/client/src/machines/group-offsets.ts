/** Offsets that a group has committed: read and written at its coordinator. */
import { NONE } from '@hapax/base';
import { offsetCommit, offsetFetch, type ResponseOf } from '@hapax/wire';
import { call } from './call.ts';
import type { Cluster } from './cluster.ts';
import { byTopic, type TopicPartition } from './leader-fan-out.ts';
import { success, type Done } from './outcome.ts';

/** A position to commit. The offset is that of the next record to be read. */
export interface OffsetToCommit extends TopicPartition {
  readonly offset: number;
  /** The leader epoch of the last record that was read; −1 where it is not known. */
  readonly leaderEpoch?: number | undefined;
  readonly metadata?: string | undefined;
}

/** A committed position. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** Who commits. Outside a generation (−1), only an empty group takes it. */
export interface CommittingMember {
  readonly generation: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** Nobody in particular: for tools, and consumers that were assigned their partitions by hand. */
export const NO_MEMBER: CommittingMember = { generation: NONE, memberId: '', groupInstanceId: null };

/** A group, and how long to try. */
export interface GroupCall {
  readonly groupId: string;
  readonly lane: string;
  readonly deadlineMs: number;
  readonly isCancelled?: () => boolean;
}

/**
 * Reads committed offsets; null asks for all. Partitions without one are left out. Waits for open transactions to end
 * where `requireStable` is set. [KIP-447]
 */
export function fetchCommitted(
  cluster: Cluster,
  group: GroupCall,
  partitions: readonly TopicPartition[] | null,
  requireStable: boolean,
  done: Done<readonly CommittedOffset[]>,
): void {
  const topics =
    partitions === null
      ? null
      : byTopic(partitions).map(({ topic, items }) => ({
          name: topic,
          partitionIndexes: items.map((item) => item.partition),
        }));
  call(
    cluster,
    {
      ...group,
      api: offsetFetch,
      minVersion: topics === null ? 2 : 1,
      maxVersion: 9,
      target: { kind: 'coordinator', keyType: 0, key: group.groupId },
      what: `OffsetFetch of ${group.groupId}`,
      build: (version) => ({
        ...(version >= 8 ? { groups: [{ groupId: group.groupId, topics }] } : { groupId: group.groupId, topics }),
        ...(version >= 7 ? { requireStable } : {}),
      }),
      errorOf: firstFetchError,
    },
    (outcome) => done(outcome.ok ? success(committedOf(outcome.value.response)) : outcome),
  );
}

/** Positions as OffsetCommit and TxnOffsetCommit carry them. */
export function topicsToCommit(offsets: readonly OffsetToCommit[]) {
  return byTopic(offsets).map(({ topic, items }) => ({
    name: topic,
    partitions: items.map((item) => ({
      partitionIndex: item.partition,
      committedOffset: item.offset,
      committedLeaderEpoch: item.leaderEpoch ?? -1,
      committedMetadata: item.metadata ?? '',
    })),
  }));
}

/** Commits positions. Fails as a whole with the first partition's error, whose others may have been committed. */
export function commitOffsets(
  cluster: Cluster,
  group: GroupCall,
  member: CommittingMember,
  offsets: readonly OffsetToCommit[],
  done: Done<null>,
): void {
  call(
    cluster,
    {
      ...group,
      api: offsetCommit,
      maxVersion: 9,
      target: { kind: 'coordinator', keyType: 0, key: group.groupId },
      what: `OffsetCommit of ${group.groupId}`,
      build: (version) => ({
        groupId: group.groupId,
        generationIdOrMemberEpoch: member.generation,
        memberId: member.memberId,
        ...(version >= 7 ? { groupInstanceId: member.groupInstanceId } : {}),
        topics: topicsToCommit(offsets),
      }),
      errorOf: (response) => firstError(response.topics.flatMap((topic) => topic.partitions)),
    },
    (outcome) => done(outcome.ok ? success(null) : outcome),
  );
}

type FetchResponse = ResponseOf<typeof offsetFetch>;

function partitionsOf(response: FetchResponse): CommittedPartition[] {
  const topics = response.groups[0]?.topics ?? response.topics;
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, ...partition })));
}

interface CommittedPartition {
  readonly topic: string;
  readonly partitionIndex: number;
  readonly committedOffset: number;
  readonly committedLeaderEpoch: number;
  readonly metadata: string | null;
  readonly errorCode: number;
}

function firstFetchError(response: FetchResponse): number {
  const whole = response.groups[0]?.errorCode ?? response.errorCode;
  return whole !== 0 ? whole : firstError(partitionsOf(response));
}

function firstError(items: readonly { readonly errorCode: number }[]): number {
  return items.find((item) => item.errorCode !== 0)?.errorCode ?? 0;
}

function committedOf(response: FetchResponse): CommittedOffset[] {
  return partitionsOf(response)
    .filter((one) => one.committedOffset >= 0)
    .map((one) => ({
      topic: one.topic,
      partition: one.partitionIndex,
      offset: one.committedOffset,
      leaderEpoch: one.committedLeaderEpoch,
      metadata: one.metadata ?? '',
    }));
}
