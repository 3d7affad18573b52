/** Topics, settings and the other administration of the fake cluster. */
import { ErrorCode } from '@hapax/base';
import {
  createPartitions,
  createTopics,
  deleteGroups,
  deleteRecords,
  deleteTopics,
  describeCluster,
  describeConfigs,
  describeGroups,
  incrementalAlterConfigs,
  listGroups,
} from '@hapax/wire';
import { FakeLog } from './fake-log.ts';
import { on, type HandlerEntry } from './fake-handler.ts';

export const adminHandlers: HandlerEntry[] = [
  on(createTopics, (cluster, { body, nodeId, version }, answer) => {
    const misplaced = nodeId === cluster.nodes[0] ? cluster.takeError('CreateTopics') : ErrorCode.NOT_CONTROLLER;
    answer({
      topics: body.topics.map(({ name, numPartitions, replicationFactor }) => {
        const errorCode = misplaced || (cluster.topics.has(name) ? ErrorCode.TOPIC_ALREADY_EXISTS : 0);
        const partitions = numPartitions < 0 ? 1 : numPartitions;
        if (errorCode === 0 && !body.validateOnly) cluster.createTopic(name, partitions);
        return {
          name,
          errorCode,
          errorMessage: errorCode === 0 ? null : `topic ${name}`,
          ...(version >= 5 ? { numPartitions: partitions, replicationFactor } : {}),
        };
      }),
    });
  }),
  on(deleteTopics, (cluster, { body, version }, answer) => {
    const names = version >= 6 ? body.topics.map((topic) => topic.name ?? '') : body.topicNames;
    answer({
      responses: names.map((name) => ({
        name,
        errorCode: cluster.topics.delete(name) ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      })),
    });
  }),
  on(createPartitions, (cluster, { body }, answer) => {
    answer({
      results: body.topics.map(({ name, count }) => {
        const logs = cluster.topics.get(name) ?? [];
        const errorCode = count <= logs.length ? ErrorCode.INVALID_PARTITIONS : 0;
        while (logs.length < count) logs.push(new FakeLog(cluster.nodes[logs.length % cluster.nodes.length]!));
        return { name, errorCode };
      }),
    });
  }),
  on(describeCluster, (cluster, _request, answer) => {
    answer({
      errorCode: 0,
      clusterId: 'fake',
      controllerId: cluster.nodes[0]!,
      brokers: cluster.nodes.map((brokerId) => ({ brokerId, ...cluster.endpoint(brokerId) })),
    });
  }),
  on(describeConfigs, (cluster, { body }, answer) => {
    answer({
      results: body.resources.map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
        errorCode: 0,
        errorMessage: null,
        configs: [...(cluster.configs.get(resourceName) ?? [])].map(([name, value]) => ({
          name,
          value,
          configSource: 1,
        })),
      })),
    });
  }),
  on(incrementalAlterConfigs, (cluster, { body }, answer) => {
    answer({
      responses: body.resources.map(({ resourceType, resourceName, configs }) => {
        const known = cluster.configs.get(resourceName) ?? new Map<string, string>();
        cluster.configs.set(resourceName, known);
        for (const { name, configOperation, value } of configs) {
          if (configOperation === 1) known.delete(name);
          else known.set(name, value ?? '');
        }
        return { resourceType, resourceName, errorCode: 0, errorMessage: null };
      }),
    });
  }),
  on(listGroups, (cluster, { nodeId }, answer) => {
    const groups =
      nodeId === cluster.groups.coordinator
        ? [{ groupId: 'readers', protocolType: 'consumer', groupState: 'Empty' }]
        : [];
    answer({ errorCode: 0, groups });
  }),
  on(describeGroups, (cluster, { body }, answer) => {
    answer({
      groups: body.groups.map((groupId) => {
        const group = cluster.groups.group(groupId);
        return {
          errorCode: 0,
          groupId,
          groupState: group.state,
          protocolType: 'consumer',
          protocolData: group.protocol,
          members: [...group.members.values()].map((member) => ({
            memberId: member.id,
            clientId: 'test',
            clientHost: '/127.0.0.1',
            memberMetadata: new Uint8Array(0),
            memberAssignment: member.assignment,
          })),
        };
      }),
    });
  }),
  on(deleteGroups, (cluster, { body }, answer) => {
    answer({
      results: body.groupsNames.map((groupId) => ({
        groupId,
        errorCode: cluster.groups.group(groupId).members.size > 0 ? ErrorCode.NON_EMPTY_GROUP : 0,
      })),
    });
  }),
  on(deleteRecords, (cluster, { body, nodeId }, answer) => {
    answer({
      topics: body.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => {
          const log = cluster.log(name, partitionIndex);
          if (log.leaderId !== nodeId)
            return { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER };
          log.logStartOffset = offset < 0 ? log.endOffset : offset;
          return { partitionIndex, lowWatermark: log.logStartOffset, errorCode: 0 };
        }),
      })),
    });
  }),
];
