export * from './coordinator.ts';
export * from './coordinator-error.ts';
