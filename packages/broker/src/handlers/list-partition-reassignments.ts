/** ListPartitionReassignments: the moves that are under way, as this node's image has them [KIP-455]. */
import { ErrorCode } from '@hapax/base';
import { isReassigning, type PartitionImage } from '@hapax/metadata';
import type { listPartitionReassignments, RequestOf } from '@hapax/wire';
import { resultsByTopic } from '../kafka/results-by-topic.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

export const handleListPartitionReassignments: Handler<typeof listPartitionReassignments> = (
  services,
  request,
  _context,
  answer,
) => {
  const moving = chosen(services, request).filter(isReassigning);
  answer({
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: resultsByTopic(moving).map(({ name, results }) => ({
      name,
      partitions: results.map(({ partition, replicas, addingReplicas, removingReplicas }) => {
        return { partitionIndex: partition, replicas, addingReplicas, removingReplicas };
      }),
    })),
  });
};

/** The partitions that were asked about, each once; what does not exist moves nowhere. */
function chosen(services: Services, { topics }: RequestOf<typeof listPartitionReassignments>): PartitionImage[] {
  const { image } = services.metadata;
  if (topics === null) return image.topics().flatMap(({ partitions }) => partitions);
  const found = topics.flatMap(({ name, partitionIndexes }) => {
    const partitions = image.topicByName(name)?.partitions ?? [];
    return partitionIndexes.flatMap((index) => partitions[index] ?? []);
  });
  return [...new Set(found)];
}
