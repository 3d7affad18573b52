export * from './anomalies.ts';
export * from './check-history.ts';
export * from './exactly-once.ts';
export * from './history-recorder.ts';
export * from './operation.ts';
