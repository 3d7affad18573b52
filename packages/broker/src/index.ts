export * from './broker.ts';
export * from './metrics.ts';
export * from './options.ts';
export * from './ports.ts';
export type { Services } from './services.ts';
