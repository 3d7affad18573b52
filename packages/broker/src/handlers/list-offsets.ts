/** ListOffsets: where a partition begins and ends, and where a time stands in it [kafka-semantics S1–S4]. */
import { AppError, ErrorCode } from '@hapax/base';
import type { listOffsets, RequestOf, ResponseInput } from '@hapax/wire';
import type { Partition } from '../drivers/partition.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Result = NonNullable<NonNullable<ResponseInput<typeof listOffsets>['topics']>[number]['partitions']>[number];
type Asked = RequestOf<typeof listOffsets>['topics'][number]['partitions'][number];

/** Times below zero have a meaning each. */
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
/** The first version that knows each of them. */
const KNOWN_FROM = new Map([
  [LATEST, 0],
  [EARLIEST, 0],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
]);
const READ_COMMITTED = 1;
const LEADER_EPOCHS_FROM = 4;
const CONSUMER = -1;
/** The failures that say that a batch's records cannot be read. */
const UNREADABLE: readonly string[] = ['batch-malformed', 'compression-failed'];

export const handleListOffsets: Handler<typeof listOffsets> = (services, request, context, answer) => {
  const repeated = repeatedPartitions(request);
  answer({
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked): Result => {
        // Which of the two was meant is not to be guessed [S4].
        if (repeated.has(`${name}/${asked.partitionIndex}`)) return refuse(asked, ErrorCode.INVALID_REQUEST);
        return listOne(services, request, context, { topic: name, asked });
      }),
    })),
  });
};

/** The partitions that a request names more than once, as `topic/partition`. */
function repeatedPartitions({ topics }: RequestOf<typeof listOffsets>): ReadonlySet<string> {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  for (const { name, partitions } of topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}/${partitionIndex}`;
      if (seen.has(key)) repeated.add(key);
      seen.add(key);
    }
  }
  return repeated;
}

function listOne(
  services: Services,
  request: RequestOf<typeof listOffsets>,
  context: RequestContext,
  { topic, asked }: { readonly topic: string; readonly asked: Asked },
): Result {
  const { partitionIndex, timestamp } = asked;
  const partition = services.partitions.findByName(topic, partitionIndex);
  if (partition === undefined) return refuse(asked, services.metadata.whereIs(topic, partitionIndex));
  const fenced = partition.replica.checkLeaderEpoch(asked.currentLeaderEpoch);
  if (fenced !== ErrorCode.NONE) return refuse(asked, fenced);
  if (timestamp < 0 && context.apiVersion < (KNOWN_FROM.get(timestamp) ?? Number.POSITIVE_INFINITY)) {
    return refuse(asked, ErrorCode.UNSUPPORTED_VERSION);
  }
  const isEarliest = timestamp === EARLIEST || timestamp === EARLIEST_LOCAL;
  if (!isEarliest && request.replicaId === CONSUMER && !partition.replica.isLatestOffsetAvailable) {
    // A leader that does not yet know how far its predecessor had committed must not let time run backwards [S3, E5].
    return refuse(asked, context.apiVersion >= 5 ? ErrorCode.OFFSET_NOT_AVAILABLE : ErrorCode.LEADER_NOT_AVAILABLE);
  }
  const isolation = request.isolationLevel === READ_COMMITTED ? 'read-committed' : 'read-uncommitted';
  // Replicas and debuggers see the log as it is; consumers see what is committed [S4, L8].
  const end = partition.endOffsetFor(request.replicaId === CONSUMER ? isolation : 'log-end');
  const looked = maybeLookUp(partition, timestamp, end);
  if (looked === undefined) return refuse(asked, ErrorCode.CORRUPT_MESSAGE);
  const { leaderEpoch, ...found } = looked;
  const known = context.apiVersion >= LEADER_EPOCHS_FROM ? { leaderEpoch } : {};
  return { partitionIndex, errorCode: ErrorCode.NONE, ...found, ...known };
}

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Undefined where a batch cannot be read: brokers do not look into what producers compress. */
function maybeLookUp(partition: Partition, timestamp: number, end: number): Found | undefined {
  try {
    return lookUp(partition, timestamp, end);
  } catch (error) {
    if (error instanceof AppError && UNREADABLE.includes(error.code)) return undefined;
    throw error;
  }
}

function lookUp(partition: Partition, timestamp: number, end: number): Found {
  const { log, replica } = partition;
  switch (timestamp) {
    case LATEST:
      return { offset: end, timestamp: -1, leaderEpoch: replica.leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return { offset: log.startOffset, timestamp: -1, leaderEpoch: log.leaderEpochs.epochAt(log.startOffset) };
    case LATEST_TIERED:
      return { offset: -1, timestamp: -1, leaderEpoch: -1 };
    default: {
      const found =
        timestamp === MAX_TIMESTAMP ? partition.findMaxTimestamp(end) : partition.findTimestamp(timestamp, end);
      if (found === undefined) return { offset: -1, timestamp: -1, leaderEpoch: -1 };
      return { offset: found.offset, timestamp: found.timestampMs, leaderEpoch: found.leaderEpoch };
    }
  }
}

function refuse(asked: Asked, errorCode: ErrorCode): Result {
  return { partitionIndex: asked.partitionIndex, errorCode, offset: -1, timestamp: -1 };
}
