/** ListGroups: the groups that this broker coordinates. Clients ask every broker. */
import { ErrorCode } from '@hapax/base';
import type { listGroups, ResponseInput } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';

type Group = NonNullable<ResponseInput<typeof listGroups>['groups']>[number];

export const handleListGroups: Handler<typeof listGroups> = (services, request, _context, answer) => {
  const groups: Group[] = [];
  for (const coordinator of services.groups.active()) {
    const listed = coordinator.listGroups(request);
    if (listed.errorCode !== ErrorCode.NONE) return answer({ errorCode: listed.errorCode, groups: [] });
    groups.push(...(listed.groups ?? []));
  }
  answer({ errorCode: ErrorCode.NONE, groups });
};
