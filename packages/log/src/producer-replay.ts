/** Producer state from the log itself: the newest snapshot that holds, and the batches after it. */
import { AppError, type Disk, type Offset } from '@hapax/base';
import { ProducerStates } from '@hapax/replica';
import { offsetFileName } from './partition-directory.ts';
import { type ProducerSnapshots, SNAPSHOT_SUFFIX } from './producer-snapshot.ts';
import { readWholeFile } from './replace-file.ts';
import type { Segment } from './segment.ts';

export interface ProducerReplay {
  readonly disk: Disk;
  readonly directory: string;
  readonly snapshots: ProducerSnapshots;
  readonly segments: readonly Segment[];
  readonly startOffset: Offset;
  readonly wallMs: number;
}

/** Makes `producers` what a replay of the whole log gives. A snapshot that does not pass its check is passed over. */
export function rebuildProducers(producers: ProducerStates, replay: ProducerReplay): void {
  const endOffset = replay.segments.at(-1)?.endOffset ?? 0;
  let from = -1;
  for (const offset of replay.snapshots.upTo(endOffset)) {
    const states = readSnapshot(replay, offset);
    if (states === undefined) continue;
    producers.replaceWith(states);
    from = offset;
    break;
  }
  if (from < 0) producers.clear();
  for (const segment of replay.segments) {
    if (segment.endOffset <= from) continue;
    const position = from <= segment.baseOffset ? 0 : segment.positionOf(from);
    segment.scan(position, (header) => {
      if (header.baseOffset >= from) producers.update(header, replay.wallMs);
      return true;
    });
  }
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
