/** What a start found on disk: whether the last stop was clean, and every place where something was damaged. */
import type { Offset, Uuid } from '@hapax/base';
import type { JournalDamage } from './journal-scan.ts';

/** A log that is shorter than it was promised to be: its replica must fetch from another one what it lost. */
export interface CorruptPlace {
  readonly topicId: Uuid;
  readonly topic: string;
  readonly partition: number;
  /** The log ends here now. */
  readonly offset: Offset;
  /** The file, and where in it. */
  readonly path: string;
  readonly position: number;
  readonly reason: string;
}

export interface RecoveryReport {
  /** Whether the last stop was clean: nothing had to be recovered, nothing can be missing. [KIP-966, H12] */
  readonly isClean: boolean;
  /** The broker epoch of the process that stopped cleanly. */
  readonly brokerEpoch: number | undefined;
  readonly corrupt: readonly CorruptPlace[];
  /** Something that was durable is gone: found by this start, or by an earlier one that nobody has been told of. */
  readonly hasUntoldLoss: boolean;
  /** Entries of the journal are missing in its middle: what they changed is not known. */
  readonly journalDamage: JournalDamage | undefined;
  /** Directories that looked like a partition's but did not say whose they are, by the names they have now. */
  readonly unknownDirectories: readonly string[];
  /** Entries of the journal that were replayed. */
  readonly entriesReplayed: number;
  /** Bytes after the last valid batch that were cut off without a sign of damage. */
  readonly tornBytes: number;
}
