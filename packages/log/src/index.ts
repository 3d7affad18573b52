/** Segmented partition logs and the node's journal, over the disk port. */
export { decodeEntry, EntryKind, type PlacedEntry } from './journal-entry.ts';
export { JOURNAL_ENTRIES_AT, JOURNAL_PATHS } from './journal-file.ts';
export { DEFAULT_LOG_CONFIG, type LogConfig } from './log-config.ts';
export { LogStore, type LogStoreOptions } from './log-store.ts';
export { type LogRead, PartitionLog } from './log.ts';
export type { CorruptPlace, RecoveryReport } from './recovery-report.ts';
export type { ReadLimits } from './tail-cache.ts';
export type { BatchFound } from './timestamp-lookup.ts';
export type { AbortedTransaction } from './txn-index.ts';
