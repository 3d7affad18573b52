/** Generations: SyncGroup, Heartbeat, LeaveGroup, and moves of the coordinator: G8 to G11, G13. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { bytesOf, CoordinatorRig, protocol, textOf } from './coordinator-rig.ts';

/** A leads, b follows; generation 1 has begun and waits for its assignment. */
function pair(config: ConstructorParameters<typeof CoordinatorRig>[0] = {}) {
  const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100, ...config });
  const a = rig.joinNew();
  const b = rig.joinNew();
  rig.advance(100);
  rig.advance(100);
  const assignments = [
    { memberId: a.memberId, assignment: bytesOf('pa') }, { memberId: b.memberId, assignment: bytesOf('pb') },
  ];
  return { rig, a: a.memberId, b: b.memberId, assignments };
}

function stablePair() {
  const { rig, a, b, assignments } = pair();
  rig.sync(a, 1, { assignments });
  rig.sync(b, 1);
  return { rig, a, b, assignments };
}

describe('SyncGroup', () => {
  test('waits until the assignment is committed, for leader and followers [G8, G13]', () => {
    const { rig, a, b, assignments } = pair();
    rig.commits = false;
    const follower = rig.sync(b, 1);
    const leader = rig.sync(a, 1, { assignments });
    expect(rig.isWaiting(follower) && rig.isWaiting(leader)).toBe(true);
    expect(rig.describe.bind(rig)).toThrow('no answer yet');
    rig.commitAll();
    expect(textOf(rig.answer(follower).assignment)).toBe('pb');
    expect(rig.answer(leader)).toMatchObject({ errorCode: 0, protocolType: 'consumer', protocolName: 'range' });
    expect(textOf(rig.answer(leader).assignment)).toBe('pa');
  });

  test('of a Stable group tells the current assignment [G8]', () => {
    const { rig, b } = stablePair();
    expect(textOf(rig.answer(rig.sync(b, 1)).assignment)).toBe('pb');
  });

  test('gives an empty assignment to those whom the leader left out [G8]', () => {
    const { rig, a, b } = pair();
    rig.sync(a, 1, { assignments: [] });
    expect(rig.answer(rig.sync(b, 1))).toMatchObject({ errorCode: 0, assignment: new Uint8Array(0) });
  });

  test('is refused with the error of the rule that it breaks [G8]', () => {
    const { rig, a } = pair();
    const errorOf = (...args: Parameters<CoordinatorRig['sync']>) => rig.answer(rig.sync(...args)).errorCode;
    expect(errorOf(a, 1, { groupId: 'other' })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(errorOf(a, 1, { groupId: '' })).toBe(ErrorCode.INVALID_GROUP_ID);
    expect(errorOf('somebody', 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(errorOf(a, 0)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(errorOf(a, 1, { protocolType: 'connect' })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(errorOf(a, 1, { protocolName: 'sticky' })).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    rig.joinNew();
    expect(errorOf(a, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('that does not come within the rebalance timeout costs the member its place [G8]', () => {
    const { rig, a, b, assignments } = pair();
    rig.sync(a, 1, { assignments });
    for (let passed = 0; passed < 60_000; passed += 5000) {
      for (const memberId of [a, b]) rig.heartbeat(memberId, 1);
      rig.advance(5000);
    }
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test.each([
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
    [ErrorCode.RECORD_LIST_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
  ])('tells everybody that the log refused the assignment (%i → %i), and members rejoin [G11]', (refusal, told) => {
    const { rig, a, b, assignments } = pair();
    const follower = rig.sync(b, 1);
    rig.log.refuseWith = refusal;
    const leader = rig.sync(a, 1, { assignments });
    expect([rig.answer(leader).errorCode, rig.answer(follower).errorCode]).toEqual([told, told]);
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    rig.log.refuseWith = undefined;
    rig.join({ memberId: a });
    const joined = rig.join({ memberId: b });
    expect(rig.answer(joined).generationId).toBe(2);
  });

  test('whose assignment is not committed in time fails, and the late commit changes nothing [G11]', () => {
    const { rig, a, assignments } = pair();
    rig.commits = false;
    const leader = rig.sync(a, 1, { assignments });
    rig.advance(5000);
    expect(rig.answer(leader).errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    rig.commitAll();
    rig.commits = true;
    expect(rig.describe().groupState).toBe('PreparingRebalance');
  });

  test('sent twice by the leader writes one record, and the first request is told to rejoin', () => {
    const { rig, a, assignments } = pair();
    rig.commits = false;
    const first = rig.sync(a, 1, { assignments });
    const written = rig.log.entries.length;
    const second = rig.sync(a, 1, { assignments });
    expect(rig.log.entries.length).toBe(written);
    expect(rig.answer(first).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    rig.commitAll();
    expect(textOf(rig.answer(second).assignment)).toBe('pa');
  });

  test('is told to rejoin when a member comes while the assignment is on its way [G8]', () => {
    const { rig, a, assignments } = pair();
    rig.commits = false;
    const leader = rig.sync(a, 1, { assignments });
    rig.joinNew();
    expect(rig.answer(leader).errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    rig.commits = true;
    rig.commitAll();
    expect(rig.describe().groupState).toBe('PreparingRebalance');
  });
});

describe('deadlines that end together', () => {
  test('a session that is over begins a rebalance, in which those who owe a sync may rejoin', () => {
    const rig = new CoordinatorRig({ initialRebalanceDelayMs: 100 });
    const [a, b] = [rig.joinNew({ rebalanceTimeoutMs: 10_000 }), rig.joinNew({ rebalanceTimeoutMs: 10_000 })];
    rig.advance(100);
    rig.advance(100);
    rig.advance(5000);
    rig.heartbeat(b.memberId, 1);
    rig.advance(5000);
    expect(rig.heartbeat(a.memberId, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.answer(rig.join({ memberId: b.memberId }))).toMatchObject({ generationId: 2, leader: b.memberId });
  });
});

describe('an assignment that is late', () => {
  test('does not count in the generation after its own [G8, G13]', () => {
    const { rig, a, b, assignments } = pair();
    rig.commits = false;
    rig.sync(a, 1, { assignments });
    rig.join({ memberId: a, protocols: [protocol('range', 'changed')] });
    expect(rig.isWaiting(rig.join({ memberId: b }))).toBe(false);
    const follower = rig.sync(b, 2);
    rig.commitAll();
    expect(rig.isWaiting(follower)).toBe(true);
    const leader = rig.sync(a, 2, { assignments: [{ memberId: b, assignment: bytesOf('new') }] });
    rig.commitAll();
    expect(rig.answer(leader).errorCode).toBe(ErrorCode.NONE);
    expect(textOf(rig.answer(follower).assignment)).toBe('new');
  });

  test('is not told by a new coordinator either before it is committed [G13]', () => {
    const { rig, a, b, assignments } = pair();
    rig.commits = false;
    rig.sync(a, 1, { assignments });
    rig.load();
    const follower = rig.sync(b, 1);
    expect(rig.isWaiting(follower)).toBe(true);
    rig.commitAll();
    expect(textOf(rig.answer(follower).assignment)).toBe('pb');
  });
});

describe('Heartbeat', () => {
  test('is fine in a Stable group and before the assignment is there [G9]', () => {
    const { rig, a, b, assignments } = pair();
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.NONE);
    rig.sync(a, 1, { assignments });
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.NONE);
  });

  test('tells what is wrong [G9]', () => {
    const { rig, a, b } = stablePair();
    expect(rig.heartbeat('somebody', 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.heartbeat(a, 2)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(rig.heartbeat(a, 1, 'x')).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    rig.joinNew();
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    rig.leave([{ memberId: a }, { memberId: b }]);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('keeps the member; without it the session ends, and the group rebalances [G9]', () => {
    const { rig, a, b } = stablePair();
    rig.advance(9999);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.NONE);
    rig.advance(1);
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('does not wait for the log', () => {
    const { rig, a } = stablePair();
    rig.commits = false;
    rig.commit({ memberId: a, generationIdOrMemberEpoch: 1 });
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.NONE);
  });

  test('is not asked of a member that waits to join or to sync', () => {
    const { rig, a, b } = pair();
    const follower = rig.sync(b, 1);
    rig.advance(5000);
    rig.heartbeat(a, 1);
    rig.advance(5000);
    expect(rig.isWaiting(follower)).toBe(true);
    rig.sync(a, 1);
    expect(rig.answer(follower).errorCode).toBe(ErrorCode.NONE);
    rig.advance(9999);
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.NONE);
  });
});

describe('LeaveGroup', () => {
  test('begins a rebalance of those who stay [G10]', () => {
    const { rig, a, b } = stablePair();
    const answer = rig.answer(rig.leave([{ memberId: a }]));
    expect(answer).toMatchObject({ errorCode: 0, members: [{ memberId: a, errorCode: 0 }] });
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(rig.answer(rig.join({ memberId: b }))).toMatchObject({ generationId: 2, leader: b });
  });

  test('up to version 2 has one answer for its one member [G10]', () => {
    const { rig, a } = stablePair();
    expect(rig.answer(rig.leave([{ memberId: a }], 2))).toEqual({ errorCode: ErrorCode.NONE });
    expect(rig.answer(rig.leave([{ memberId: a }], 2))).toEqual({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID });
  });

  test('of a group that is not there knows nobody [G10]', () => {
    const rig = new CoordinatorRig();
    expect(rig.answer(rig.leave([{ memberId: 'a' }])).members?.[0]?.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.answer(rig.leave([{ memberId: 'a' }], 0)).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('of the last member writes the empty group, and waits for that [G10]', () => {
    const { rig, a, b } = stablePair();
    rig.commits = false;
    const token = rig.leave([{ memberId: a }, { memberId: b }]);
    expect(rig.isWaiting(token)).toBe(true);
    rig.commitAll();
    expect(rig.answer(token).errorCode).toBe(ErrorCode.NONE);
    expect(rig.log.last()).toEqual({
      kind: 'group',
      groupId: 'g',
      value: {
        protocolType: 'consumer', generation: 2, protocol: null, leader: null,
        currentStateTimestampMs: rig.wallMs, members: [],
      },
    });
    rig.commits = true;
    expect(rig.describe()).toMatchObject({ groupState: 'Empty', protocolType: 'consumer' });
  });

  test('gives an id back that was handed out, so that nobody waits for it [G3]', () => {
    const { rig, a, b } = stablePair();
    const { memberId = '' } = rig.answer(rig.join());
    rig.join({ memberId: a });
    const joined = rig.join({ memberId: b, rebalanceTimeoutMs: 60_000, protocols: [protocol('range', 'x')] });
    expect(rig.isWaiting(joined)).toBe(true);
    expect(rig.answer(rig.leave([{ memberId }])).members?.[0]?.errorCode).toBe(ErrorCode.NONE);
    expect(rig.answer(joined).generationId).toBe(2);
  });

  test('answers the requests of the member that still wait', () => {
    const { rig, b } = pair();
    const sync = rig.sync(b, 1);
    rig.leave([{ memberId: b }]);
    expect(rig.answer(sync).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });
});

describe('a group that moves to another coordinator', () => {
  test('stays Stable, with its members and assignments, and every session begins anew', () => {
    const { rig, a, b } = stablePair();
    rig.advance(9000);
    rig.load();
    rig.advance(9000);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.NONE);
    expect(textOf(rig.answer(rig.sync(b, 1)).assignment)).toBe('pb');
    expect(rig.answer(rig.join({ memberId: b }))).toMatchObject({ generationId: 1, leader: a });
    expect(rig.describe().members).toHaveLength(2);
  });

  test('loses the sessions that nobody renews there', () => {
    const { rig, b } = stablePair();
    rig.load();
    rig.advance(10_000);
    expect(rig.heartbeat(b, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.describe().groupState).toBe('Empty');
  });

  test('forgets a generation that was not written: its members are of the generation before', () => {
    const { rig, a, b } = stablePair();
    rig.join({ memberId: a });
    const joined = rig.join({ memberId: b });
    expect(rig.answer(joined).generationId).toBe(2);
    rig.load();
    expect(rig.heartbeat(a, 2)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.NONE);
  });

  test('tells all who wait to ask the new coordinator', () => {
    const { rig, a, b, assignments } = pair();
    rig.commits = false;
    const waiting = [rig.sync(b, 1), rig.sync(a, 1, { assignments }), rig.joinNew({ groupId: 'h' }).token];
    waiting.push(rig.commit({ groupId: 'i' }));
    rig.coordinator.becomeInactive();
    rig.settle();
    const errors = waiting.map((token) => {
      const { errorCode, topics } = rig.answer(token);
      return errorCode ?? topics?.[0]?.partitions?.[0]?.errorCode;
    });
    expect(errors).toEqual(waiting.map(() => ErrorCode.NOT_COORDINATOR));
  });

  test('tells all who wait to ask anew when the same node reads its log again', () => {
    const { rig, b } = pair();
    const waiting = rig.sync(b, 1);
    rig.coordinator.beginLoading();
    rig.settle();
    expect(rig.answer(waiting).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  });

  test('answers NOT_COORDINATOR where it is not led, and COORDINATOR_LOAD_IN_PROGRESS while it loads [G11]', () => {
    const { rig, a } = stablePair();
    rig.coordinator.becomeInactive();
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.NOT_COORDINATOR);
    expect(rig.answer(rig.join()).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    rig.coordinator.beginLoading();
    expect(rig.heartbeat(a, 1)).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(rig.describe().errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(rig.answer(rig.commit()).topics?.[0]?.partitions?.[0]?.errorCode)
      .toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    expect(rig.coordinator.listGroups({ statesFilter: [], typesFilter: [] }).errorCode)
      .toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  });

  test('that became empty while the log refused it is written as empty by the next sweep', () => {
    const { rig, a, b } = stablePair();
    rig.commit({ memberId: a, generationIdOrMemberEpoch: 1, offset: 5 });
    rig.log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.leave([{ memberId: a }, { memberId: b }]);
    expect(rig.coordinator.state.findMetadata('g')?.members).toHaveLength(2);
    rig.log.refuseWith = undefined;
    rig.advance(rig.config.offsetsRetentionCheckIntervalMs);
    expect(rig.coordinator.state.findMetadata('g')).toMatchObject({ generation: 2, members: [] });
  });
});
