/** What a topic's settings demand of the timestamps of batches. */
import { ErrorCode } from '@hapax/base';
import type { TopicConfigValues } from '@hapax/metadata';
import type { BatchHeader } from '@hapax/wire/records';

/** The settings of a topic that matter on the append path; read anew for each append. */
export type AppendRules = Pick<
  TopicConfigValues,
  | 'cleanup.policy'
  | 'max.message.bytes'
  | 'message.timestamp.after.max.ms'
  | 'message.timestamp.before.max.ms'
  | 'message.timestamp.type'
>;

/** Why batches are not taken, as a client hears it; undefined where they are. [R15] */
export function checkTimestamps(
  headers: readonly BatchHeader[], rules: AppendRules, wallMs: number,
): { readonly error: ErrorCode; readonly message: string } | undefined {
  if (rules['message.timestamp.type'] === LOG_APPEND_TIME) return undefined;
  const before = rules['message.timestamp.before.max.ms'];
  const after = rules['message.timestamp.after.max.ms'];
  for (const { maxTimestamp } of headers) {
    const isTooOld = wallMs - maxTimestamp > before;
    if (!isTooOld && maxTimestamp - wallMs <= after) continue;
    const limit = isTooOld
      ? `message.timestamp.before.max.ms = ${before}`
      : `message.timestamp.after.max.ms = ${after}`;
    const message = `timestamp ${maxTimestamp} is too far from the broker's ${wallMs} (${limit})`;
    return { error: ErrorCode.INVALID_TIMESTAMP, message };
  }
  return undefined;
}

/** The value of `message.timestamp.type` with which the broker's clock counts. */
export const LOG_APPEND_TIME = 'LogAppendTime';
