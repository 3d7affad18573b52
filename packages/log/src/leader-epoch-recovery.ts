/** The leader epochs of a log that is recovered: from their checkpoint as far as it is true, else from the batches. */
import type { Offset } from '@hapax/base';
import { LeaderEpochs } from '@hapax/replica';
import type { BatchHeader } from '@hapax/wire/records';
import type { LeaderEpochEntry } from './leader-epoch-checkpoint.ts';
import type { Segment } from './segment.ts';

export interface EpochsToRestore {
  /** The checkpoint; undefined where there is none, or it cannot be read. */
  readonly saved: readonly LeaderEpochEntry[] | undefined;
  /** What the journal has changed since then begins here. */
  readonly savedUpTo: Offset;
  /** Of what is before it, the checkpoint knows nothing. */
  readonly startOffset: Offset;
  readonly segments: readonly Segment[];
  /** The batches that were looked at, in order. */
  readonly scanned: readonly BatchHeader[];
}

/**
 * From the checkpoint, as far as the journal has not changed it, and the batches that were looked at; from all batches
 * where it does not help. Throws `data-corrupt` where those are damaged.
 */
export function restoreLeaderEpochs(found: EpochsToRestore): LeaderEpochs {
  const { saved, savedUpTo, segments, scanned } = found;
  const epochs = new LeaderEpochs(saved ?? []);
  epochs.truncateFromEnd(savedUpTo);
  let agrees = saved !== undefined;
  for (const header of scanned) {
    const epoch = header.partitionLeaderEpoch;
    if (epoch > epochs.latestEpoch) epochs.assign(epoch, header.baseOffset);
    else if (epochs.epochAt(header.baseOffset) !== epoch) agrees = false;
  }
  return agrees && isAsBatchesSay(epochs, found) ? epochs : epochsOfBatches(segments);
}

/** A changed digit of the checkpoint still reads as a number: the batches around each begin of an epoch know better. */
function isAsBatchesSay(epochs: LeaderEpochs, { segments, startOffset: logStart }: EpochsToRestore): boolean {
  return epochs.entries().every(({ startOffset }) =>
    [startOffset - 1, startOffset].every((offset) => {
      const segment = segments.findLast(({ baseOffset }) => baseOffset <= offset);
      const header = offset < logStart ? undefined : segment?.headerOf(offset);
      return header === undefined || epochs.epochAt(header.baseOffset) === header.partitionLeaderEpoch;
    }));
}

function epochsOfBatches(segments: readonly Segment[]): LeaderEpochs {
  const epochs = new LeaderEpochs();
  for (const segment of segments) {
    segment.scanIntact(0, (header) => {
      const epoch = header.partitionLeaderEpoch;
      if (epoch > epochs.latestEpoch) epochs.assign(epoch, header.baseOffset);
      return true;
    });
  }
  return epochs;
}
