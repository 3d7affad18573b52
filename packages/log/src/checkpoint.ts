/** Kafka's offset checkpoint files: one offset a partition, as text, replaced as a whole. */
import { decodeText, encodeText } from '@hapax/base';
import { checkpointLines } from './leader-epoch-checkpoint.ts';

/** The high watermark of each partition. */
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';
/** Up to where each partition's segments were synced. */
export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
/** The log start offset of each partition. */
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint';
/** Left behind by a clean stop, with the broker epoch of the process that stopped [KIP-966]. */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';
/** There from before the first cut for damage until the cluster knows that this store has lost something. */
export const UNTOLD_LOSS_FILE = 'untold-loss';

/** Offsets by the name of the partition's directory, `<topic>-<partition>`. */
export type OffsetCheckpoint = ReadonlyMap<string, number>;

/** The text of a checkpoint in Kafka's format: version, count, one line a partition. */
export function encodeOffsetCheckpoint(offsets: OffsetCheckpoint): Uint8Array {
  const lines: string[] = [];
  for (const [directory, offset] of offsets) {
    const dash = directory.lastIndexOf('-');
    lines.push(`${directory.slice(0, dash)} ${directory.slice(dash + 1)} ${offset}\n`);
  }
  return encodeText(`0\n${lines.length}\n${lines.join('')}`);
}

/** Undefined where the text is not whole. */
export function decodeOffsetCheckpoint(bytes: Uint8Array): OffsetCheckpoint | undefined {
  const lines = checkpointLines(bytes);
  if (lines === undefined) return undefined;
  const offsets = new Map<string, number>();
  for (const line of lines) {
    const match = /^(\S+) (\d{1,10}) (\d{1,16})$/.exec(line);
    if (match === null) return undefined;
    offsets.set(`${match[1]}-${match[2]}`, Number(match[3]));
  }
  return offsets;
}

/** Kafka's content of the clean-shutdown file. */
export function encodeCleanShutdown(brokerEpoch: number): Uint8Array {
  return encodeText(`{"version":0,"brokerEpoch":${brokerEpoch}}`);
}

/** The broker epoch in a clean-shutdown file; undefined where the text is not whole. */
export function decodeCleanShutdown(bytes: Uint8Array): number | undefined {
  const match = /^\{"version":0,"brokerEpoch":(-?\d{1,16})\}$/.exec(decodeText(bytes));
  return match === null ? undefined : Number(match[1]);
}
