/** Joining and rejoining a group: G2 to G6. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { bytesOf, CoordinatorRig, protocol, textOf } from './coordinator-rig.ts';

describe('joining a group', () => {
  test('is refused with the error of the rule that it breaks [G2]', () => {
    const rig = new CoordinatorRig();
    const errorOf = (options: Parameters<CoordinatorRig['join']>[0]) => rig.answer(rig.join(options)).errorCode;
    expect(errorOf({ groupId: '' })).toBe(ErrorCode.INVALID_GROUP_ID);
    expect(errorOf({ sessionTimeoutMs: 5999 })).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
    expect(errorOf({ sessionTimeoutMs: 1_800_001 })).toBe(ErrorCode.INVALID_SESSION_TIMEOUT);
    expect(errorOf({ memberId: 'somebody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(errorOf({ protocols: [] })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(errorOf({ protocolType: '' })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(errorOf({ protocols: [{ name: 'range', metadata: new Uint8Array(1001) }] })).toBe(ErrorCode.INVALID_REQUEST);
    expect(rig.coordinator.groups.groupIds()).toEqual([]);
    rig.joinNew();
    expect(errorOf({ protocolType: 'connect' })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(errorOf({ protocols: [protocol('sticky')] })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(errorOf({ memberId: 'somebody' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('with version 4 or later needs an id, which is handed out first and begins with the client id [G3, E8]', () => {
    const rig = new CoordinatorRig();
    const first = rig.answer(rig.join({ version: 4, clientId: 'reader' }));
    expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(first.memberId).toMatch(/^reader-.{22}$/);
    const second = rig.answer(rig.join({ version: 4, memberId: first.memberId ?? '' }));
    expect(second).toMatchObject({ errorCode: 0, generationId: 1, leader: first.memberId, memberId: first.memberId });
  });

  test('with version 3 lets the member in at once [E8]', () => {
    const rig = new CoordinatorRig();
    expect(rig.answer(rig.join({ version: 3 }))).toMatchObject({ errorCode: 0, generationId: 1 });
  });

  test('under an id that was not used for a session timeout fails, and the group is forgotten [G3]', () => {
    const rig = new CoordinatorRig();
    const { memberId = '' } = rig.answer(rig.join());
    expect(rig.coordinator.groups.groupIds()).toEqual(['g']);
    rig.advance(10_000);
    expect(rig.coordinator.groups.groupIds()).toEqual([]);
    expect(rig.answer(rig.join({ memberId })).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('an empty group waits for more members, and longer while they keep coming [G4]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 3000 });
    const a = rig.joinNew({ rebalanceTimeoutMs: 8000 });
    rig.advance(2000);
    const b = rig.joinNew({ rebalanceTimeoutMs: 8000 });
    rig.advance(1000);
    expect(rig.isWaiting(a.token)).toBe(true);
    rig.advance(2999);
    expect(rig.isWaiting(a.token)).toBe(true);
    rig.advance(1);
    expect(rig.answer(a.token).members).toHaveLength(2);
    expect(rig.answer(b.token)).toMatchObject({ generationId: 1, leader: a.memberId, members: [] });
  });

  test('an empty group waits no longer than the rebalance timeout, however many come [G4]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 3000 });
    const a = rig.joinNew({ rebalanceTimeoutMs: 7000 });
    for (let second = 1; second < 7; second++) {
      rig.advance(1000);
      rig.joinNew({ rebalanceTimeoutMs: 7000 });
      expect(rig.isWaiting(a.token)).toBe(true);
    }
    rig.advance(1000);
    expect(rig.answer(a.token).generationId).toBe(1);
  });

  test('a later rebalance ends when all known members are back [G4]', () => {
    const rig = new CoordinatorRig();
    const a = rig.joinNew();
    expect(rig.answer(a.token).generationId).toBe(1);
    const b = rig.joinNew();
    expect(rig.isWaiting(b.token)).toBe(true);
    expect(rig.heartbeat(a.memberId, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const again = rig.join({ memberId: a.memberId });
    expect(rig.answer(again)).toMatchObject({ generationId: 2, leader: a.memberId });
    expect(rig.answer(b.token)).toMatchObject({ generationId: 2, leader: a.memberId, members: [] });
  });

  test('a later rebalance drops those who are not back in time [G4]', () => {
    const rig = new CoordinatorRig();
    const a = rig.joinNew({ rebalanceTimeoutMs: 8000 });
    const b = rig.joinNew({ rebalanceTimeoutMs: 8000 });
    rig.advance(4000);
    rig.heartbeat(a.memberId, 1);
    rig.advance(4000);
    expect(rig.answer(b.token)).toMatchObject({ generationId: 2, leader: b.memberId });
    expect(rig.answer(b.token).members?.map((member) => member.memberId)).toEqual([b.memberId]);
    expect(rig.heartbeat(a.memberId, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('the protocol is voted for among those that all members know [G5]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const a = rig.joinNew({ protocols: [protocol('range', 'ra'), protocol('sticky', 'sa')] });
    const b = rig.joinNew({
      protocols: [protocol('roundrobin', 'r'), protocol('sticky', 'sb'), protocol('range', 'rb')],
    });
    const c = rig.joinNew({ protocols: [protocol('sticky', 'sc'), protocol('range', 'rc')] });
    rig.advance(100);
    rig.advance(100);
    const answer = rig.answer(a.token);
    expect(answer.protocolName).toBe('sticky');
    expect(answer.members?.map(({ memberId, metadata }) => [memberId, textOf(metadata)])).toEqual([
      [a.memberId, 'sa'], [b.memberId, 'sb'], [c.memberId, 'sc'],
    ]);
    expect(rig.answer(b.token).members).toEqual([]);
  });

  test('a group that is full takes nobody in, and lets members rejoin [G2]', () => {
    const rig = new CoordinatorRig({ maxSize: 1 });
    const a = rig.joinNew();
    rig.sync(a.memberId, 1);
    expect(rig.answer(rig.join()).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect(rig.answer(rig.join({ memberId: a.memberId })).generationId).toBe(2);
  });

  test('a group that is full drops a member that comes back too late, so that nobody waits for it [G2]', () => {
    const rig = new CoordinatorRig({ maxSize: 2, initialRebalanceDelayMs: 100 });
    const [a, b] = [rig.joinNew(), rig.joinNew()];
    rig.advance(100);
    rig.advance(100);
    const leaver = rig.leave([{ memberId: a.memberId }]);
    expect(rig.answer(leaver).errorCode).toBe(ErrorCode.NONE);
    const [c, d] = [rig.joinNew(), rig.joinNew()];
    expect(rig.isWaiting(c.token)).toBe(true);
    expect(rig.answer(rig.join({ memberId: b.memberId })).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect(rig.answer(c.token)).toMatchObject({ generationId: 2, leader: c.memberId });
    expect(rig.answer(d.token).generationId).toBe(2);
  });

  test('groups that only have offsets count as groups, once each, until they are deleted', () => {
    const rig = new CoordinatorRig({ groupsMax: 2 });
    for (let times = 0; times < 3; times++) rig.commit({ groupId: 'simple', partition: times });
    rig.commit({ groupId: 'other' });
    rig.load();
    expect(rig.answer(rig.join()).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    rig.run((coordinator, token) => coordinator.deleteGroup(token, 'simple', rig.context(2), rig.nowMs));
    expect(rig.answer(rig.join()).errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
  });

  test('there is a limit to groups, and to ids that were handed out', () => {
    const rig = new CoordinatorRig({ groupsMax: 1, pendingMembersMax: 1 });
    rig.join();
    expect(rig.answer(rig.join()).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
    expect(rig.answer(rig.join({ groupId: 'h' })).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(rig.answer(rig.commit({ groupId: 'h' })).topics?.[0]?.partitions?.[0]?.errorCode)
      .toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });

  test('a first join that waits too long is given up [G4]', () => {
    const rig = new CoordinatorRig({ newMemberJoinTimeoutMs: 20_000 });
    const a = rig.joinNew({ rebalanceTimeoutMs: 60_000 });
    rig.sync(a.memberId, 1);
    const b = rig.joinNew({ rebalanceTimeoutMs: 60_000 });
    for (let passed = 0; passed < 20_000; passed += 5000) {
      rig.heartbeat(a.memberId, 1);
      rig.advance(5000);
    }
    expect(rig.answer(b.token)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: '' });
  });

  test('a join that is sent again takes the place of the one that waits', () => {
    const rig = new CoordinatorRig();
    const a = rig.joinNew();
    const b = rig.joinNew();
    const again = rig.join({ memberId: b.memberId });
    expect(rig.answer(b.token).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    rig.join({ memberId: a.memberId });
    expect(rig.answer(again).generationId).toBe(2);
  });
});

describe('rejoining', () => {
  function stablePair() {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const protocols = [protocol('range'), protocol('sticky')];
    const a = rig.joinNew({ protocols });
    const b = rig.joinNew({ protocols });
    rig.advance(100);
    rig.advance(100);
    rig.sync(b.memberId, 1);
    rig.sync(a.memberId, 1, { assignments: [{ memberId: b.memberId, assignment: bytesOf('pb') }] });
    return { rig, a, b, protocols };
  }

  test('as an unchanged follower of a Stable group tells the current generation [G6]', () => {
    const { rig, b, protocols } = stablePair();
    expect(rig.answer(rig.join({ memberId: b.memberId, protocols }))).toMatchObject({ generationId: 1, members: [] });
    expect(rig.describe().groupState).toBe('Stable');
  });

  test('as the leader of a Stable group begins a rebalance [G6]', () => {
    const { rig, a, b, protocols } = stablePair();
    const token = rig.join({ memberId: a.memberId, protocols });
    expect(rig.isWaiting(token)).toBe(true);
    rig.join({ memberId: b.memberId });
    expect(rig.answer(token).generationId).toBe(2);
  });

  test.each([
    ['other metadata', [protocol('range', 'more')]],
    ['another protocol', [protocol('range'), protocol('sticky'), protocol('roundrobin')]],
    ['a protocol less', [protocol('range')]],
  ])('with %s begins a rebalance [G6]', (_what, protocols) => {
    const { rig, b } = stablePair();
    const token = rig.join({ memberId: b.memberId, protocols });
    expect(rig.isWaiting(token)).toBe(true);
    expect(rig.describe().groupState).toBe('PreparingRebalance');
  });

  test('unchanged before the assignment is there tells the generation again, to the leader its members [G6]', () => {
    const rig = new CoordinatorRig();
    const a = rig.joinNew();
    expect(rig.answer(rig.join({ memberId: a.memberId }))).toMatchObject({ generationId: 1, leader: a.memberId });
    expect(rig.answer(rig.join({ memberId: a.memberId })).members).toHaveLength(1);
  });

  test('changed before the assignment is there begins another generation, and waiting syncs must rejoin [G6]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const a = rig.joinNew();
    const b = rig.joinNew();
    rig.advance(100);
    rig.advance(100);
    const sync = rig.sync(b.memberId, 1);
    rig.join({ memberId: a.memberId, protocols: [protocol('range', 'more')] });
    expect(rig.answer(sync).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });
});
