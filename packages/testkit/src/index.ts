/** In-memory ports, contract suites of the ports, and the datadriven runner. */
export * from './memory-disk.ts';
export * from './datadriven.ts';
