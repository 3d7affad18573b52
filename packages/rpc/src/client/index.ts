export * from './inspection-client.ts';
