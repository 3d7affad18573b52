/** What a node was started with, in the words of Kafka's broker configuration. */
import type { BrokerOptions } from '../options.ts';

const MS_PER_MINUTE = 60_000;

/** The values of the keys that this node's options decide, as texts. */
export function startedWith(options: BrokerOptions): ReadonlyMap<string, string> {
  const { nodeId, kafkaEndpoint, rack, controller, groups } = options;
  const listener = `PLAINTEXT://${kafkaEndpoint.host}:${kafkaEndpoint.port}`;
  const values: readonly (readonly [string, string | number | null])[] = [
    ['advertised.listeners', listener],
    ['broker.heartbeat.interval.ms', options.lifecycle.heartbeatIntervalMs],
    ['broker.id', nodeId],
    ['broker.rack', rack],
    ['broker.session.timeout.ms', controller.sessionTimeoutMs],
    ['fetch.max.bytes', options.limits.fetchMaxBytes],
    ['group.initial.rebalance.delay.ms', groups.initialRebalanceDelayMs],
    ['group.max.session.timeout.ms', groups.maxSessionTimeoutMs],
    ['group.max.size', groups.maxSize],
    ['group.min.session.timeout.ms', groups.minSessionTimeoutMs],
    ['listeners', listener],
    ['node.id', nodeId],
    ['offset.metadata.max.bytes', groups.offsetMetadataMaxBytes],
    ['offsets.commit.timeout.ms', groups.commitTimeoutMs],
    ['offsets.retention.minutes', Math.round(groups.offsetsRetentionMs / MS_PER_MINUTE)],
    ['process.roles', options.roles.join(',')],
    ['replica.lag.time.max.ms', options.replication.lagTimeMaxMs],
  ];
  return new Map(values.flatMap(([key, value]) => (value === null ? [] : [[key, String(value)] as const])));
}
