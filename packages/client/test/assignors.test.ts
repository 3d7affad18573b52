/** Assignors: even, sticky, and the same on every member. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cooperativeStickyAssignor,
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  rangeAssignor,
  roundRobinAssignor,
  type Assignor,
  type Subscriber,
  type TopicPartition,
} from '../src/machines/index.ts';
import { names } from './fakes/consuming.ts';

function member(memberId: string, topics: string[], owned: TopicPartition[] = [], generation = 1): Subscriber {
  return { memberId, groupInstanceId: null, topics, owned, generation };
}

function divide(assignor: Assignor, members: Subscriber[], topics: Record<string, number>): Record<string, string> {
  const assignment = assignor.assign(members, new Map(Object.entries(topics)));
  return Object.fromEntries([...assignment].map(([memberId, items]) => [memberId, names(items)]));
}

describe('range', () => {
  test('gives every topic out in ranges, the first members getting one more', () => {
    expect(divide(rangeAssignor, [member('a', ['t', 'u']), member('b', ['t', 'u'])], { t: 3, u: 3 })).toEqual({
      a: 't-0 t-1 u-0 u-1',
      b: 't-2 u-2',
    });
  });
});

describe('roundrobin', () => {
  test('deals all partitions out in turn', () => {
    expect(divide(roundRobinAssignor, [member('a', ['t', 'u']), member('b', ['t', 'u'])], { t: 3, u: 3 })).toEqual({
      a: 't-0 t-2 u-1',
      b: 't-1 u-0 u-2',
    });
  });

  test('passes over members that do not want a topic', () => {
    expect(divide(roundRobinAssignor, [member('a', ['t']), member('b', ['t', 'u'])], { t: 2, u: 2 })).toEqual({
      a: 't-0',
      b: 't-1 u-0 u-1',
    });
  });
});

describe('cooperative-sticky', () => {
  const owned = [0, 1, 2, 3].map((partition) => ({ topic: 't', partition }));

  test('withholds what another member still has', () => {
    expect(divide(cooperativeStickyAssignor, [member('a', ['t'], owned), member('b', ['t'])], { t: 4 })).toEqual({
      a: 't-0 t-1',
      b: 'none',
    });
    const released = owned.slice(0, 2);
    expect(
      divide(cooperativeStickyAssignor, [member('a', ['t'], released, 2), member('b', ['t'], [], 2)], { t: 4 }),
    ).toEqual({ a: 't-0 t-1', b: 't-2 t-3' });
  });

  test('believes the newer generation where two claim a partition', () => {
    const members = [member('a', ['t'], owned, 3), member('b', ['t'], owned, 4)];
    expect(divide(cooperativeStickyAssignor, members, { t: 4 })).toEqual({ a: 'none', b: 't-0 t-1' });
  });

  test('any membership settles: every partition has one reader, loads are even, and nothing moves any more', () => {
    fc.assert(
      fc.property(
        fc.array(fc.subarray(['t', 'u', 'v'], { minLength: 1 }), { minLength: 1, maxLength: 6 }),
        fc.record({
          t: fc.integer({ min: 1, max: 9 }),
          u: fc.integer({ min: 1, max: 9 }),
          v: fc.integer({ min: 1, max: 9 }),
        }),
        fc.array(fc.nat(5), { minLength: 27, maxLength: 27 }),
        (subscriptions, topics, history) => {
          const partitions = new Map(Object.entries(topics));
          const all = [...partitions].flatMap(([topic, count]) =>
            Array.from({ length: count }, (_, partition) => ({ topic, partition })),
          );
          let members = subscriptions.map((wanted, index) =>
            member(
              `m${index}`,
              wanted,
              all.filter((_, at) => history[at] === index),
            ),
          );
          for (let generation = 2; generation < 5; generation++) {
            const assignment = cooperativeStickyAssignor.assign(members, partitions);
            members = members.map((one) =>
              member(one.memberId, [...one.topics], assignment.get(one.memberId), generation),
            );
          }
          const settled = cooperativeStickyAssignor.assign(members, partitions);
          for (const one of members) expect(names(settled.get(one.memberId) ?? [])).toBe(names(one.owned));
          const wanted = all.filter((item) => members.some((one) => one.topics.includes(item.topic)));
          expect(names(members.flatMap((one) => one.owned))).toBe(names(wanted));
          if (
            subscriptions.every(
              (wantedTopics) => wantedTopics.length === subscriptions[0]!.length && wantedTopics.length === 3,
            )
          ) {
            const loads = members.map((one) => one.owned.length);
            expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('what members write to each other', () => {
  test('is read back, with the generation', () => {
    const owned = [{ topic: 't', partition: 3 }];
    const bytes = encodeSubscription(cooperativeStickyAssignor, ['u', 't'], owned, 12);
    expect(decodeSubscription('m', null, bytes)).toEqual({
      memberId: 'm',
      groupInstanceId: null,
      topics: ['t', 'u'],
      owned,
      generation: 12,
    });
    expect(decodeAssignment(encodeAssignment(owned))).toEqual(owned);
    expect(decodeAssignment(new Uint8Array(0))).toEqual([]);
  });
});
