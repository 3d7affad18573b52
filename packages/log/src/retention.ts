/** Which of the oldest segments may be deleted: by age, by size, or because the log starts after them. */
import type { Offset } from '@hapax/base';
import type { LogConfig } from './log-config.ts';
import type { Segment } from './segment.ts';

export interface RetentionNow {
  readonly nowWallMs: number;
  readonly highWatermark: Offset;
  readonly startOffset: Offset;
}

/** How many segments, from the first on, retention deletes. The segment that is written to is deleted only by age. */
export function segmentsToDelete(segments: readonly Segment[], config: LogConfig, now: RetentionNow): number {
  if (!config.cleanupDelete) return 0;
  let remainingBytes = segments.reduce((sum, segment) => sum + segment.sizeBytes, 0);
  let count = 0;
  for (const segment of segments) {
    // Nothing that followers or consumers may still need goes. [kafka: deletable below the high watermark]
    if (segment.sizeBytes === 0 || segment.endOffset > now.highWatermark) break;
    const isActive = segment === segments[segments.length - 1];
    const isOld = config.retentionMs >= 0 && segment.maxTimestampMs >= 0 &&
      now.nowWallMs - segment.maxTimestampMs > config.retentionMs;
    const isSurplus = !isActive && config.retentionBytes >= 0 &&
      remainingBytes - segment.sizeBytes >= config.retentionBytes;
    if (!isOld && !isSurplus) break;
    remainingBytes -= segment.sizeBytes;
    count += 1;
  }
  return count;
}
