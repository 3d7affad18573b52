/** Groups: listed, described, deleted, and their offsets moved. */
import { AppError } from '@hapax/base';
import {
  consumerProtocolAssignment,
  deleteGroups,
  describeGroups,
  listGroups,
  offsetDelete,
  type ResponseOf,
} from '@hapax/wire';
import { call } from '../call.ts';
import {
  commitOffsets,
  fetchCommitted,
  NO_MEMBER,
  type CommittedOffset,
  type OffsetToCommit,
} from '../group-offsets.ts';
import { byTopic, type TopicPartition } from '../leader-fan-out.ts';
import { failure, success, type Done } from '../outcome.ts';
import { allOrFailure, type AdminContext } from './admin-context.ts';
import { askAllBrokers } from './all-brokers.ts';

/** A group in a list. */
export interface GroupListing {
  readonly groupId: string;
  /** `consumer` for groups that read topics. */
  readonly protocolType: string;
  /** `Stable`, `Empty`, …; empty where the broker is too old to tell. */
  readonly state: string;
}

/** A member of a group, and what it reads. */
export interface GroupMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly assignment: readonly TopicPartition[];
}

/** A group in detail. A group that is not there has the state `Dead`. */
export interface GroupDescription {
  readonly groupId: string;
  readonly state: string;
  readonly protocolType: string;
  /** The assignor in use. */
  readonly protocol: string;
  readonly members: readonly GroupMember[];
}

/** Lists the groups of all brokers. Fails if one of them does not answer, since its groups would be missing. */
export function readGroups(
  context: AdminContext,
  states: readonly string[],
  done: Done<readonly GroupListing[]>,
): void {
  askAllBrokers(
    context,
    {
      api: listGroups,
      what: 'ListGroups',
      minVersion: states.length > 0 ? 4 : 0,
      maxVersion: 4,
      build: () => ({ statesFilter: states }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const groups = new Map<string, GroupListing>();
      for (const { groupId, protocolType, groupState } of outcome.value.flatMap((response) => response.groups))
        groups.set(groupId, { groupId, protocolType, state: groupState });
      done(success([...groups.values()]));
    },
  );
}

/** Describes one group. */
export function readGroup(context: AdminContext, groupId: string, done: Done<GroupDescription>): void {
  call(
    context.cluster,
    {
      api: describeGroups,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      lane: context.lane,
      what: `DescribeGroups of ${groupId}`,
      maxVersion: 5,
      deadlineMs: context.timeoutMs,
      build: () => ({ groups: [groupId] }),
      errorOf: (response) => response.groups[0]?.errorCode ?? 0,
    },
    (outcome) => {
      const group = outcome.ok ? outcome.value.response.groups[0] : undefined;
      if (!outcome.ok) done(outcome);
      else if (group === undefined)
        done(
          failure(
            new AppError('frame-malformed', `no answer about group ${groupId}`, { retriable: true, definite: true }),
          ),
        );
      else done(success(descriptionOf(group)));
    },
  );
}

function descriptionOf(group: ResponseOf<typeof describeGroups>['groups'][number]): GroupDescription {
  const { groupId, groupState, protocolType, protocolData } = group;
  const members = group.members.map((member): GroupMember => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    assignment: protocolType === 'consumer' ? assignmentOf(member.memberAssignment) : [],
  }));
  return { groupId, state: groupState, protocolType, protocol: protocolData, members };
}

function assignmentOf(bytes: Uint8Array): TopicPartition[] {
  if (bytes.length === 0) return [];
  const { assignedPartitions } = consumerProtocolAssignment.decode(bytes).value;
  return assignedPartitions.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })));
}

/** Deletes one group with its offsets; it must have no members. */
export function removeGroup(context: AdminContext, groupId: string, done: Done<null>): void {
  call(
    context.cluster,
    {
      api: deleteGroups,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      lane: context.lane,
      what: `DeleteGroups of ${groupId}`,
      deadlineMs: context.timeoutMs,
      build: () => ({ groupsNames: [groupId] }),
      errorOf: (response) => response.results[0]?.errorCode ?? 0,
    },
    (outcome) => done(outcome.ok ? success(null) : outcome),
  );
}

/** Reads what a group has committed; null asks for all partitions. */
export function readGroupOffsets(
  context: AdminContext,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  done: Done<readonly CommittedOffset[]>,
): void {
  fetchCommitted(context.cluster, groupCall(context, groupId), partitions, false, done);
}

/** Moves a group's offsets; it must have no members. */
export function moveGroupOffsets(
  context: AdminContext,
  groupId: string,
  offsets: readonly OffsetToCommit[],
  done: Done<null>,
): void {
  commitOffsets(context.cluster, groupCall(context, groupId), NO_MEMBER, offsets, done);
}

/** Forgets a group's offsets of partitions whose topics no member reads. */
export function removeGroupOffsets(
  context: AdminContext,
  groupId: string,
  partitions: readonly TopicPartition[],
  done: Done<null>,
): void {
  call(
    context.cluster,
    {
      api: offsetDelete,
      target: { kind: 'coordinator', keyType: 0, key: groupId },
      lane: context.lane,
      what: `OffsetDelete of ${groupId}`,
      deadlineMs: context.timeoutMs,
      build: () => ({
        groupId,
        topics: byTopic(partitions).map(({ topic, items }) => ({
          name: topic,
          partitions: items.map((item) => ({ partitionIndex: item.partition })),
        })),
      }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const items = outcome.value.response.topics.flatMap((topic) =>
        topic.partitions.map((one) => ({
          name: `${groupId} at ${topic.name}-${one.partitionIndex}`,
          errorCode: one.errorCode,
        })),
      );
      done(allOrFailure('OffsetDelete', items));
    },
  );
}

function groupCall(context: AdminContext, groupId: string): { groupId: string; lane: string; deadlineMs: number } {
  return { groupId, lane: context.lane, deadlineMs: context.timeoutMs };
}
