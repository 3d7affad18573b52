/** Settings of topics and brokers: read, and changed one by one. */
import { describeConfigs, incrementalAlterConfigs } from '@hapax/wire';
import { call } from '../call.ts';
import type { Target } from '../cluster.ts';
import { success, type Done } from '../outcome.ts';
import { allOrFailure, routingError, type AdminContext } from './admin-context.ts';

/** What has settings. The name of a broker is its node id; an empty name stands for all brokers. */
export interface ConfigResource {
  readonly type: 'topic' | 'broker' | 'group';
  readonly name: string;
}

/** A setting as it is in force. */
export interface ConfigEntry {
  readonly name: string;
  /** Null where it is not set, or secret. */
  readonly value: string | null;
  readonly isReadOnly: boolean;
  readonly isSensitive: boolean;
  /** Where the value comes from, in the protocol's numbers: 1 topic, 2 and 3 dynamic, 4 static broker, 5 default. */
  readonly source: number;
}

/** The settings of one resource. */
export interface ResourceConfigs extends ConfigResource {
  readonly configs: readonly ConfigEntry[];
}

/** One change of a setting. Append and subtract work on lists. */
export interface ConfigChange {
  readonly name: string;
  readonly operation: 'set' | 'delete' | 'append' | 'subtract';
  readonly value?: string | undefined;
}

const RESOURCE_TYPES = { topic: 2, broker: 4, group: 32 } as const;
const OPERATIONS = { set: 0, delete: 1, append: 2, subtract: 3 } as const;

/** Reads the settings of one resource; names left out are all. */
export function readConfigs(
  context: AdminContext,
  resource: ConfigResource,
  names: readonly string[] | null,
  done: Done<ResourceConfigs>,
): void {
  call(
    context.cluster,
    {
      api: describeConfigs,
      target: targetOf(resource),
      lane: context.lane,
      what: `DescribeConfigs of ${resource.type} ${resource.name}`,
      deadlineMs: context.timeoutMs,
      build: () => ({
        resources: [
          { resourceType: RESOURCE_TYPES[resource.type], resourceName: resource.name, configurationKeys: names },
        ],
      }),
      errorOf: (response) => response.results[0]?.errorCode ?? 0,
      messageOf: (response) => response.results[0]?.errorMessage,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const configs = (outcome.value.response.results[0]?.configs ?? []).map((config): ConfigEntry => ({
        name: config.name,
        value: config.value,
        isReadOnly: config.readOnly,
        isSensitive: config.isSensitive,
        source: config.configSource,
      }));
      done(success({ ...resource, configs }));
    },
  );
}

/** Changes settings of one resource, all or none. */
export function changeConfigs(
  context: AdminContext,
  resource: ConfigResource,
  changes: readonly ConfigChange[],
  options: { readonly validateOnly: boolean },
  done: Done<null>,
): void {
  call(
    context.cluster,
    {
      api: incrementalAlterConfigs,
      target: resource.type === 'broker' ? targetOf(resource) : { kind: 'controller' },
      lane: context.lane,
      what: `IncrementalAlterConfigs of ${resource.type} ${resource.name}`,
      deadlineMs: context.timeoutMs,
      build: () => ({
        resources: [
          {
            resourceType: RESOURCE_TYPES[resource.type],
            resourceName: resource.name,
            configs: changes.map(({ name, operation, value = null }) => ({
              name,
              configOperation: OPERATIONS[operation],
              value,
            })),
          },
        ],
        validateOnly: options.validateOnly,
      }),
      errorOf: (response) => routingError(response.responses),
    },
    (outcome) => {
      const answered = outcome.ok ? outcome.value.response.responses : [];
      const items = answered.map((one) => ({ ...one, name: `${resource.type} ${resource.name}` }));
      done(outcome.ok ? allOrFailure('IncrementalAlterConfigs', items) : outcome);
    },
  );
}

/** A broker knows its own settings; everything else can be asked of anyone. */
function targetOf(resource: ConfigResource): Target {
  const isOneBroker = resource.type === 'broker' && resource.name !== '';
  return isOneBroker ? { kind: 'node', nodeId: Number(resource.name) } : { kind: 'any' };
}
