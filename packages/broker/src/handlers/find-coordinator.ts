/** FindCoordinator: the broker that leads the partition which a group or transactional id hashes to [T1, T2]. */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import { CONSUMER_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC } from '@hapax/metadata';
import type { findCoordinator, ResponseInput } from '@hapax/wire';
import { advertisedBroker } from '../kafka/advertised-brokers.ts';
import { autoCreateTopics } from '../kafka/auto-create.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Coordinator = NonNullable<ResponseInput<typeof findCoordinator>['coordinators']>[number];

/** By key type. */
const TOPICS: readonly string[] = [CONSUMER_OFFSETS_TOPIC, TRANSACTION_STATE_TOPIC];
/** From here on, many keys are asked for at once. */
const BATCHED_FROM = 4;

export const handleFindCoordinator: Handler<typeof findCoordinator> = (services, request, context, answer) => {
  const keys = context.apiVersion >= BATCHED_FROM ? request.coordinatorKeys : [request.key];
  const topic = TOPICS[request.keyType];
  const reply = (): void => {
    const coordinators = keys.map((key) =>
      topic === undefined
        ? refuse(key, ErrorCode.INVALID_REQUEST, unknownKeyType(request.keyType))
        : findOne(services, context, topic, key));
    if (context.apiVersion >= BATCHED_FROM) return answer({ coordinators });
    const [only] = coordinators;
    if (only === undefined) return answer({ errorCode: ErrorCode.INVALID_REQUEST });
    const { key: _key, ...rest } = only;
    answer(rest);
  };
  const isMissing = topic !== undefined && services.metadata.image.topicByName(topic) === undefined;
  if (isMissing) return autoCreateTopics(services, [topic], reply);
  reply();
};

function findOne(services: Services, context: RequestContext, topicName: string, key: string): Coordinator {
  const topic = services.metadata.image.topicByName(topicName);
  if (topic === undefined) return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, `${topicName} is being created`);
  const index = coordinatorPartition(key, topic.partitions.length);
  const broker = advertisedBroker(services, context, topic.partitions[index]?.leader ?? -1);
  if (broker === undefined) {
    return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, `${topicName}-${index} has no leader now`);
  }
  const { nodeId, host, port } = broker;
  return { key, nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}

function refuse(key: string, errorCode: ErrorCode, errorMessage: string): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage };
}

function unknownKeyType(keyType: number): string {
  return `coordinators of key type ${keyType} are not served; those of groups (0) and transactions (1) are`;
}
