export * from './answers.ts';
export * from './config.ts';
export * from './coordinator.ts';
export * from './group-record.ts';
export { LiveGroups, type TokenAnswer, type TopicsView } from './live-groups.ts';
export * from './record-codec.ts';
export { ReplayedState } from './replayed-state.ts';
export * from './states.ts';
export { GroupOffsets, type StoredOffset } from './offsets.ts';
