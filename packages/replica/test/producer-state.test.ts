/** Producer state beyond the golden trace: several batches at once, limits, clocks, snapshots. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProducerStates } from '../src/index.ts';
import { makeBatch } from './batches.ts';

interface More {
  readonly records?: number;
  readonly epoch?: number;
  readonly at?: number;
}

const batch = (producerId: number, baseSequence: number, more: More = {}) =>
  makeBatch({
    producerId, baseSequence, records: more.records ?? 1, producerEpoch: more.epoch ?? 0, baseOffset: more.at ?? 0,
  });

describe('producer states', () => {
  test('judge the batches of one append as if those before were in [I13]', () => {
    const states = new ProducerStates();
    expect(states.checkAll([batch(1, 0), batch(1, 1), batch(2, 9)], 'client').kind).toBe('append');
    expect(states.checkAll([batch(1, 0), batch(1, 2)], 'client')).toMatchObject({ kind: 'refuse', error: 45 });
    expect(states.size).toBe(0);
  });

  test('take whatever a leader took, and markers and coordinators without sequences [I14]', () => {
    const states = new ProducerStates();
    states.update(batch(1, 5, { epoch: 3 }), 0);
    expect(states.check(batch(1, 99), 'replication').kind).toBe('append');
    expect(states.check(makeBatch({ producerId: 1, producerEpoch: 3 }), 'client').kind).toBe('append');
    const oldMarker = makeBatch({ producerId: 1, producerEpoch: 2, marker: 'abort' });
    expect(states.checkMarkers([oldMarker], 0)).toMatchObject({ error: 47 });
    states.update(makeBatch({ producerId: 1, producerEpoch: 4, marker: 'abort' }), 0);
    expect(states.check(batch(1, 1, { epoch: 4 }), 'client')).toMatchObject({ error: 45 });
    expect(states.check(batch(1, 0, { epoch: 4 }), 'client').kind).toBe('append');
  });

  test('expire by silence, not by a clock that jumps [I17, bug 125]', () => {
    const states = new ProducerStates();
    states.update(batch(1, 0), 1_000);
    expect(states.expire(1_000 + 365 * 86_400_000, 86_400_000)).toBe(0);
    expect(states.expire(0, 86_400_000)).toBe(0);
    let expired = 0;
    for (let hour = 1; hour <= 24; hour++) expired += states.expire(hour * 3_600_000, 86_400_000);
    expect(expired).toBe(1);
    expect(states.check(batch(1, 77), 'client').kind).toBe('append');
  });

  test('make room by forgetting who was silent longest, and count it; refuse where nobody was', () => {
    const states = new ProducerStates({ max: 2 });
    states.update(batch(1, 0), 0);
    states.update(batch(2, 0), 1_000);
    states.update(batch(1, 1), 2_000);
    expect(states.check(batch(3, 0), 'client')).toMatchObject({ kind: 'refuse', error: 89 });
    states.expire(700_000, 86_400_000);
    expect(states.check(batch(3, 0), 'client').kind).toBe('append');
    states.update(batch(3, 0), 700_000);
    expect(states.evictedCount).toBe(1);
    expect(states.activeProducers().map(({ producerId }) => producerId)).toEqual([1, 3]);
  });

  test('are the same after a snapshot, with all five batches [P6]', () => {
    const action = fc.record({ producerId: fc.nat(3), records: fc.integer({ min: 1, max: 3 }), bump: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const states = new ProducerStates();
        let at = 0;
        for (const { producerId, records, bump } of actions) {
          const known = states.find(producerId);
          const epoch = (known?.producerEpoch ?? 0) + (bump === 0 ? 1 : 0);
          const last = epoch === known?.producerEpoch ? known.lastSequence : -1;
          states.update(batch(producerId, last + 1, { records, epoch, at }), at);
          at += records;
        }
        const decoded = ProducerStates.decode(states.encode());
        expect(decoded.encode()).toEqual(states.encode());
        expect(decoded.activeProducers()).toEqual(states.activeProducers());
        for (const { producerId } of states.activeProducers()) {
          expect(decoded.find(producerId)).toEqual(states.find(producerId));
        }
        expect(states.clone().encode()).toEqual(states.encode());
      }),
      { numRuns: 100 },
    );
  });

  test('refuse a snapshot with any byte changed or cut off', () => {
    const states = new ProducerStates();
    for (let sequence = 0; sequence < 7; sequence++) states.update(batch(1, sequence, { at: sequence }), 0);
    const bytes = states.encode();
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 0x10 : byte));
      expect(() => ProducerStates.decode(damaged), `byte ${at}`).toThrow('producer snapshot');
      expect(() => ProducerStates.decode(bytes.subarray(0, at)), `${at} bytes`).toThrow('producer snapshot');
    }
  });
});
