/** A log for the checkers' tests: batches in a list, as a replica or a disk would show them. */
import { encodeText } from '@hapax/base';
import { BatchBuilder, readBatchHeader, type BatchView } from '@hapax/wire/records';

/** A batch of a producer, with values `p:<sequence>:`. */
export function makeBatch(options: {
  readonly baseOffset: number; readonly baseSequence: number; readonly count: number;
  readonly producerEpoch?: number; readonly leaderEpoch?: number; readonly text?: string;
}): BatchView {
  const { baseOffset, baseSequence, count, producerEpoch = 0, leaderEpoch = 0, text = '' } = options;
  const builder = new BatchBuilder();
  for (let at = 0; at < count; at++) {
    builder.append({ timestampMs: 1, key: null, value: encodeText(`p:${baseSequence + at}:${text}`) });
  }
  const producer = { producerId: 1, producerEpoch, baseSequence };
  const bytes = builder.build({ baseOffset, partitionLeaderEpoch: leaderEpoch, ...producer });
  return { header: readBatchHeader(bytes), bytes };
}

/** The log of partition 0 of topic `t`. */
export class LogOfBatches {
  readonly topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
  readonly topic = 't';
  readonly partition = 0;
  readonly startOffset = 0;
  readonly endOffset: number;
  readonly durableOffset: number;
  isDamageKept = false;
  private readonly batches: readonly BatchView[];

  constructor(batches: readonly BatchView[], durableOffset?: number) {
    this.batches = batches;
    this.endOffset = (batches.at(-1)?.header.lastOffset ?? -1) + 1;
    this.durableOffset = durableOffset ?? this.endOffset;
  }

  read(fromOffset: number, limits: { readonly endOffset: number }) {
    const batch = this.batches.find(({ header }) => header.lastOffset >= fromOffset);
    if (batch === undefined || batch.header.lastOffset >= limits.endOffset) return undefined;
    return { chunks: [batch.bytes], nextOffset: batch.header.lastOffset + 1 };
  }
}
