/** In-memory ports, contract suites of the ports, and the datadriven runner. */
export * from './memory-disk.ts';
export * from './datadriven.ts';
export { Host } from './host.ts';
export type { SentMessage } from './sim-link.ts';
export * from './sim-network.ts';
export { SimStore } from './sim-store.ts';
export { VirtualTime } from './virtual-time.ts';
