/** AlterConfigs: replaces all settings of a resource by those that are named [KIP-133]. */
import type { alterConfigs } from '@hapax/wire';
import { changeConfigs } from '../kafka/change-configs.ts';
import type { Handler } from '../kafka/served-api.ts';

export const handleAlterConfigs: Handler<typeof alterConfigs> = (services, request, context, answer) => {
  const resources = request.resources.map(({ resourceType, resourceName, configs }) => {
    const operations = configs.map(({ name: key, value }) => ({ key, operation: 'set', value }) as const);
    return { resourceType, resourceName, operations };
  });
  const change = { resources, replaceAll: true, validateOnly: request.validateOnly };
  changeConfigs(services, context, change, (responses) => answer({ responses }));
};
