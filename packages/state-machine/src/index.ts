export * from './coordinator.ts';
