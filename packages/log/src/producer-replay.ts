/** Producer state from the log itself: the newest snapshot that holds, and the batches after it. */
import { AppError, type Disk, type Offset, reachable, sometimes } from '@hapax/base';
import { ProducerStates } from '@hapax/replica';
import type { BatchHeader } from '@hapax/wire/records';
import { offsetFileName } from './partition-directory.ts';
import { type ProducerSnapshots, SNAPSHOT_SUFFIX } from './producer-snapshot.ts';
import { readWholeFile } from './replace-file.ts';
import type { Segment } from './segment.ts';

export interface ProducerReplay {
  readonly disk: Disk;
  readonly directory: string;
  readonly snapshots: ProducerSnapshots;
  readonly segments: readonly Segment[];
  /** From here on all batches are replayed, whatever later snapshots there are: segments lack their txn index. */
  readonly indexFrom?: Offset | undefined;
  readonly wallMs: number;
}

/**
 * Makes `producers` what a replay of the whole log gives, and adds to the txn indexes what the replay finds aborted. A
 * snapshot that does not pass its check is passed over.
 *
 * Where a txn index is not known to be whole, no snapshot from within its segment is taken (`indexFrom`): the replay
 * passes over all markers of the segment.
 */
export function rebuildProducers(producers: ProducerStates, replay: ProducerReplay): void {
  const endOffset = replay.segments.at(-1)?.endOffset ?? 0;
  let from = -1;
  producers.truncate(endOffset);
  const firstOffset = replay.segments[0]?.baseOffset ?? 0;
  for (const offset of replay.snapshots.upTo(Math.min(endOffset, replay.indexFrom ?? endOffset))) {
    // What came after it is deleted in part: markers would be missed, and their transactions be open for ever. [I15]
    if (offset < firstOffset) break;
    const states = readSnapshot(replay, offset);
    if (states === undefined) continue;
    reachable('log: a producer snapshot is replayed');
    producers.replaceWith(states);
    from = offset;
    break;
  }
  sometimes(from < 0 && endOffset > 0, 'log: producers are rebuilt from the whole log');
  if (from < 0) producers.clear();
  for (const segment of replay.segments) {
    if (segment.endOffset <= from) continue;
    const position = from <= segment.baseOffset ? 0 : segment.positionOf(from);
    segment.scan(position, (header) => {
      if (header.baseOffset >= from) noteBatch(producers, segment, header, replay.wallMs);
      return true;
    });
  }
}

/** A batch is in the log: its producer's state changes, and an aborted transaction gets its entry. [L4] */
export function noteBatch(producers: ProducerStates, segment: Segment, header: BatchHeader, wallMs: number): void {
  const completed = producers.update(header, wallMs);
  if (completed?.kind !== 'abort') return;
  const { producerId, firstOffset, lastOffset, lastStableOffset } = completed;
  segment.txnIndex.maybeAppend({ producerId, firstOffset, lastOffset, lastStableOffset });
}

function readSnapshot(replay: ProducerReplay, offset: Offset): ProducerStates | undefined {
  const path = `${replay.directory}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`;
  const bytes = replay.snapshots.findUnwritten(offset) ?? readWholeFile(replay.disk, path);
  if (bytes === undefined) return undefined;
  try {
    return ProducerStates.decode(bytes);
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}
