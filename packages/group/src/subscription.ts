/** Which topics a consumer group reads: needed before an offset is deleted or expires. */
import { AppError } from '@hapax/base';
import { consumerProtocolSubscription } from '@hapax/wire';
import type { Group } from './group.ts';
import { metadataFor } from './member.ts';

/** The protocol type of consumers, whose metadata has a known form. */
const CONSUMER = 'consumer';

/** Whether the members speak the consumer protocol. */
export function isConsumerGroup<T>(group: Group<T>): boolean {
  return group.protocolType === CONSUMER;
}

/**
 * The topics that members subscribe to; undefined where they cannot be known: another kind of group, or a member whose
 * metadata makes no sense.
 */
export function subscribedTopics<T>(group: Group<T>): ReadonlySet<string> | undefined {
  if (!isConsumerGroup(group)) return undefined;
  const topics = new Set<string>();
  for (const member of group.members) {
    const metadata = group.protocolName === undefined
      ? member.protocols[0]?.metadata
      : metadataFor(member, group.protocolName);
    const names = metadata === undefined ? undefined : topicsOf(metadata);
    if (names === undefined) return undefined;
    for (const name of names) topics.add(name);
  }
  return topics;
}

/** Metadata comes from clients, so that it may be anything. */
function topicsOf(metadata: Uint8Array): readonly string[] | undefined {
  try {
    return consumerProtocolSubscription.decode(metadata).value.topics;
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
