/** DescribeLogDirs: the one data directory of this node, and how large each partition in it is [KIP-113, KIP-827]. */
import { ErrorCode } from '@hapax/base';
import type { describeLogDirs, RequestOf, ResponseInput } from '@hapax/wire';
import type { Partition } from '../drivers/partition.ts';
import { resultsByTopic } from '../kafka/results-by-topic.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Topics = NonNullable<NonNullable<ResponseInput<typeof describeLogDirs>['results']>[number]['topics']>;

/** A node has one data directory, and the disk port does not say what it is called outside. */
const LOG_DIRECTORY = '/data';

export const handleDescribeLogDirs: Handler<typeof describeLogDirs> = (services, request, _context, answer) => {
  const usableBytes = services.ports.disk.freeBytes();
  const topics = describe(chosen(services, request));
  // How large the whole volume is, the disk port does not tell: −1 means that it is not known.
  const directory = { errorCode: ErrorCode.NONE, logDir: LOG_DIRECTORY, topics, totalBytes: -1, usableBytes };
  answer({ errorCode: ErrorCode.NONE, results: [directory] });
};

/** What was asked for and is here, each partition once. */
function chosen(services: Services, { topics }: RequestOf<typeof describeLogDirs>): Partition[] {
  if (topics === null) return [...services.partitions.all()];
  const found = topics.flatMap(({ topic, partitions }) => {
    return partitions.flatMap((index) => services.partitions.findByName(topic, index) ?? []);
  });
  return [...new Set(found)];
}

function describe(partitions: readonly Partition[]): Topics {
  return resultsByTopic(partitions).map(({ name, results }) => ({
    name,
    partitions: results.map(({ index, log, replica }) => ({
      partitionIndex: index,
      partitionSize: log.sizeBytes,
      // How far this copy is behind what it knows to be committed.
      offsetLag: Math.max(0, replica.highWatermark - log.endOffset),
      isFutureKey: false,
    })),
  }));
}
