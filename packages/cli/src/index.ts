export * from './exit-code.ts';
export * from './program.ts';
export * from './terminal.ts';
