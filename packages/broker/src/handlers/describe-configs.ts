/** DescribeConfigs: the settings of topics and of brokers, with where each value comes from [KIP-226, KIP-569]. */
import { ErrorCode } from '@hapax/base';
import { ALL_BROKERS, describeBrokerConfigs, describeTopic, type DescribedConfig } from '@hapax/metadata';
import type { describeConfigs, RequestOf, ResponseInput } from '@hapax/wire';
import { CHANGES_PER_REQUEST_MAX } from '../kafka/ask-controller.ts';
import { CONFIG_SOURCE_CODES, CONFIG_TYPE_CODES, configResourceType } from '../kafka/config-codes.ts';
import { startedWith } from '../kafka/static-configs.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof describeConfigs>;
type Asked = Request['resources'][number];
type Result = NonNullable<ResponseInput<typeof describeConfigs>['results']>[number];
type Config = NonNullable<Result['configs']>[number];

/** Either the settings, or why there are none. */
type Found = { readonly configs: readonly DescribedConfig[] } | { readonly error: ErrorCode; readonly message: string };

export const handleDescribeConfigs: Handler<typeof describeConfigs> = (services, request, _context, answer) => {
  const count = request.resources.length;
  const isTooLarge = count > CHANGES_PER_REQUEST_MAX;
  const tooMany = `the request names ${count} resources, over the limit of ${CHANGES_PER_REQUEST_MAX}; split it`;
  answer({
    results: request.resources.map((asked): Result => {
      const { resourceType, resourceName } = asked;
      const found = isTooLarge ? { error: ErrorCode.POLICY_VIOLATION, message: tooMany } : find(services, asked);
      if ('error' in found) {
        return { errorCode: found.error, errorMessage: found.message, resourceType, resourceName, configs: [] };
      }
      const configs = found.configs.map((config) => describe(config, request));
      return { errorCode: ErrorCode.NONE, errorMessage: null, resourceType, resourceName, configs };
    }),
  });
};

function find(services: Services, { resourceType, resourceName, configurationKeys: asked }: Asked): Found {
  const type = configResourceType(resourceType);
  // An empty list of keys means all of them, like null: old clients send one for the other.
  const keys = asked === null || asked.length === 0 ? null : asked;
  if (type === undefined) {
    const message = `resource type ${resourceType} is not served; topics (2) and brokers (4) are`;
    return { error: ErrorCode.INVALID_REQUEST, message };
  }
  const { image } = services.metadata;
  if (type === 'topic') {
    if (image.topicByName(resourceName) !== undefined) return { configs: describeTopic(image, resourceName, keys) };
    return { error: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message: `The topic '${resourceName}' does not exist.` };
  }
  if (resourceName === ALL_BROKERS) {
    return { configs: describeBrokerConfigs(image, { brokerId: null, staticValues: new Map(), keys }) };
  }
  const { nodeId } = services.options;
  if (resourceName !== String(nodeId)) {
    // What a broker was started with, only that broker knows: clients send this request to it.
    const message = `Unexpected broker id, expected ${nodeId} or empty string, but received ${resourceName}`;
    return { error: ErrorCode.INVALID_REQUEST, message };
  }
  const staticValues = startedWith(services.options);
  return { configs: describeBrokerConfigs(image, { brokerId: nodeId, staticValues, keys }) };
}

function describe(config: DescribedConfig, { includeSynonyms, includeDocumentation }: Request): Config {
  const { name, value, readOnly, source, type, doc } = config;
  const synonyms = config.synonyms.map((place) => ({
    name: place.name,
    value: place.value,
    source: CONFIG_SOURCE_CODES[place.source],
  }));
  return {
    name,
    value,
    readOnly,
    configSource: CONFIG_SOURCE_CODES[source],
    isSensitive: false,
    synonyms: includeSynonyms ? synonyms : [],
    configType: CONFIG_TYPE_CODES[type],
    documentation: includeDocumentation ? doc : null,
  };
}
