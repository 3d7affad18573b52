/** OffsetForLeaderEpoch: where a leader epoch ended, so that a consumer can tell that a log was cut [KIP-320, H14]. */
import { ErrorCode } from '@hapax/base';
import type { offsetForLeaderEpoch } from '@hapax/wire';
import type { Handler } from '../kafka/served-api.ts';

export const handleOffsetForLeaderEpoch: Handler<typeof offsetForLeaderEpoch> = (
  services,
  request,
  _context,
  answer,
) => {
  answer({
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((asked) => {
        const found = services.partitions.findByName(topic, asked.partition);
        if (found === undefined) {
          return {
            partition: asked.partition,
            errorCode: services.metadata.whereIs(topic, asked.partition),
            leaderEpoch: -1,
            endOffset: -1,
          };
        }
        const end = found.replica.epochEndOffset(asked.currentLeaderEpoch, asked.leaderEpoch);
        if (end.error !== ErrorCode.NONE) {
          return { partition: asked.partition, errorCode: end.error, leaderEpoch: -1, endOffset: -1 };
        }
        return {
          partition: asked.partition,
          errorCode: ErrorCode.NONE,
          leaderEpoch: end.epoch,
          endOffset: end.endOffset,
        };
      }),
    })),
  });
};
