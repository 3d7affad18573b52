/** Committed offsets, their expiry, and administration: O4, O9 to O12, G12. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { consumerProtocolSubscription } from '@hapax/wire';
import { describe, expect, test } from 'vitest';
import { commitRequest, CoordinatorRig, type CommitOptions } from './coordinator-rig.ts';

function commitError(rig: CoordinatorRig, options: CommitOptions): number | undefined {
  return rig.answer(rig.commit(options)).topics?.[0]?.partitions?.[0]?.errorCode;
}

function subscriptionTo(...topics: string[]) {
  return [{ name: 'range', metadata: consumerProtocolSubscription.encode(1, { topics }) }];
}

/** A Stable group of one member, which reads topic t. */
function stableMember(topics = ['t']) {
  const rig = new CoordinatorRig();
  const { memberId } = rig.joinNew({ protocols: subscriptionTo(...topics) });
  rig.sync(memberId, 1);
  return { rig, memberId };
}

describe('OffsetCommit', () => {
  test('is answered when it is committed, and fetched as it was given [O10, G13]', () => {
    const { rig, memberId } = stableMember();
    rig.commits = false;
    const token = rig.commit({ memberId, generationIdOrMemberEpoch: 1, offset: 42, leaderEpoch: 3, metadata: 'note' });
    expect(rig.isWaiting(token)).toBe(true);
    rig.commitAll();
    expect(rig.answer(token).topics?.[0]?.partitions?.[0]?.errorCode).toBe(ErrorCode.NONE);
    rig.load();
    const fetch = rig.run((coordinator, request) => coordinator.offsetFetchGroup(
      request,
      { groupId: 'g', topics: [{ name: 't', topicId: ZERO_UUID, partitionIndexes: [0, 1] }], requireStable: false },
      rig.context(8),
      rig.nowMs,
    ));
    expect(rig.answer(fetch).topics?.[0]?.partitions).toEqual([
      { partitionIndex: 0, committedOffset: 42, committedLeaderEpoch: 3, metadata: 'note', errorCode: 0 },
      { partitionIndex: 1, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ]);
  });

  test('of a client without a group makes one that is Empty [O11]', () => {
    const rig = new CoordinatorRig();
    expect(commitError(rig, { offset: 7 })).toBe(ErrorCode.NONE);
    expect(rig.fetch()).toEqual({ 't-0': 7 });
    expect(rig.describe()).toMatchObject({ groupState: 'Empty', protocolType: '', members: [] });
  });

  test('with a generation of a group that is not there is refused [O11]', () => {
    const rig = new CoordinatorRig();
    expect(commitError(rig, { generationIdOrMemberEpoch: 1 })).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(commitError(rig, { generationIdOrMemberEpoch: 1, version: 9 })).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
  });

  test('must come from a member of the generation where the group has members [O11]', () => {
    const { rig, memberId } = stableMember();
    expect(commitError(rig, {})).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(commitError(rig, { memberId: 'other', generationIdOrMemberEpoch: 1 })).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(commitError(rig, { memberId, generationIdOrMemberEpoch: 2 })).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(commitError(rig, { memberId })).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(rig.fetch()).toEqual({});
  });

  test('is taken while members rejoin, and refused before the assignment is there [O11]', () => {
    const { rig, memberId } = stableMember();
    rig.joinNew();
    expect(commitError(rig, { memberId, generationIdOrMemberEpoch: 1 })).toBe(ErrorCode.NONE);
    rig.join({ memberId });
    expect(commitError(rig, { memberId, generationIdOrMemberEpoch: 2 })).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('renews the session of the member [O10]', () => {
    const { rig, memberId } = stableMember();
    rig.advance(9999);
    commitError(rig, { memberId, generationIdOrMemberEpoch: 1 });
    rig.advance(9999);
    expect(rig.heartbeat(memberId, 1)).toBe(ErrorCode.NONE);
  });

  test('refuses partitions that do not exist and texts that are too long, and takes the others [O4, O11]', () => {
    const rig = new CoordinatorRig();
    const [good] = commitRequest({ offset: 1 }).topics;
    const [long] = commitRequest({ topic: 'u', metadata: 'eleven char' }).topics;
    const [missing] = commitRequest({ topic: 'v', partition: 100 }).topics;
    const topics = [good, long, missing].filter((topic) => topic !== undefined);
    const token = rig.run((coordinator, request) =>
      coordinator.offsetCommit(request, { ...commitRequest({}), topics }, rig.context(8), rig.nowMs));
    expect(rig.answer(token).topics?.map((topic) => topic.partitions?.[0]?.errorCode)).toEqual([
      ErrorCode.NONE, ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
  });

  test('tells that the log refused it, and keeps the old offset [G11]', () => {
    const rig = new CoordinatorRig();
    commitError(rig, { offset: 1 });
    rig.log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    expect(commitError(rig, { offset: 2 })).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
  });
});

describe('OffsetFetch', () => {
  test('of a group that is not there has no offsets and no error [O9]', () => {
    const rig = new CoordinatorRig();
    expect(rig.fetch('nobody')).toEqual({});
  });

  test('waits for the commit of what it tells [O10]', () => {
    const rig = new CoordinatorRig();
    rig.commits = false;
    rig.commit({ offset: 3 });
    expect(() => rig.fetch()).toThrow('no answer yet');
  });
});

describe('OffsetDelete', () => {
  function deleteOffsets(rig: CoordinatorRig, topic: string, partition = 0) {
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition }] }];
    return rig.answer(rig.run((coordinator, token) =>
      coordinator.offsetDelete(token, { groupId: 'g', topics }, rig.context(0), rig.nowMs)));
  }

  test('forgets offsets of topics that nobody subscribes to, and no others [G12]', () => {
    const { rig, memberId } = stableMember(['t']);
    for (const topic of ['t', 'u']) rig.commit({ memberId, generationIdOrMemberEpoch: 1, topic });
    expect(deleteOffsets(rig, 't').topics?.[0]?.partitions?.[0]?.errorCode).toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
    expect(deleteOffsets(rig, 'u')).toMatchObject({ errorCode: 0 });
    rig.load();
    expect(rig.fetch()).toEqual({ 't-0': 1 });
    rig.leave([{ memberId }]);
    expect(deleteOffsets(rig, 't')).toMatchObject({ errorCode: 0 });
    expect(rig.fetch()).toEqual({});
  });

  test('is refused where it cannot be known what the group reads [G12]', () => {
    const rig = new CoordinatorRig();
    expect(deleteOffsets(rig, 't').errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    rig.joinNew({ protocolType: 'connect' });
    expect(deleteOffsets(rig, 't').errorCode).toBe(ErrorCode.NON_EMPTY_GROUP);
    const garbled = new CoordinatorRig();
    garbled.joinNew({ protocols: [{ name: 'range', metadata: Uint8Array.of(0, 0, 255) }] });
    expect(deleteOffsets(garbled, 't').topics?.[0]?.partitions?.[0]?.errorCode)
      .toBe(ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC);
  });

  test('of an offset that is not there succeeds, of a partition that is not there does not', () => {
    const rig = new CoordinatorRig();
    rig.commit({});
    expect(deleteOffsets(rig, 't', 5).topics?.[0]?.partitions?.[0]?.errorCode).toBe(ErrorCode.NONE);
    expect(deleteOffsets(rig, 't', 100).topics?.[0]?.partitions?.[0]?.errorCode)
      .toBe(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  });
});

describe('expiry', () => {
  const RETENTION_MS = 86_400_000;
  const SWEEP_MS = 600_000;

  test('of a group that was joined counts from when it became empty, and takes the group along [O12]', () => {
    const { rig, memberId } = stableMember();
    rig.commit({ memberId, generationIdOrMemberEpoch: 1 });
    for (let passed = 0; passed < RETENTION_MS * 2; passed += 8_640_000) {
      rig.heartbeat(memberId, 1);
      rig.advance(5000);
      rig.nowMs += 8_635_000;
      rig.heartbeat(memberId, 1);
    }
    rig.advance(SWEEP_MS);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
    rig.leave([{ memberId }]);
    rig.advance(RETENTION_MS - 1);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
    rig.advance(SWEEP_MS);
    expect(rig.fetch()).toEqual({});
    expect(rig.coordinator.groups.groupIds()).toEqual([]);
    rig.load();
    expect(rig.coordinator.state.groupIds()).toEqual([]);
  });

  test('of a client without a group counts from each commit [O12]', () => {
    const rig = new CoordinatorRig();
    rig.commit({ partition: 0 });
    rig.advance(RETENTION_MS / 2);
    rig.commit({ partition: 1 });
    rig.advance(RETENTION_MS / 2);
    expect(rig.fetch()).toEqual({ 't-1': 1 });
    rig.advance(RETENTION_MS / 2);
    expect(rig.coordinator.groups.groupIds()).toEqual([]);
  });

  test('takes the offsets of topics that a live group reads no more [KIP-211]', () => {
    const { rig, memberId } = stableMember(['t']);
    for (const topic of ['t', 'u']) rig.commit({ memberId, generationIdOrMemberEpoch: 1, topic });
    rig.nowMs += RETENTION_MS;
    rig.heartbeat(memberId, 1);
    rig.advance(0);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
  });

  test('honours a retention that the commit asked for, also after a move [O12]', () => {
    const rig = new CoordinatorRig();
    rig.commit({ version: 4, retentionTimeMs: 1_000_000 });
    rig.load();
    rig.advance(999_999);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
    rig.advance(SWEEP_MS);
    expect(rig.fetch()).toEqual({});
  });

  test('spares an empty group that somebody is about to join [G3]', () => {
    const { rig, memberId } = stableMember();
    rig.leave([{ memberId }]);
    rig.nowMs += SWEEP_MS - 1;
    const { memberId: pending = '' } = rig.answer(rig.join());
    rig.advance(1);
    expect(rig.answer(rig.join({ memberId: pending })).errorCode).toBe(ErrorCode.NONE);
  });

  test('is tried again at the next sweep where the log refused it', () => {
    const rig = new CoordinatorRig();
    rig.commit({});
    rig.log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    rig.advance(RETENTION_MS);
    expect(rig.fetch()).toEqual({ 't-0': 1 });
    rig.log.refuseWith = undefined;
    rig.advance(SWEEP_MS);
    expect(rig.fetch()).toEqual({});
  });

  test('of a deleted topic is at once', () => {
    const rig = new CoordinatorRig();
    for (const topic of ['t', 'u']) rig.commit({ topic });
    rig.run((coordinator) => coordinator.onTopicDeleted('t'));
    expect(rig.fetch()).toEqual({ 'u-0': 1 });
  });
});

describe('DeleteGroups', () => {
  function deleteGroup(rig: CoordinatorRig) {
    return rig.answer(rig.run((coordinator, token) =>
      coordinator.deleteGroup(token, 'g', rig.context(2), rig.nowMs))).errorCode;
  }

  test('deletes a group without members, for good [G12]', () => {
    const { rig, memberId } = stableMember();
    expect(deleteGroup(new CoordinatorRig())).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    expect(deleteGroup(rig)).toBe(ErrorCode.NON_EMPTY_GROUP);
    rig.commit({ memberId, generationIdOrMemberEpoch: 1 });
    rig.leave([{ memberId }]);
    expect(deleteGroup(rig)).toBe(ErrorCode.NONE);
    expect(deleteGroup(rig)).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
    rig.load();
    expect(rig.coordinator.state.groupIds()).toEqual([]);
    expect(rig.describe('g', 5)).toEqual({ groupId: 'g', groupState: 'Dead' });
  });

  test('deletes more offsets than fit one append, and keeps the group where the log refuses', () => {
    const rig = new CoordinatorRig();
    for (let at = 0; at < 2500; at++) rig.commit({ topic: `t${at}` });
    const { memberId: pending = '' } = rig.answer(rig.join());
    rig.log.refuseWith = ErrorCode.NOT_ENOUGH_REPLICAS;
    expect(deleteGroup(rig)).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
    expect(Object.keys(rig.fetch())).toHaveLength(2500);
    expect(rig.answer(rig.join({ memberId: pending })).errorCode).toBe(ErrorCode.NONE);
    rig.leave([{ memberId: pending }]);
    rig.log.refuseWith = undefined;
    expect(deleteGroup(rig)).toBe(ErrorCode.NONE);
    expect(rig.fetch()).toEqual({});
  });
});

describe('DescribeGroups and ListGroups', () => {
  test('show members of a Stable group with what they said and got [G12]', () => {
    const { rig, memberId } = stableMember();
    expect(rig.describe()).toMatchObject({
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [{
        memberId, groupInstanceId: null, clientId: 'client', clientHost: '/10.0.0.1',
        memberMetadata: consumerProtocolSubscription.encode(1, { topics: ['t'] }),
      }],
    });
    rig.joinNew();
    expect(rig.describe()).toMatchObject({ groupState: 'PreparingRebalance', protocolData: '' });
    expect(rig.describe().members?.[0]?.memberMetadata).toEqual(new Uint8Array(0));
  });

  test('tell a group that is not there by an error from version 6 on [G12]', () => {
    const rig = new CoordinatorRig();
    expect(rig.describe('x', 5)).toMatchObject({ groupState: 'Dead' });
    expect(rig.describe('x', 6)).toMatchObject({ groupState: 'Dead', errorCode: ErrorCode.GROUP_ID_NOT_FOUND });
  });

  test('list the groups that pass the filters [KIP-518]', () => {
    const { rig } = stableMember();
    rig.commit({ groupId: 'simple' });
    const list = (statesFilter: string[], typesFilter: string[] = []) =>
      rig.coordinator.listGroups({ statesFilter, typesFilter }).groups?.map((group) => group.groupId);
    expect(list([])).toEqual(['g', 'simple']);
    expect(list(['stable'])).toEqual(['g']);
    expect(list(['EMPTY', 'Dead'])).toEqual(['simple']);
    expect(list([], ['Classic'])).toEqual(['g', 'simple']);
    expect(list([], ['consumer'])).toEqual([]);
  });
});
