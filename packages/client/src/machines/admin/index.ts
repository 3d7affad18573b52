export * from './admin-context.ts';
export * from './cluster-state.ts';
export * from './configs.ts';
export * from './groups.ts';
export * from './partitions.ts';
export * from './topics.ts';
export * from './transactions.ts';
