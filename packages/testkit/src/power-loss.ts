/** How a machine goes down, and what that leaves of what was not synced. */
import type { Random } from '@hapax/base';
import type { WriteFate } from './memory-file.ts';

/**
 * What a loss of power leaves of changes of names that no sync of their directory has covered: a first part of them, as
 * file systems with a journal have it; any of them; or none.
 */
export type NameFate = 'first' | 'any' | 'none';

const WRITE_FATES: readonly WriteFate[] = ['any', 'torn', 'lost', 'reordered', 'misdirected'];
const NAME_FATES: readonly NameFate[] = ['first', 'any', 'none'];

/** Any loss of power. */
export function drawPowerLoss(random: Random): DiskCrash {
  const writes = WRITE_FATES[random.nextInt(WRITE_FATES.length)] as WriteFate;
  const names = NAME_FATES[random.nextInt(NAME_FATES.length)] as NameFate;
  return { powerLoss: true, random, writes, names };
}

/** How a machine goes down. Without `powerLoss` the page cache outlives the process. */
export interface DiskCrash {
  readonly powerLoss: boolean;
  readonly random: Random;
  readonly writes?: WriteFate;
  readonly names?: NameFate;
}

/** The changes of names, oldest first, that are there after a loss of power. */
export function survivingNames<T>(changes: readonly T[], { names = 'first', random }: DiskCrash): readonly T[] {
  if (names === 'none') return [];
  if (names === 'any') return changes.filter(() => random.nextInt(2) === 0);
  return changes.slice(0, random.nextInt(changes.length + 1));
}
