/** Whether an offset of a partition may be stored: asked by OffsetCommit and TxnOffsetCommit alike. [O4, O11] */
import { encodeText, ErrorCode } from '@hapax/base';
import type { LiveGroups } from './live-groups.ts';

/** What both requests say of a partition. */
export interface OfferedOffset {
  readonly partitionIndex: number;
  readonly committedMetadata: string | null;
}

/** The error of this partition alone; the others of the request are stored all the same. */
export function offsetPartitionError<T>(live: LiveGroups<T>, topic: string, offered: OfferedOffset): ErrorCode {
  if (!live.topics.exists(topic, offered.partitionIndex)) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const metadataBytes = encodeText(offered.committedMetadata ?? '').length;
  return metadataBytes > live.config.offsetMetadataMaxBytes ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE;
}
