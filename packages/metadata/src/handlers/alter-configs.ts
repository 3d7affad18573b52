/** Changes the configuration of topics and brokers. Each resource succeeds or fails on its own, as a whole. */
import { ErrorCode } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { ALL_BROKERS } from '../config-store.ts';
import { splitList } from '../config-definition.ts';
import { configDefinition, validateConfig } from '../describe-configs.ts';
import { changePartition } from '../election.ts';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';
import { copyImage } from '../image-snapshot.ts';
import { changeRecord, electionRules } from '../leadership.ts';
import type { ConfigRecord, MetadataRecord } from '../records.ts';
import type {
  AlterConfigsRequest, AlterConfigsResource, AlterConfigsResult, ConfigOperation, Result,
} from '../requests.ts';

export const alterConfigs: Handler<'alter-configs'> = ({ image }, request) => {
  const records: ConfigRecord[] = [];
  const resources: AlterConfigsResult[] = [];
  const seen = new Set<string>();
  for (const resource of request.resources) {
    const { resourceType, resourceName } = resource;
    const key = `${resourceType}/${resourceName}`;
    const altered = seen.has(key)
      ? { refused: refusal(ErrorCode.INVALID_REQUEST, `${resourceType} ${resourceName} is named twice`) }
      : alterOne(image, resource, request);
    seen.add(key);
    if ('refused' in altered) {
      resources.push({ ...altered.refused, resourceType, resourceName });
      continue;
    }
    records.push(...altered.records);
    resources.push({ ...SUCCESS, resourceType, resourceName });
  }
  if (request.validateOnly) return { records: [], answer: { resources } };
  return { records: [...records, ...minInsyncConsequences(image, records)], answer: { resources } };
};

type Altered = { readonly records: readonly ConfigRecord[] } | { readonly refused: Result };

function alterOne(image: ClusterImage, resource: AlterConfigsResource, request: AlterConfigsRequest): Altered {
  const { resourceType, resourceName, operations } = resource;
  const unknown = checkResource(image, resource);
  if (unknown !== undefined) return { refused: unknown };
  const before = image.configOf(resourceType, resourceName);
  const after = new Map<string, string>(request.replaceAll ? [] : before);
  const seen = new Set<string>();
  for (const operation of operations) {
    if (seen.has(operation.key)) {
      return { refused: refusal(ErrorCode.INVALID_REQUEST, `key ${operation.key} is named twice`) };
    }
    seen.add(operation.key);
    const refused = applyOperation(resource, operation, after);
    if (refused !== undefined) return { refused };
  }
  const records: ConfigRecord[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const value = after.get(key) ?? null;
    if ((before.get(key) ?? null) === value) continue;
    records.push({ type: 'config', resourceType, resourceName, key, value });
  }
  return { records };
}

function checkResource(image: ClusterImage, { resourceType, resourceName }: AlterConfigsResource): Result | undefined {
  if (resourceType === 'topic') {
    if (image.topicByName(resourceName) !== undefined) return undefined;
    return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${resourceName}' does not exist.`);
  }
  if (resourceName === ALL_BROKERS) return undefined;
  if (!/^\d{1,10}$/.test(resourceName)) {
    return refusal(ErrorCode.INVALID_REQUEST, `'${resourceName}' is not the number of a broker`);
  }
  if (image.broker(Number(resourceName)) !== undefined) return undefined;
  return refusal(ErrorCode.INVALID_REQUEST, `No broker with id ${resourceName} found.`);
}

/** Applies one operation to the texts of a resource, or says why it cannot be. */
function applyOperation(
  { resourceType, resourceName }: AlterConfigsResource,
  { key, operation, value }: ConfigOperation,
  texts: Map<string, string>,
): Result | undefined {
  const definition = configDefinition(resourceType, key);
  if (operation === 'delete') {
    texts.delete(key);
    return undefined;
  }
  if (definition === undefined) {
    return refusal(ErrorCode.INVALID_CONFIG, `Unknown ${resourceType} config name: ${key}`);
  }
  if (definition.readOnly) {
    return refusal(ErrorCode.INVALID_REQUEST, `${key} can only be set when a node starts`);
  }
  if (resourceType === 'broker' && resourceName !== ALL_BROKERS && isForAll(key)) {
    return refusal(ErrorCode.INVALID_REQUEST, `${key} can only be set for all brokers: leave the broker's id out`);
  }
  if (value === null) return refusal(ErrorCode.INVALID_REQUEST, `Null value not supported for ${key}`);
  if (operation !== 'set' && definition.type !== 'list') {
    return refusal(ErrorCode.INVALID_CONFIG, `Can't ${operation} to key ${key} because its type is not LIST.`);
  }
  const text = operation === 'set' ? value : listText(texts.get(key) ?? definition.default ?? '', operation, value);
  const problem = validateConfig(resourceType, key, text);
  if (problem !== undefined) return refusal(ErrorCode.INVALID_CONFIG, problem);
  texts.set(key, text);
  return undefined;
}

/** All that can be changed while the cluster runs must be the same on every broker and at the controller. */
function isForAll(key: string): boolean {
  return configDefinition('broker', key)?.readOnly === false;
}

function listText(present: string, operation: 'append' | 'subtract' | 'delete', value: string): string {
  const words = splitList(present);
  const named = splitList(value);
  if (operation === 'append') return [...words, ...named.filter((word) => !words.includes(word))].join(',');
  return words.filter((word) => !named.includes(word)).join(',');
}

/**
 * Where the minimum of in-sync replicas changes, the ELR follows in the same batch; and the partition epoch rises, so
 * that no leader gets an ISR from this controller under one minimum while it still acts by another.
 */
function minInsyncConsequences(image: ClusterImage, records: readonly ConfigRecord[]): MetadataRecord[] {
  if (!records.some((record) => record.key === 'min.insync.replicas')) return [];
  const after = copyImage(image, { trackChanges: false });
  after.replay(records, { offset: image.metadataOffset, timestampMs: 0 });
  const consequences: MetadataRecord[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      const factor = partition.replicas.length;
      if (image.minInsyncReplicas(topic.name, factor) === after.minInsyncReplicas(topic.name, factor)) continue;
      const change = changePartition(partition, {}, electionRules(after, topic.name));
      consequences.push(changeRecord(partition, change ?? {}));
    }
  }
  return consequences;
}
