/** Changes of who belongs, simple and joint, and their bytes. */
import { encodeText } from '@hapax/base';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeMembership, changeSimply, decodeMembership, decodeMembershipChange, encodeMembership, encodeMembershipChange,
  enterJoint, isJoint, jointVoters, jointIndex, leaveJoint, majorityIndex, membershipOfVoters, membersOf,
} from '../src/index.ts';
import type { MemberChange, Membership } from '../src/index.ts';

const members = (...ids: number[]): Membership =>
  membershipOfVoters(ids.map((id) => ({ id, address: `node-${id}:1` })));

const someChange: fc.Arbitrary<MemberChange> = fc.oneof(
  fc.record({ type: fc.constant('add-voter' as const), id: fc.nat(6), address: fc.string() }),
  fc.record({ type: fc.constant('add-learner' as const), id: fc.nat(6), address: fc.string() }),
  fc.record({ type: fc.constant('remove' as const), id: fc.nat(6) }),
);

describe('membership', () => {
  test('addresses follow their members, and go with them', () => {
    const added = changeSimply(members(1, 2), [{ type: 'add-learner', id: 3, address: 'new:9' }]);
    const addresses = [{ id: 1 }, { id: 2 }, { id: 3, address: 'new:9' }];
    expect(added).toMatchObject({ ok: true, membership: { addresses } });
    const removed = changeSimply(members(1, 2), [{ type: 'remove', id: 2 }]);
    expect(removed).toMatchObject({ ok: true, membership: { addresses: [{ id: 1, address: 'node-1:1' }] } });
    const moved = changeSimply(members(1, 2), [{ type: 'update', id: 2, address: 'moved:1' }]);
    expect(moved).toMatchObject({ ok: true, membership: { addresses: [{ id: 1 }, { id: 2, address: 'moved:1' }] } });
  });

  test('a change of one member is simple, of several is joint and left automatically', () => {
    const added: MemberChange = { type: 'add-voter', id: 2, address: '' };
    const one = changeMembership(members(1), { transition: 'auto', changes: [added] });
    expect(one.ok && isJoint(one.membership)).toBe(false);
    const changes: MemberChange[] = [added, { type: 'remove', id: 1 }];
    const several = changeMembership(members(1), { transition: 'auto', changes });
    expect(several).toMatchObject({ ok: true, membership: { voters: [2], votersOutgoing: [1], autoLeave: true } });
  });

  test('majorities of consecutive configurations share a member, whatever the changes (R11)', () => {
    const property = (changes: MemberChange[]): void => {
      const before = members(0, 1, 2);
      const joint = enterJoint(before, changes, { autoLeave: true });
      if (!joint.ok) return;
      const after = leaveJoint(joint.membership);
      expect(after.ok).toBe(true);
      // Whatever commits under the joint configuration is on majorities of the old and of the new one.
      for (let mask = 0; mask < 1 << 7; mask++) {
        const has = (id: number): number => (mask >> id) & 1;
        if (jointIndex(jointVoters(joint.membership), has) < 1) continue;
        expect(majorityIndex(before.voters, has)).toBeGreaterThanOrEqual(1);
        if (after.ok) expect(majorityIndex(after.membership.voters, has)).toBeGreaterThanOrEqual(1);
      }
    };
    fc.assert(fc.property(fc.array(someChange, { maxLength: 5 }), property), { numRuns: 100 });
  });

  test('nobody is voter and learner at once, and everybody has an address', () => {
    const property = (changes: MemberChange[]): void => {
      const joint = enterJoint(members(0, 1, 2), changes, { autoLeave: false });
      if (!joint.ok) return;
      const { voters, votersOutgoing, learners, learnersNext, addresses } = joint.membership;
      for (const id of learners) expect([...voters, ...votersOutgoing]).not.toContain(id);
      for (const id of learnersNext) expect(votersOutgoing).toContain(id);
      expect(addresses.map((member) => member.id)).toEqual(membersOf(joint.membership));
    };
    fc.assert(fc.property(fc.array(someChange, { maxLength: 5 }), property), { numRuns: 100 });
  });

  test('memberships and changes come back from their bytes', () => {
    const property = (changes: MemberChange[]): void => {
      const change = { changes, transition: 'joint' as const };
      expect(decodeMembershipChange(encodeMembershipChange(change))).toEqual(change);
      const joint = enterJoint(members(0, 1, 2), changes, { autoLeave: true });
      if (joint.ok) expect(decodeMembership(encodeMembership(joint.membership))).toEqual(joint.membership);
    };
    fc.assert(fc.property(fc.array(someChange, { maxLength: 5 }), property), { numRuns: 100 });
  });

  test.each(['', 'null', '{}', '{"changes":[{"type":"add"}],"transition":"auto"}', '{"changes":[],"transition":"x"}'])(
    'bytes that are no change are refused as corrupt: %s',
    (text) => {
      expect(() => decodeMembershipChange(encodeText(text))).toThrow(expect.objectContaining({ code: 'data-corrupt' }));
    },
  );
});
