/** Seeds under two versions of Node are compared by the hashes of their traces. */
import { expect, test } from 'vitest';
import { differingSeeds } from '../src/commands/versions.ts';

test('seeds differ where their traces do, or where only one Node has run them', () => {
  const own = { node: 'v24.0.0', traceHashes: { 1: 'a', 2: 'b', 10: 'c' } };
  expect(differingSeeds(own, { ...own, node: 'v26.0.0' })).toEqual([]);
  expect(differingSeeds(own, { node: 'v26.0.0', traceHashes: { 1: 'a', 2: 'x', 11: 'd' } })).toEqual([2, 10, 11]);
});
