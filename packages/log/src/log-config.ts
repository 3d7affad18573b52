/** The settings of one partition's log, by Kafka's names for topic settings. */

export interface LogConfig {
  /** `segment.bytes`: a segment of this size is closed and a new one begun. */
  readonly segmentBytes: number;
  /** `segment.ms`: a segment is closed when its first batch is this old. */
  readonly segmentMs: number;
  /** `index.interval.bytes`: one index entry for about this many bytes of batches. */
  readonly indexIntervalBytes: number;
  /** `segment.index.bytes`: a segment whose index has this size is closed. */
  readonly segmentIndexBytes: number;
  /** `retention.ms`: segments whose newest batch is older are deleted; −1 keeps them. */
  readonly retentionMs: number;
  /** `retention.bytes`: oldest segments are deleted while at least this much remains; −1 keeps them. */
  readonly retentionBytes: number;
  /** Whether `cleanup.policy` has `delete`; without it retention deletes nothing. */
  readonly cleanupDelete: boolean;
}

/** Kafka's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10_485_760,
  retentionMs: 604_800_000,
  retentionBytes: -1,
  cleanupDelete: true,
};
