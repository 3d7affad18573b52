/** IncrementalAlterConfigs: changes single settings and leaves the others as they are [KIP-339]. */
import type { ConfigOperation } from '@hapax/metadata';
import type { incrementalAlterConfigs } from '@hapax/wire';
import { changeConfigs } from '../kafka/change-configs.ts';
import type { Handler } from '../kafka/served-api.ts';

/** By Kafka's numbers. */
const OPERATIONS: readonly ConfigOperation['operation'][] = ['set', 'delete', 'append', 'subtract'];

export const handleIncrementalAlterConfigs: Handler<typeof incrementalAlterConfigs> = (
  services,
  request,
  context,
  answer,
) => {
  const resources = request.resources.map(({ resourceType, resourceName, configs }) => {
    const operations = configs.map(({ name: key, configOperation, value }) => {
      const operation = OPERATIONS[configOperation];
      return operation === undefined ? undefined : { key, operation, value };
    });
    return { resourceType, resourceName, operations };
  });
  const change = { resources, replaceAll: false, validateOnly: request.validateOnly };
  changeConfigs(services, context, change, (responses) => answer({ responses }));
};
