export * from './api.ts';
export * from './apis/index.ts';
export * from './field.ts';
export * from './frame-splitter.ts';
export * from './frame.ts';
export * from './header.ts';
export { joinChunks, type Message } from './message.ts';
