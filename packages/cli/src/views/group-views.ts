/** Groups as tables and as values. */
import type { CommittedOffset, GroupDescription, GroupListing, PartitionOffset } from '@hapax/client';
import type { OffsetMove } from '../offset-reset.ts';
import type { Result } from '../output.ts';
import { offsetsByPlace, placeOf } from './topic-views.ts';

/** One line a group. */
export function groupListView(groups: readonly GroupListing[]): Result {
  const rows = groups.map((one) => [one.groupId, one.state === '' ? '-' : one.state, one.protocolType]);
  return { value: groups, tables: [{ headings: ['group', 'state', 'protocol'], rows, empty: 'no groups' }] };
}

/** A group with what is needed to tell its lag. */
export interface GroupFacts {
  readonly description: GroupDescription;
  readonly committed: readonly CommittedOffset[];
  readonly ends: readonly PartitionOffset[];
}

/** One line a partition that a group reads or has committed, and one line a member. */
export function groupView(groups: readonly GroupFacts[]): Result {
  const value = groups.map(({ description, committed, ends }) => {
    const offset = offsetsByPlace(committed.map((one) => ({ ...one, timestampMs: -1 })));
    const member = new Map(
      description.members.flatMap((one) => one.assignment.map((at) => [placeOf(at.topic, at.partition), one] as const)),
    );
    const sorted = ends.toSorted((a, b) =>
      a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1,
    );
    const partitions = sorted.map(({ topic, partition, offset: logEnd }) => {
      const at = offset.get(placeOf(topic, partition)) ?? null;
      const reader = member.get(placeOf(topic, partition));
      return {
        topic,
        partition,
        committed: at,
        logEnd,
        lag: at === null ? null : logEnd - at,
        memberId: reader?.memberId ?? null,
      };
    });
    const lag = partitions.reduce((sum, one) => sum + (one.lag ?? 0), 0);
    return { ...description, lag, partitions };
  });
  const tables = value.flatMap((group) => [
    {
      title: `${group.groupId}  ${group.state}${group.protocol === '' ? '' : `, ${group.protocol}`}, lag ${group.lag}`,
      headings: ['topic', 'partition', 'committed', 'log end', 'lag', 'member'],
      rows: group.partitions.map((one) => [
        one.topic,
        one.partition,
        one.committed ?? '-',
        one.logEnd,
        one.lag ?? '-',
        one.memberId ?? '-',
      ]),
      empty: 'no partitions: nothing is committed',
    },
    {
      headings: ['member', 'client', 'host', 'instance', 'partitions'],
      rows: group.members.map((one) => [
        one.memberId,
        one.clientId,
        one.clientHost,
        one.groupInstanceId ?? '-',
        one.assignment.length,
      ]),
      empty: 'no members',
    },
  ]);
  return { value, tables };
}

/** What a reset does to each partition. */
export function resetView(groupId: string, plan: readonly OffsetMove[]): Result {
  const rows = plan.map((one) => [
    one.topic,
    one.partition,
    one.from ?? '-',
    one.to,
    one.from === null ? '-' : one.to - one.from,
    one.logStart,
    one.logEnd,
  ]);
  const headings = ['topic', 'partition', 'from', 'to', 'change', 'log start', 'log end'];
  return { value: { groupId, moves: plan }, tables: [{ title: groupId, headings, rows }] };
}
