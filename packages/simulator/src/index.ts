export * from './cluster-options.ts';
export * from './invariants/violation.ts';
export * from './run-seed.ts';
export * from './simulation.ts';
export * from './swarm.ts';
