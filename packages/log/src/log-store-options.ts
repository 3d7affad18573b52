/** What a log store is told when it is made: its disk, its sizes, and who hears what becomes of it. */
import type { AppError, Disk, Logger, Offset } from '@hapax/base';
import type { PartitionLog } from './log.ts';
import type { LogConfig } from './log-config.ts';

export interface LogStoreOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  /** `fsync`: what is reported as durable survives a loss of power. `os`: it survives the process, as in Kafka. */
  readonly flush: 'fsync' | 'os';
  /** Of each of the journal's two files. Bounds what waits in memory, and the largest append. */
  readonly journalFileBytes: number;
  /**
   * With `flush=fsync`, appends of at least `journalBypassBytes` are written to their segment alone, and synced there:
   * where a log's waiting ones come to `journalBypassRoundBytes` together.
   */
  readonly journalBypassBytes: number;
  readonly journalBypassRoundBytes: number;
  readonly tailCacheBytes: number;
  readonly maxOpenFiles: number;
  /** Appends are refused when no more than this is free; larger than `journalFileBytes`. */
  readonly reserveBytes: number;
  /** With `flush=os`, how often segments are synced; high watermarks are saved every time, whatever `flush` is. */
  readonly checkpointIntervalMs: number;
  /** What is checked at {@link LogStore.open}: batches since the last checkpoint, or all. */
  readonly verify: 'recent' | 'all';
  /** Of logs that are found at {@link LogStore.open}, until `log.config` is set. */
  readonly config: LogConfig;
  wallMs(): number;
  /** Called at the end of a round, for each log of which more became durable. */
  onDurable(log: PartitionLog, durableOffset: Offset): void;
  /** Called once. The store accepts nothing after it, and the node must stop. [bugs 98, 107, 110] */
  onDiskFailed(error: AppError): void;
}
