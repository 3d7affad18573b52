/** DescribeProducers: the producers that wrote to partitions which this broker leads [KIP-664, X5]. */
import { ErrorCode, errorName } from '@hapax/base';
import type { describeProducers, ResponseInput } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Topic = NonNullable<ResponseInput<typeof describeProducers>['topics']>[number];
type Partition = NonNullable<Topic['partitions']>[number];

export const handleDescribeProducers: Handler<typeof describeProducers> = (services, request, _context, answer) => {
  answer({
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => describe(services, name, partitionIndex)),
    })),
  });
};

function describe(services: Services, topic: string, partitionIndex: number): Partition {
  const partition = services.partitions.findByName(topic, partitionIndex);
  if (partition?.leads() !== true) {
    const errorCode =
      partition === undefined ? services.metadata.whereIs(topic, partitionIndex) : ErrorCode.NOT_LEADER_OR_FOLLOWER;
    return { partitionIndex, errorCode, errorMessage: errorName(errorCode), activeProducers: [] };
  }
  const activeProducers = partition.log.producers.activeProducers().map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.lastTimestampMs,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.currentTxnFirstOffset,
  }));
  return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers };
}
