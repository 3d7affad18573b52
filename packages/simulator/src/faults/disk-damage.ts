/** Damage of what a disk has held for good: which files, which bytes, and from where on a log may be cut for it. */
import type { Offset, Random } from '@hapax/base';
import type { Broker } from '@hapax/broker';
import { iterateBatches } from '@hapax/wire/records';
import type { SimNode } from '../sim-node.ts';
import type { FaultWorld } from './fault-world.ts';

/** A log on a node, as its broker has it or, while it is down, had it. */
export type DamagedLog = ReturnType<Broker['services']['partitions']['logs']['logs']>[number];

/** A file of a log, of which other nodes have a good copy. */
export interface DamageableFile {
  readonly log: DamagedLog;
  readonly path: string;
  /** The first offset in it; undefined where it holds no batches and can be made again. */
  readonly baseOffset: Offset | undefined;
}

/** Kafka's index of aborted transactions has no checksum, and its numbers may be any. */
const SUFFIXES = ['.log', '.index', '.timeindex', '.snapshot'];
const LEADER_EPOCHS = 'leader-epoch-checkpoint';
/** Kafka's checksum of a batch leaves the leader epoch out. */
const LEADER_EPOCH_AT = 12;
const LEADER_EPOCH_BYTES = 4;

/**
 * Files of closed segments on a node, of partitions that another node could lead: a copy that is the only one may be
 * lost with its disk.
 */
export function damageableFiles(world: FaultWorld, node: SimNode, logs: readonly DamagedLog[]): DamageableFile[] {
  const found: DamageableFile[] = [];
  for (const log of logs) {
    const { topicId, partition, directory } = log;
    const state = world.watch.inSync.partitions()
      .find((one) => one.topicId === topicId && one.partition === partition);
    const others = [...(state?.isr ?? []), ...(state?.elr ?? [])].filter((id) => id !== node.id);
    if (others.length === 0) continue;
    const active = log.allSegments().at(-1)?.baseOffset ?? 0;
    for (const name of node.disk.list(directory)) {
      const base = Number.parseInt(name, 10);
      const isKnown = SUFFIXES.some((suffix) => name.endsWith(suffix));
      const isClosed = isKnown && (base < active || name.endsWith('.snapshot'));
      if (!isClosed && name !== LEADER_EPOCHS) continue;
      found.push({ log, path: `${directory}/${name}`, baseOffset: name.endsWith('.log') ? base : undefined });
    }
  }
  return found;
}

/** The size of a file as it was written. */
export function sizeOf(node: SimNode, path: string): number {
  const file = node.disk.open(path, { create: false });
  const sizeBytes = file.size();
  file.close();
  return sizeBytes;
}

/** The first offset of the batch that has a byte of a segment; undefined where no checksum covers the byte. */
export function offsetAt(node: SimNode, file: DamageableFile, position: number): Offset | undefined {
  const batch = batchesIn(node, file.path).findLast(({ start }) => start <= position);
  if (batch === undefined) return file.baseOffset;
  const within = position - batch.start;
  const isUnchecked = within >= LEADER_EPOCH_AT && within < LEADER_EPOCH_AT + LEADER_EPOCH_BYTES;
  return isUnchecked ? undefined : batch.baseOffset;
}

/** A byte of a file, and which of its bits change. */
export function drawBit(random: Random, sizeBytes: number): { readonly position: number; readonly bits: number } {
  return { position: random.nextInt(sizeBytes), bits: 1 << random.nextInt(8) };
}

function batchesIn(node: SimNode, path: string): readonly { readonly start: number; readonly baseOffset: Offset }[] {
  const file = node.disk.open(path, { create: false });
  const bytes = node.disk.asWritten(() => file.read(0, file.size()));
  file.close();
  return iterateBatches(bytes).map(({ header, bytes: batch }) => ({
    start: batch.byteOffset - bytes.byteOffset, baseOffset: header.baseOffset,
  }));
}
