/** DescribeGroups: a group and its members, for people. [G12] */
import { ErrorCode } from '@hapax/base';
import type { DescribeGroupAnswer, RequestContext } from '../answers.ts';
import type { Group } from '../group.ts';
import type { LiveGroups } from '../live-groups.ts';
import { metadataFor, NO_BYTES } from '../member.ts';

/** From this version on, a group that is not there is an error. [KIP-1043] */
const GROUP_ID_NOT_FOUND_FROM = 6;

/** The answer that says only what went wrong. */
export function describeGroupError(error: ErrorCode, groupId: string): DescribeGroupAnswer {
  return { groupId, errorCode: error };
}

/** Answers when what the answer tells is committed. */
export function onDescribeGroup<T>(live: LiveGroups<T>, token: T, groupId: string, context: RequestContext): void {
  const group = live.find(groupId);
  const answer = group === undefined ? missing(groupId, context) : describe(group);
  live.whenCommitted((error) =>
    live.answer(token, error === ErrorCode.NONE ? answer : describeGroupError(error, groupId)));
}

function missing(groupId: string, context: RequestContext): DescribeGroupAnswer {
  if (context.apiVersion < GROUP_ID_NOT_FOUND_FROM) return { groupId, groupState: 'Dead' };
  const errorMessage = `Group ${groupId} is not found.`;
  return { groupId, groupState: 'Dead', errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage };
}

/** Metadata and assignments are shown only while they hold. */
function describe<T>(group: Group<T>): DescribeGroupAnswer {
  const isStable = group.state === 'Stable';
  return {
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: group.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataFor(member, group.protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  };
}
