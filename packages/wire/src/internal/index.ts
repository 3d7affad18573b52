export * from './consumer-protocol.ts';
export * from './end-txn-marker.ts';
export * from './group-metadata.ts';
export * from './offset-commit.ts';
export * from './transaction-log.ts';
