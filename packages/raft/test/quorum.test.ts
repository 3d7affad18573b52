/** Majorities, joint ones, and reads that a majority confirms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jointIndex, jointVote, majorityIndex, majorityVote } from '../src/quorum.ts';
import { ReadIndex } from '../src/read-index.ts';

const ids = fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 7 });

describe('quorums', () => {
  test('the index of a majority is the highest that more than half have', () => {
    const property = (voters: number[], indexes: number[]): void => {
      const of = (id: number): number => indexes[id] ?? 0;
      const index = majorityIndex(voters, of);
      const having = (least: number): number => voters.filter((id) => of(id) >= least).length;
      expect(having(index) * 2).toBeGreaterThan(voters.length);
      expect(having(index + 1) * 2).toBeLessThanOrEqual(voters.length);
    };
    fc.assert(fc.property(ids, fc.array(fc.nat(5), { minLength: 10, maxLength: 10 }), property), { numRuns: 200 });
  });

  test('an election is lost only when it cannot be won any more', () => {
    const votes = fc.array(fc.constantFrom(true, false, undefined), { minLength: 10, maxLength: 10 });
    const property = (voters: number[], cast: (boolean | undefined)[]): void => {
      const result = majorityVote(voters, (id) => cast[id]);
      const best = majorityVote(voters, (id) => cast[id] ?? true);
      const worst = majorityVote(voters, (id) => cast[id] ?? false);
      expect(result).toBe(best === 'lost' ? 'lost' : worst === 'won' ? 'won' : 'pending');
    };
    fc.assert(fc.property(ids, votes, property), { numRuns: 200 });
  });

  test('an empty half of a joint configuration decides nothing', () => {
    const voters = { incoming: [1, 2, 3], outgoing: [] };
    expect(jointIndex(voters, (id: number) => id)).toBe(2);
    expect(jointVote(voters, (id) => id < 3)).toBe('won');
  });
});

describe('reads', () => {
  const voters = { incoming: [1, 2, 3], outgoing: [] };

  test('an answer to an older round confirms no later read [bug 35]', () => {
    const reads = new ReadIndex(1, 10);
    reads.request(7);
    expect(reads.maybeStartRound(4)).toBe(true);
    reads.request(8);
    expect(reads.maybeStartRound(5)).toBe(true);
    reads.acknowledge(2, 1);
    expect(reads.takeConfirmed(voters)).toEqual([{ id: 7, index: 4 }]);
    reads.acknowledge(2, 9);
    expect(reads.hasConfirmed(voters)).toBe(false);
    reads.acknowledge(3, 2);
    expect(reads.takeConfirmed(voters)).toEqual([{ id: 8, index: 5 }]);
  });

  test('full is an answer, and room comes with what is confirmed or dropped', () => {
    const reads = new ReadIndex(1, 2);
    expect([reads.request(1), reads.request(2), reads.request(3)]).toEqual([true, true, false]);
    reads.maybeStartRound(1);
    reads.acknowledge(2, 1);
    reads.takeConfirmed(voters);
    expect([reads.request(4), reads.request(5)]).toEqual([true, true]);
    expect(reads.takeAll()).toEqual([4, 5]);
    expect(reads.request(6)).toBe(true);
  });

  test('in a joint configuration both halves confirm', () => {
    const reads = new ReadIndex(1, 10);
    reads.request(7);
    reads.maybeStartRound(4);
    reads.acknowledge(2, 1);
    expect(reads.hasConfirmed({ incoming: [1, 2, 3], outgoing: [4, 5] })).toBe(false);
    reads.acknowledge(4, 1);
    reads.acknowledge(5, 1);
    expect(reads.hasConfirmed({ incoming: [1, 2, 3], outgoing: [4, 5] })).toBe(true);
  });
});
