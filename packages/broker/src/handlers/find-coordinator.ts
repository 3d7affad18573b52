/** FindCoordinator: the broker that leads the partition of `__consumer_offsets` that a group hashes to [T1, T2]. */
import { coordinatorPartition, ErrorCode } from '@hapax/base';
import { CONSUMER_OFFSETS_TOPIC } from '@hapax/metadata';
import type { findCoordinator, ResponseInput } from '@hapax/wire';
import { advertisedBroker } from '../kafka/advertised-brokers.ts';
import { autoCreateTopics } from '../kafka/auto-create.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Coordinator = NonNullable<ResponseInput<typeof findCoordinator>['coordinators']>[number];

const GROUP_KEY_TYPE = 0;
/** From here on, many keys are asked for at once. */
const BATCHED_FROM = 4;

export const handleFindCoordinator: Handler<typeof findCoordinator> = (services, request, context, answer) => {
  const keys = context.apiVersion >= BATCHED_FROM ? request.coordinatorKeys : [request.key];
  const reply = (): void => {
    const coordinators = keys.map((key) => findOne(services, context, request.keyType, key));
    if (context.apiVersion >= BATCHED_FROM) return answer({ coordinators });
    const [only] = coordinators;
    if (only === undefined) return answer({ errorCode: ErrorCode.INVALID_REQUEST });
    const { key: _key, ...rest } = only;
    answer(rest);
  };
  const isMissing = services.metadata.image.topicByName(CONSUMER_OFFSETS_TOPIC) === undefined;
  if (request.keyType === GROUP_KEY_TYPE && isMissing)
    return autoCreateTopics(services, [CONSUMER_OFFSETS_TOPIC], reply);
  reply();
};

function findOne(services: Services, context: RequestContext, keyType: number, key: string): Coordinator {
  if (keyType !== GROUP_KEY_TYPE) {
    return refuse(
      key,
      ErrorCode.INVALID_REQUEST,
      `coordinators of key type ${keyType} are not served; only groups (0) are`,
    );
  }
  const { image } = services.metadata;
  const topic = image.topicByName(CONSUMER_OFFSETS_TOPIC);
  if (topic === undefined)
    return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, `${CONSUMER_OFFSETS_TOPIC} is being created`);
  const partition = topic.partitions[coordinatorPartition(key, topic.partitions.length)];
  const broker = partition === undefined ? undefined : advertisedBroker(services, context, partition.leader);
  if (broker === undefined)
    return refuse(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, "the group's partition has no leader now");
  return {
    key,
    nodeId: broker.nodeId,
    host: broker.host,
    port: broker.port,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
  };
}

function refuse(key: string, errorCode: ErrorCode, errorMessage: string): Coordinator {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage };
}
