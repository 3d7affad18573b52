export * from './clock.ts';
export * from './compression.ts';
export * from './connection.ts';
export * from './disk.ts';
export * from './key-value.ts';
export * from './logger.ts';
export * from './random.ts';
