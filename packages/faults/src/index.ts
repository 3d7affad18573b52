export * from './checked-json.ts';
export * from './fault-kinds.ts';
export * from './fault-step.ts';
export * from './protocol-events.ts';
export * from './read-schedule.ts';
export * from './scenario.ts';
export * from './target.ts';
