/** Random operations on a cluster: the invariants of the metadata hold after each. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClusterImage, decodeBatch, decodeImage, encodeImage } from '../src/index.ts';
import { Model, type Step } from './model.ts';

const NUMBER = fc.nat({ max: 0xffff });
const STEPS: fc.Arbitrary<Step[]> = fc.array(fc.tuple(fc.nat({ max: 15 }), NUMBER, NUMBER), {
  maxLength: 60, size: 'max',
});

describe('random operations', () => {
  test('lose nothing that was acknowledged; epochs grow; whoever leads was eligible; every node sees the same', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        const model = new Model();
        for (const step of steps) model.run(step);
        const { cluster } = model;
        const bytes = encodeImage(cluster.image);
        const replayed = new ClusterImage({ trackChanges: false });
        cluster.batches.forEach((batch, at) => {
          replayed.replay(decodeBatch(batch), { offset: at + 1, timestampMs: 0 });
        });
        expect(encodeImage(replayed)).toEqual(bytes);
        expect(encodeImage(decodeImage(bytes, { trackChanges: false }))).toEqual(bytes);
        expect(encodeImage(cluster.committed)).toEqual(bytes);
      }),
      { numRuns: 250 },
    );
  }, 60_000);
});
