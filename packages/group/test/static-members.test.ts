/** Static members [KIP-345]: G7. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { bytesOf, CoordinatorRig, protocol, textOf } from './coordinator-rig.ts';

/** A Stable group of two static members: x leads, y follows. */
function staticPair() {
  const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
  const joins = ['x', 'y'].map((groupInstanceId) => rig.join({ groupInstanceId }));
  rig.advance(100);
  rig.advance(100);
  const [x = '', y = ''] = joins.map((token) => rig.answer(token).memberId);
  const assignments = [{ memberId: x, assignment: bytesOf('px') }, { memberId: y, assignment: bytesOf('py') }];
  rig.sync(x, 1, { groupInstanceId: 'x', assignments });
  rig.sync(y, 1, { groupInstanceId: 'y' });
  return { rig, x, y };
}

describe('a static member', () => {
  test('is let in at once, under an id that begins with its name [G3]', () => {
    const { x } = staticPair();
    expect(x).toMatch(/^x-.{22}$/);
  });

  test('that restarts gets its place and its assignment without a rebalance, and fences the old one [G7]', () => {
    const { rig, y } = staticPair();
    const answer = rig.answer(rig.join({ groupInstanceId: 'y' }));
    const fresh = answer.memberId ?? '';
    expect(answer).toMatchObject({ errorCode: 0, generationId: 1, members: [], skipAssignment: false });
    expect(fresh).not.toBe(y);
    expect(textOf(rig.answer(rig.sync(fresh, 1, { groupInstanceId: 'y' })).assignment)).toBe('py');
    expect(rig.heartbeat(y, 1, 'y')).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(rig.heartbeat(y, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.answer(rig.sync(y, 1, { groupInstanceId: 'y' })).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(rig.answer(rig.join({ memberId: y, groupInstanceId: 'y' })).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    const commit = rig.commit({ memberId: y, groupInstanceId: 'y', generationIdOrMemberEpoch: 1 });
    expect(rig.answer(commit).topics?.[0]?.partitions?.[0]?.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test('that restarts finds its place in a group that is full [G7]', () => {
    const rig = new CoordinatorRig({ maxSize: 1 });
    const { memberId = '' } = rig.answer(rig.join({ groupInstanceId: 'x' }));
    rig.sync(memberId, 1, { groupInstanceId: 'x' });
    expect(rig.answer(rig.join({ groupInstanceId: 'x' }))).toMatchObject({ errorCode: 0, generationId: 1 });
    expect(rig.answer(rig.join({ groupInstanceId: 'y' })).errorCode).toBe(ErrorCode.GROUP_MAX_SIZE_REACHED);
  });

  test('that led and restarts is told to skip the assignment from version 9 on [G5]', () => {
    const { rig } = staticPair();
    const answer = rig.answer(rig.join({ groupInstanceId: 'x' }));
    expect(answer).toMatchObject({ generationId: 1, leader: answer.memberId, skipAssignment: true });
    expect(answer.members).toHaveLength(2);
  });

  test('that led and restarts follows with older versions: it is told the old leader [G5]', () => {
    const { rig, x } = staticPair();
    const answer = rig.answer(rig.join({ groupInstanceId: 'x', version: 8 }));
    expect(answer).toMatchObject({ generationId: 1, leader: x, members: [], skipAssignment: false });
  });

  test('is replaced for good before it is answered: a new coordinator knows the new one [G7]', () => {
    const { rig, y } = staticPair();
    rig.commits = false;
    const token = rig.join({ groupInstanceId: 'y' });
    expect(rig.isWaiting(token)).toBe(true);
    rig.commitAll();
    const fresh = rig.answer(token).memberId ?? '';
    rig.commits = true;
    rig.load();
    expect(rig.heartbeat(fresh, 1, 'y')).toBe(ErrorCode.NONE);
    expect(rig.heartbeat(y, 1, 'y')).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test('keeps its old id where the replacement is refused by the log [G7, G11]', () => {
    const { rig, y } = staticPair();
    rig.log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    expect(rig.answer(rig.join({ groupInstanceId: 'y' })))
      .toMatchObject({ errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, memberId: '' });
    expect(rig.heartbeat(y, 1, 'y')).toBe(ErrorCode.NONE);
  });

  test('that restarts before it has its assignment must still come for it in time [G8]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const joins = ['x', 'y'].map((groupInstanceId) => rig.join({ groupInstanceId, rebalanceTimeoutMs: 5000 }));
    rig.advance(100);
    rig.advance(100);
    rig.sync(rig.answer(joins[0] ?? '').memberId ?? '', 1, { groupInstanceId: 'x' });
    const fresh = rig.answer(rig.join({ groupInstanceId: 'y' })).memberId ?? '';
    rig.advance(5000);
    expect(rig.heartbeat(fresh, 1, 'y')).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('that restarts with other protocols begins a rebalance where the vote changes [G7]', () => {
    const rig = new CoordinatorRig();
    const x = rig.answer(rig.join({ groupInstanceId: 'x', protocols: [protocol('range'), protocol('sticky')] }));
    rig.sync(x.memberId ?? '', 1, { groupInstanceId: 'x' });
    const token = rig.join({ groupInstanceId: 'x', protocols: [protocol('sticky'), protocol('range')] });
    expect(rig.answer(token)).toMatchObject({ generationId: 2, protocolName: 'sticky' });
  });

  test('that restarts before the assignment is there begins a rebalance [G7]', () => {
    const rig = new CoordinatorRig();
    rig.join({ groupInstanceId: 'x' });
    expect(rig.answer(rig.join({ groupInstanceId: 'x' })).generationId).toBe(2);
  });

  test('that restarts while its old join waits fences that one [G7]', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const old = rig.join({ groupInstanceId: 'x' });
    const fresh = rig.join({ groupInstanceId: 'x' });
    expect(rig.answer(old).errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
    rig.advance(100);
    expect(rig.answer(fresh).generationId).toBe(1);
  });

  test('that does not rejoin keeps its place until its session ends [G4]', () => {
    const { rig, x, y } = staticPair();
    const token = rig.join({ memberId: x, groupInstanceId: 'x', rebalanceTimeoutMs: 6000 });
    expect(rig.isWaiting(token)).toBe(true);
    for (let passed = 0; passed < 60_000; passed += 5000) {
      rig.heartbeat(y, 1, 'y');
      rig.advance(5000);
    }
    expect(rig.answer(token).members?.map((member) => member.groupInstanceId)).toEqual(['x', 'y']);
  });

  test('can be sent away by its name alone [G10]', () => {
    const { rig, x } = staticPair();
    const answer = rig.answer(rig.leave([
      { memberId: '', groupInstanceId: 'y' }, { memberId: '', groupInstanceId: 'z' }, { memberId: '' },
      { memberId: 'other', groupInstanceId: 'x' }, { memberId: 'other' },
    ]));
    expect(answer.members?.map((member) => member.errorCode)).toEqual([
      ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.UNKNOWN_MEMBER_ID,
      ErrorCode.FENCED_INSTANCE_ID, ErrorCode.UNKNOWN_MEMBER_ID,
    ]);
    expect(rig.heartbeat(x, 1, 'x')).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });
});
