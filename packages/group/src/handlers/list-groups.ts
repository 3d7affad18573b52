/** ListGroups: the groups of this coordinator. [KIP-518, KIP-848] */
import { ErrorCode } from '@hapax/base';
import type { ListGroupsAnswer, ListGroupsRequest } from '../answers.ts';
import type { LiveGroups } from '../live-groups.ts';

/** The only type there is here. */
const CLASSIC = 'classic';

/** The groups whose state and type pass the filters; an empty filter passes all. Letter case does not matter. */
export function listLiveGroups<T>(live: LiveGroups<T>, request: ListGroupsRequest): ListGroupsAnswer {
  const states = new Set(request.statesFilter.map((state) => state.toLowerCase()));
  const types = new Set(request.typesFilter.map((type) => type.toLowerCase()));
  const groups: NonNullable<ListGroupsAnswer['groups']>[number][] = [];
  if (types.size > 0 && !types.has(CLASSIC)) return { errorCode: ErrorCode.NONE, groups };
  for (const groupId of live.groupIds()) {
    const group = live.find(groupId);
    if (group === undefined || (states.size > 0 && !states.has(group.state.toLowerCase()))) continue;
    groups.push({ groupId, protocolType: group.protocolType ?? '', groupState: group.state, groupType: CLASSIC });
  }
  return { errorCode: ErrorCode.NONE, groups };
}
