/** DescribeGroups: groups and their members, for people. */
import { ErrorCode } from '@hapax/base';
import type { DescribeGroupAnswer } from '@hapax/group';
import type { describeGroups } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import { groupContext } from '../kafka/group-context.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleDescribeGroups: Handler<typeof describeGroups> = (services, request, context, answer) => {
  const describeOne = (groupId: string, finish: (group: DescribeGroupAnswer) => void): void => {
    const error = services.groups.forGroup(groupId, (coordinator, nowMs) => {
      const token = (group: object): void => finish(group as DescribeGroupAnswer);
      coordinator.describeGroup(token, groupId, groupContext(services, context), nowMs);
    });
    if (error !== ErrorCode.NONE) finish({ groupId, errorCode: error });
  };
  gather(request.groups, describeOne, (groups) => answer({ groups }));
};
