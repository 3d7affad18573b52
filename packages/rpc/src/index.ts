export * from './controller.ts';
export * from './frames.ts';
export * from './inspection.ts';
export * from './raft.ts';
export * from './replication.ts';
export * from './transaction-inspection.ts';
export * from './transactions.ts';
