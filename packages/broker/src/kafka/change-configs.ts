/** What AlterConfigs and IncrementalAlterConfigs share: resources in Kafka's numbers, changed by the controller. */
import { ErrorCode } from '@hapax/base';
import type { AlterConfigsResource, ConfigOperation, Result } from '@hapax/metadata';
import type { Services } from '../services.ts';
import { askController, awaitShown, changeDeadline } from './ask-controller.ts';
import { configResourceType } from './config-codes.ts';
import type { RequestContext } from './served-api.ts';

/** A resource as it was asked for; an operation that is not known is undefined. */
export interface ResourceToChange {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly operations: readonly (ConfigOperation | undefined)[];
}

export interface ConfigChange {
  readonly resources: readonly ResourceToChange[];
  readonly replaceAll: boolean;
  readonly validateOnly: boolean;
}

/** One resource's outcome, in the words of both responses. */
export interface ChangedResource {
  readonly errorCode: ErrorCode;
  readonly errorMessage: string | null;
  readonly resourceType: number;
  readonly resourceName: string;
}

/** The requests name no timeout of their own; this is what Kafka's brokers allow the controller. */
const TIMEOUT_MS = 30_000;

/** Changes configurations, each resource as a whole or not at all; `done` hears of each, in the request's order. */
export function changeConfigs(
  services: Services,
  context: RequestContext,
  { resources, replaceAll, validateOnly }: ConfigChange,
  done: (results: ChangedResource[]) => void,
): void {
  const checked = resources.map(checkResource);
  const passed = checked.flatMap((resource) => ('refused' in resource ? [] : [resource]));
  const count = passed.reduce((sum, { operations }) => sum + 1 + operations.length, 0);
  const request = { type: 'alter-configs', resources: passed, replaceAll, validateOnly } as const;
  const deadlineMs = changeDeadline(context, TIMEOUT_MS);
  const finish = (resultOf: (at: number) => Result): void => {
    let at = 0;
    const results = checked.map((resource, index) => {
      const { error, message } = 'refused' in resource ? resource.refused : resultOf(at++);
      const { resourceType, resourceName } = resources[index] as ResourceToChange;
      return { errorCode: error, errorMessage: message, resourceType, resourceName };
    });
    done(results);
  };
  if (passed.length === 0) return finish(() => SUCCESS);
  askController(services, { request, count, deadlineMs }, (outcome) => {
    if (!outcome.ok) return finish(() => outcome);
    const answered = outcome.answer.resources;
    const made = validateOnly ? [] : passed.filter((_, at) => answered[at]?.error === ErrorCode.NONE);
    const areShown = (): boolean => made.every((resource) => isShown(services, resource, replaceAll));
    awaitShown(services, areShown, () => finish((at) => answered[at] ?? SUCCESS));
  });
}

const SUCCESS: Result = { error: ErrorCode.NONE, message: null };

function checkResource(resource: ResourceToChange): AlterConfigsResource | { readonly refused: Result } {
  const { resourceType: code, resourceName } = resource;
  const refuse = (message: string): { readonly refused: Result } => ({
    refused: { error: ErrorCode.INVALID_REQUEST, message },
  });
  const resourceType = configResourceType(code);
  if (resourceType === undefined) return refuse(`resource type ${code} is not served; topics (2) and brokers (4) are`);
  const operations: ConfigOperation[] = [];
  for (const operation of resource.operations) {
    if (operation === undefined) {
      return refuse(`an operation on ${resourceName} is none of set (0), delete (1), append (2) and subtract (3)`);
    }
    operations.push(operation);
  }
  return { resourceType, resourceName, operations };
}

/** Whether this node's image has what was set. Lists that were added to or taken from may have changed anyhow. */
function isShown(services: Services, resource: AlterConfigsResource, replaceAll: boolean): boolean {
  const { image } = services.metadata;
  const texts = image.configOf(resource.resourceType, resource.resourceName);
  if (replaceAll && texts.size !== resource.operations.length) return false;
  return resource.operations.every(({ key, operation, value }) => {
    const text = texts.get(key);
    if (operation === 'set') return text === value;
    if (operation === 'delete') return text === undefined;
    const words = (text ?? '').split(',');
    return (value ?? '').split(',').every((word) => words.includes(word.trim()) === (operation === 'append'));
  });
}
