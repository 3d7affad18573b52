export * from './appended-batch.ts';
export * from './leader-epochs.ts';
export { RETAINED_BATCHES, type ProducerVerdict, type RetainedBatch } from './producer-entry.ts';
export * from './producer-state.ts';
