/** Kafka's text file `leader-epoch-checkpoint`: a version, a count, and a line for each leader epoch of a partition. */
import { decodeText, encodeText } from '@hapax/base';

/** A leader epoch and the first offset it wrote (or would have written). */
export interface LeaderEpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The text of `leader-epoch-checkpoint` in Kafka's format. */
export function encodeLeaderEpochs(entries: readonly LeaderEpochEntry[]): Uint8Array {
  const lines = entries.map((entry) => `${entry.epoch} ${entry.startOffset}\n`);
  return encodeText(`0\n${entries.length}\n${lines.join('')}`);
}

/** Undefined where the text is not whole or the epochs and offsets do not ascend. */
export function decodeLeaderEpochs(bytes: Uint8Array): readonly LeaderEpochEntry[] | undefined {
  const lines = checkpointLines(bytes);
  if (lines === undefined) return undefined;
  const entries: LeaderEpochEntry[] = [];
  for (const line of lines) {
    const match = /^(\d{1,10}) (\d{1,16})$/.exec(line);
    if (match === null) return undefined;
    const entry = { epoch: Number(match[1]), startOffset: Number(match[2]) };
    const last = entries.at(-1);
    if (last !== undefined && (entry.epoch <= last.epoch || entry.startOffset <= last.startOffset)) return undefined;
    entries.push(entry);
  }
  return entries;
}

/** The lines of a Kafka checkpoint file of version 0 after its count; undefined where the count does not fit. */
export function checkpointLines(bytes: Uint8Array): readonly string[] | undefined {
  const lines = decodeText(bytes).split('\n');
  if (lines.pop() !== '' || lines[0] !== '0' || lines[1] !== String(lines.length - 2)) return undefined;
  return lines.slice(2);
}
