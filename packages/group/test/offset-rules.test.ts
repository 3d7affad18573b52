/** The rules of transactional offsets, O1 to O12: one row for each state, request and version, code and effect. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { consumerProtocolSubscription } from '@hapax/wire';
import { describe, expect, test } from 'vitest';
import { encodeGroupRecord } from '../src/index.ts';
import { CoordinatorRig, txnCommitRequest, type CommitOptions, type TxnCommitOptions } from './coordinator-rig.ts';

const RETENTION_MS = 86_400_000;
const UNSTABLE = `error ${ErrorCode.UNSTABLE_OFFSET_COMMIT}, offset -1`;

/** A group in a state that rows speak of; `m` is its first member, where it has one. */
interface Scene {
  readonly rig: CoordinatorRig;
  readonly m: string;
}

const STATES = {
  'no group': () => ({ rig: new CoordinatorRig(), m: '' }),
  'a group of offsets alone': offsetsAlone,
  'an Empty group that had members': () => {
    const scene = stableGroup();
    scene.rig.leave([{ memberId: scene.m }]);
    return { ...scene, m: '' };
  },
  'PreparingRebalance': () => {
    const scene = stableGroup();
    scene.rig.joinNew();
    return scene;
  },
  'CompletingRebalance': () => {
    const rig = new CoordinatorRig();
    return { rig, m: rig.joinNew().memberId };
  },
  'Stable': stableGroup,
  'Stable with a static member': () => {
    const rig = new CoordinatorRig();
    const { memberId = '' } = rig.answer(rig.join({ groupInstanceId: 'i' }));
    rig.sync(memberId, 1, { groupInstanceId: 'i' });
    return { rig, m: memberId };
  },
  'a pending offset 9 over a committed 5': () => {
    const scene = offsetsAlone();
    scene.rig.txnCommit({ offset: 9 });
    return scene;
  },
  'a pending offset 9 alone': () => {
    const rig = new CoordinatorRig();
    rig.txnCommit({ offset: 9 });
    return { rig, m: '' };
  },
} satisfies Record<string, () => Scene>;

function stableGroup(): Scene {
  const rig = new CoordinatorRig();
  const protocols = [{ name: 'range', metadata: consumerProtocolSubscription.encode(1, { topics: ['t'] }) }];
  const { memberId } = rig.joinNew({ protocols });
  rig.sync(memberId, 1);
  return { rig, m: memberId };
}

function offsetsAlone(): Scene {
  const rig = new CoordinatorRig();
  rig.commit({ offset: 5 });
  return { rig, m: '' };
}

type StateName = keyof typeof STATES;

/** A code that a commit gets, and what `OffsetFetch` says after a COMMIT marker. */
interface CommitRow {
  readonly rule: string;
  readonly state: StateName;
  readonly request: TxnCommitOptions | ((scene: Scene) => TxnCommitOptions);
  readonly says: string;
  readonly code: ErrorCode;
  readonly after: Record<string, number | string>;
}

const TXN_OFFSET_COMMITS: readonly CommitRow[] = [
  { rule: 'O1', state: 'no group', says: 'v5', request: { offset: 9 }, code: 0, after: { 't-0': 9 } },
  { rule: 'O1', state: 'no group', says: 'v0', request: { version: 0, offset: 9 }, code: 0, after: { 't-0': 9 } },
  {
    rule: 'O2', state: 'no group', says: 'v3 for the group ""', request: { version: 3, groupId: '' },
    code: ErrorCode.INVALID_GROUP_ID, after: {},
  },
  {
    rule: 'O2', state: 'no group', says: 'v3 of generation 1', request: { version: 3, generationId: 1, memberId: 'x' },
    code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of nobody in particular', request: { version: 3, offset: 9 }, code: 0,
    after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'Stable', says: 'v2, which cannot name a member', request: { version: 2, offset: 9 }, code: 0,
    after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of the member and its generation',
    request: ({ m }) => ({ version: 3, memberId: m, generationId: 1, offset: 9 }), code: 0, after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of an unknown member',
    request: { version: 3, memberId: 'x', generationId: 1 }, code: ErrorCode.UNKNOWN_MEMBER_ID, after: {},
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of a generation alone', request: { version: 3, generationId: 1 },
    code: ErrorCode.UNKNOWN_MEMBER_ID, after: {},
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of the member and an older generation',
    request: ({ m }) => ({ version: 3, memberId: m, generationId: 0 }), code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O2', state: 'Stable', says: 'v3 of the member without a generation',
    request: ({ m }) => ({ version: 3, memberId: m }), code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O2', state: 'Stable with a static member', says: 'v3 of its name and another id',
    request: { version: 3, memberId: 'x', groupInstanceId: 'i', generationId: 1 },
    code: ErrorCode.FENCED_INSTANCE_ID, after: {},
  },
  {
    rule: 'O2', state: 'Stable with a static member', says: 'v3 of its name and its id',
    request: ({ m }) => ({ version: 3, memberId: m, groupInstanceId: 'i', generationId: 1, offset: 9 }), code: 0,
    after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'PreparingRebalance', says: 'v3 of the member and its generation',
    request: ({ m }) => ({ version: 3, memberId: m, generationId: 1, offset: 9 }), code: 0, after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'CompletingRebalance', says: 'v3 of the member and the generation that begins',
    request: ({ m }) => ({ version: 3, memberId: m, generationId: 1, offset: 9 }), code: 0, after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'CompletingRebalance', says: 'v3 of the member and the generation before',
    request: ({ m }) => ({ version: 3, memberId: m, generationId: 0 }), code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O2', state: 'an Empty group that had members', says: 'v3 of somebody without a generation',
    request: { version: 3, memberId: 'x', offset: 9 }, code: 0, after: { 't-0': 9 },
  },
  {
    rule: 'O2', state: 'an Empty group that had members', says: 'v3 of a member that left',
    request: { version: 3, memberId: 'x', generationId: 1 }, code: ErrorCode.UNKNOWN_MEMBER_ID, after: {},
  },
  {
    rule: 'O3', state: 'no group', says: 'v3 for a partition that does not exist',
    request: { version: 3, partition: 100 }, code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, after: {},
  },
  {
    rule: 'O4', state: 'no group', says: 'v3 with a text beyond offset.metadata.max.bytes',
    request: { version: 3, metadata: 'eleven char' }, code: ErrorCode.OFFSET_METADATA_TOO_LARGE, after: {},
  },
];

const OFFSET_COMMITS: readonly (Omit<CommitRow, 'request'> & {
  readonly request: CommitOptions | ((scene: Scene) => CommitOptions);
})[] = [
  {
    rule: 'O10', state: 'Stable', says: 'v8 of the member',
    request: ({ m }) => ({ memberId: m, generationIdOrMemberEpoch: 1, offset: 9 }), code: 0, after: { 't-0': 9 },
  },
  {
    rule: 'O11', state: 'Stable', says: 'v8 of an older generation',
    request: ({ m }) => ({ memberId: m, generationIdOrMemberEpoch: 0 }), code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O11', state: 'Stable', says: 'v8 of an unknown member',
    request: { memberId: 'x', generationIdOrMemberEpoch: 1 }, code: ErrorCode.UNKNOWN_MEMBER_ID, after: {},
  },
  {
    rule: 'O11', state: 'Stable', says: 'v8 of nobody in particular', request: {}, code: ErrorCode.UNKNOWN_MEMBER_ID,
    after: {},
  },
  {
    rule: 'O11', state: 'Stable with a static member', says: 'v8 of its name and another id',
    request: { memberId: 'x', groupInstanceId: 'i', generationIdOrMemberEpoch: 1 },
    code: ErrorCode.FENCED_INSTANCE_ID, after: {},
  },
  {
    rule: 'O11', state: 'CompletingRebalance', says: 'v8 of the member, unlike TxnOffsetCommit',
    request: ({ m }) => ({ memberId: m, generationIdOrMemberEpoch: 1 }), code: ErrorCode.REBALANCE_IN_PROGRESS,
    after: {},
  },
  {
    rule: 'O11', state: 'no group', says: 'v8 of generation 1', request: { generationIdOrMemberEpoch: 1 },
    code: ErrorCode.ILLEGAL_GENERATION, after: {},
  },
  {
    rule: 'O11', state: 'no group', says: 'v9 of generation 1', request: { generationIdOrMemberEpoch: 1, version: 9 },
    code: ErrorCode.GROUP_ID_NOT_FOUND, after: {},
  },
  {
    rule: 'O11', state: 'no group', says: 'v8 for a partition that does not exist', request: { partition: 100 },
    code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, after: {},
  },
  {
    rule: 'O11', state: 'no group', says: 'v8 with a text beyond offset.metadata.max.bytes',
    request: { metadata: 'eleven char' }, code: ErrorCode.OFFSET_METADATA_TOO_LARGE, after: {},
  },
  {
    rule: 'O11', state: 'a pending offset 9 over a committed 5', says: 'v8, later than the transaction',
    request: { offset: 7 }, code: 0, after: { 't-0': 7 },
  },
];

function codeOf(rig: CoordinatorRig, token: string): number | undefined {
  return rig.answer(token).topics?.[0]?.partitions?.[0]?.errorCode;
}

describe('TxnOffsetCommit', () => {
  test.each(TXN_OFFSET_COMMITS)('[$rule] $state, $says: $code', ({ state, request, code, after }) => {
    const scene = STATES[state]();
    const { rig } = scene;
    const token = rig.txnCommit(typeof request === 'function' ? request(scene) : request);
    expect(codeOf(rig, token)).toBe(code);
    expect(rig.fetch()).not.toHaveProperty('t-0', 9);
    rig.mark('commit');
    expect(rig.fetch()).toEqual(after);
    rig.load();
    expect(rig.fetch()).toEqual(after);
  });
});

describe('OffsetCommit', () => {
  test.each(OFFSET_COMMITS)('[$rule] $state, $says: $code', ({ state, request, code, after }) => {
    const scene = STATES[state]();
    const { rig } = scene;
    expect(codeOf(rig, rig.commit(typeof request === 'function' ? request(scene) : request))).toBe(code);
    rig.mark('commit');
    expect(rig.fetch()).toEqual(after);
  });
});

/** What happens after each other, and what `OffsetFetch` says then, without and with require_stable. */
interface FetchRow {
  readonly rule: string;
  readonly state: StateName;
  readonly says: string;
  then(rig: CoordinatorRig): void;
  readonly plain: Record<string, number | string>;
  readonly stable: Record<string, number | string>;
}

const nothing = (): void => undefined;

function deleteOffset(rig: CoordinatorRig): void {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }];
  const token = rig.run((coordinator, request) =>
    coordinator.offsetDelete(request, { groupId: 'g', topics }, rig.context(0), rig.nowMs));
  expect(rig.answer(token)).toMatchObject({ errorCode: 0 });
  expect(codeOf(rig, token)).toBe(ErrorCode.NONE);
}

function deleteGroup(rig: CoordinatorRig): void {
  const token = rig.run((coordinator, request) =>
    coordinator.deleteGroup(request, 'g', rig.context(2), rig.nowMs));
  expect(rig.answer(token).errorCode).toBe(ErrorCode.NONE);
}

const OVER: StateName = 'a pending offset 9 over a committed 5';
const ALONE: StateName = 'a pending offset 9 alone';

const OFFSET_FETCHES: readonly FetchRow[] = [
  {
    rule: 'O5', state: OVER, says: 'the transaction is open', then: nothing,
    plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O5', state: OVER, says: 'COMMIT', then: (rig) => rig.mark('commit'),
    plain: { 't-0': 9 }, stable: { 't-0': 9 },
  },
  {
    rule: 'O5', state: OVER, says: 'ABORT', then: (rig) => rig.mark('abort'),
    plain: { 't-0': 5 }, stable: { 't-0': 5 },
  },
  { rule: 'O5', state: ALONE, says: 'ABORT', then: (rig) => rig.mark('abort'), plain: {}, stable: {} },
  {
    rule: 'O5', state: OVER, says: 'COMMIT of another producer', then: (rig) => rig.mark('commit', 8),
    plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O5', state: OVER, says: 'a second offset of the transaction, COMMIT with a higher epoch',
    then: (rig) => {
      rig.txnCommit({ offset: 11 });
      rig.mark('commit', 7, 1);
    },
    plain: { 't-0': 11 }, stable: { 't-0': 11 },
  },
  {
    rule: 'O6', state: OVER, says: 'a plain commit of 7, then COMMIT',
    then: (rig) => {
      rig.commit({ offset: 7 });
      rig.mark('commit');
    },
    plain: { 't-0': 7 }, stable: { 't-0': 7 },
  },
  {
    rule: 'O6', state: OVER, says: 'a later transaction commits 12, then the first one COMMITs',
    then: (rig) => {
      rig.txnCommit({ producerId: 8, offset: 12 });
      rig.mark('commit', 8);
      rig.mark('commit');
    },
    plain: { 't-0': 12 }, stable: { 't-0': 12 },
  },
  {
    rule: 'O7', state: OVER, says: 'a plain commit of 7, while the transaction is open',
    then: (rig) => void rig.commit({ offset: 7 }), plain: { 't-0': 7 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O7', state: OVER, says: 'one of two transactions COMMITs',
    then: (rig) => {
      rig.txnCommit({ producerId: 8, offset: 12 });
      rig.mark('commit');
    },
    plain: { 't-0': 9 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O7', state: ALONE, says: 'no offset was ever committed', then: nothing, plain: {},
    stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O8', state: OVER, says: 'OffsetDelete, then COMMIT',
    then: (rig) => {
      deleteOffset(rig);
      expect(rig.fetch('g', { requireStable: true })).toEqual({});
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: ALONE, says: 'OffsetDelete, then COMMIT',
    then: (rig) => {
      deleteOffset(rig);
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'DeleteGroups, then COMMIT',
    then: (rig) => {
      deleteGroup(rig);
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'the topic is deleted, then COMMIT',
    then: (rig) => {
      rig.run((coordinator) => coordinator.onTopicDeleted('t'));
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'the retention passes while the transaction is open',
    then: (rig) => rig.advance(RETENTION_MS), plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O8', state: OVER, says: 'the retention passes, ABORT, the next sweep',
    then: (rig) => {
      rig.advance(RETENTION_MS);
      rig.mark('abort');
      rig.advance(600_000);
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: ALONE, says: 'the retention passes, COMMIT',
    then: (rig) => {
      rig.advance(RETENTION_MS);
      rig.mark('commit');
    },
    plain: { 't-0': 9 }, stable: { 't-0': 9 },
  },
  { rule: 'O9', state: 'no group', says: 'v8', then: nothing, plain: {}, stable: {} },
];

describe('OffsetFetch', () => {
  test.each(OFFSET_FETCHES)('[$rule] $state, $says', ({ state, then, plain, stable }) => {
    const { rig } = STATES[state]();
    then(rig);
    const look = () => [rig.fetch(), rig.fetch('g', { requireStable: true })];
    expect(look()).toEqual([plain, stable]);
    rig.load();
    expect(look()).toEqual([plain, stable]);
  });

  test('[O7, O9] of named partitions says 88 for the unstable ones and −1 for those without an offset', () => {
    const { rig } = STATES[OVER]();
    rig.commit({ partition: 1, offset: 3 });
    const told = { 't-0': UNSTABLE, 't-1': 3, 't-2': -1 };
    expect(rig.fetch('g', { requireStable: true, partitions: [0, 1, 2] })).toEqual(told);
    expect(rig.fetch('g', { partitions: [0, 1, 2] })).toEqual({ 't-0': 5, 't-1': 3, 't-2': -1 });
    expect(rig.answer(rig.askOffsets({ groupId: 'nobody', partitions: [0] })).topics?.[0]?.partitions).toEqual([
      { partitionIndex: 0, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: 0 },
    ]);
  });

  test('[O10] with require_stable is told of a pending offset before that is replicated', () => {
    const { rig } = STATES['a group of offsets alone']();
    rig.commits = false;
    const commit = rig.txnCommit({ offset: 9 });
    expect(rig.isWaiting(commit)).toBe(true);
    expect(rig.fetch('g', { requireStable: true })).toEqual({ 't-0': UNSTABLE });
    expect(rig.isWaiting(rig.askOffsets({}))).toBe(true);
  });

  test('[O10] never tells an offset before the marker that commits it is replicated', () => {
    const { rig } = STATES[OVER]();
    rig.commits = false;
    rig.mark('commit');
    const tokens = [rig.askOffsets({}), rig.askOffsets({ requireStable: true })];
    expect(tokens.map((token) => rig.isWaiting(token))).toEqual([true, true]);
    rig.load({ keepUncommitted: false });
    for (const token of tokens) expect(rig.answer(token).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    expect([rig.fetch(), rig.fetch('g', { requireStable: true })]).toEqual([{ 't-0': 5 }, { 't-0': UNSTABLE }]);
  });
});

describe('a transaction of offsets', () => {
  test('[O1] is written under its producer, with the proof that the log asked for', () => {
    const rig = new CoordinatorRig();
    const verification = { guard: 'a' };
    rig.txnCommit({ producerId: 4, producerEpoch: 3, verification });
    expect(rig.log.read().at(-1)?.at.producer).toEqual({ producerId: 4, producerEpoch: 3 });
    expect(rig.log.lastVerification).toBe(verification);
    rig.commit({});
    expect(rig.log.read().at(-1)?.at.producer).toBeUndefined();
  });

  test('[O2] does not renew the session of its member, and does not count towards a full coordinator twice', () => {
    const { rig, m } = stableGroup();
    rig.advance(9999);
    rig.txnCommit({ memberId: m, generationId: 1 });
    rig.advance(1);
    expect(rig.describe().groupState).toBe('Empty');
    const full = new CoordinatorRig({ groupsMax: 1 });
    expect(codeOf(full, full.txnCommit({ groupId: 'g' }))).toBe(ErrorCode.NONE);
    expect(codeOf(full, full.txnCommit({ groupId: 'g' }))).toBe(ErrorCode.NONE);
    expect(codeOf(full, full.txnCommit({ groupId: 'h' }))).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
  });

  test('[O3, O4] stores what it can and tells the rest', () => {
    const rig = new CoordinatorRig();
    const topics = [
      ...txnCommitRequest({ offset: 4 }).topics,
      ...txnCommitRequest({ topic: 'u', metadata: 'eleven char' }).topics,
      ...txnCommitRequest({ topic: 'v', partition: 100 }).topics,
    ];
    const token = rig.run((coordinator, request) =>
      coordinator.txnOffsetCommit(request, { ...txnCommitRequest({}), topics }, rig.context(5), rig.nowMs));
    expect(rig.answer(token).topics?.map((topic) => topic.partitions?.[0]?.errorCode)).toEqual([
      ErrorCode.NONE, ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    rig.mark('commit');
    expect(rig.fetch()).toEqual({ 't-0': 4 });
  });

  test.each([
    [ErrorCode.NOT_ENOUGH_REPLICAS, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.COORDINATOR_NOT_AVAILABLE],
    [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_COORDINATOR],
    [ErrorCode.MESSAGE_TOO_LARGE, ErrorCode.UNKNOWN_SERVER_ERROR],
    [ErrorCode.NETWORK_EXCEPTION, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS],
    [ErrorCode.INVALID_TXN_STATE, ErrorCode.INVALID_TXN_STATE],
    [ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_PRODUCER_EPOCH],
  ])('[V7, G11] that the log refuses with %i is answered %i and leaves nothing', (refusal, code) => {
    const { rig } = STATES['a group of offsets alone']();
    rig.log.refuseWith = refusal;
    expect(codeOf(rig, rig.txnCommit({ offset: 9 }))).toBe(code);
    rig.log.refuseWith = undefined;
    expect(rig.fetch('g', { requireStable: true })).toEqual({ 't-0': 5 });
  });

  test('[O1] is refused while the coordinator loads, or is not one', () => {
    const { rig } = STATES['no group']();
    rig.coordinator.becomeInactive();
    expect(codeOf(rig, rig.txnCommit({}))).toBe(ErrorCode.NOT_COORDINATOR);
    rig.coordinator.beginLoading();
    expect(codeOf(rig, rig.txnCommit({}))).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  });

  test('[O5] ends while the coordinator loads: the marker counts once, as part of the log', () => {
    const { rig } = STATES[ALONE]();
    rig.commits = false;
    rig.coordinator.becomeInactive();
    rig.coordinator.beginLoading();
    rig.mark('commit');
    expect(rig.coordinator.state.groupIds()).toEqual([]);
    rig.commits = true;
    rig.load();
    expect(rig.fetch()).toEqual({ 't-0': 9 });
  });

  test('[O8] keeps its group, which goes with the last of its offsets', () => {
    const { rig } = STATES[ALONE]();
    expect(rig.describe()).toMatchObject({ groupState: 'Empty' });
    rig.advance(RETENTION_MS);
    expect(rig.coordinator.groups.groupIds()).toEqual(['g']);
    rig.mark('abort');
    expect(rig.coordinator.groups.groupIds()).toEqual([]);
    expect(codeOf(rig, rig.txnCommit({ generationId: 1, memberId: 'x' }))).toBe(ErrorCode.ILLEGAL_GENERATION);
  });

  test('[O8] keeps the record of a group that its members left long ago', () => {
    const { rig } = STATES['an Empty group that had members']();
    rig.txnCommit({ offset: 9 });
    rig.advance(RETENTION_MS);
    expect(rig.coordinator.state.findMetadata('g')).toBeDefined();
    rig.mark('abort');
    rig.advance(RETENTION_MS);
    expect(rig.coordinator.state.groupIds()).toEqual([]);
  });

  test('[KIP-447] of a member that was replaced is refused, and its successor waits for the one before', () => {
    const { rig, m } = stableGroup();
    rig.txnCommit({ memberId: m, generationId: 1, offset: 9 });
    const { memberId: other, token } = rig.joinNew();
    rig.advance(60_000);
    expect(rig.answer(token)).toMatchObject({ errorCode: 0, generationId: 2 });
    rig.sync(other, 2);
    expect(codeOf(rig, rig.txnCommit({ memberId: m, generationId: 1, offset: 10 }))).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(rig.fetch('g', { requireStable: true, partitions: [0] })).toEqual({ 't-0': UNSTABLE });
    rig.mark('commit');
    expect(rig.fetch('g', { requireStable: true, partitions: [0] })).toEqual({ 't-0': 9 });
  });

  test('[O12] has the bytes of any other offset: that it is pending, its batch says alone', () => {
    const rig = new CoordinatorRig();
    rig.commit({ offset: 9 });
    rig.txnCommit({ offset: 9 });
    const [plain, pending] = rig.log.read().map(({ record }) =>
      record.kind === 'transaction-end' ? undefined : encodeGroupRecord(record));
    expect(pending).toEqual(plain);
    expect(rig.log.read()[0]?.record).toMatchObject({ kind: 'offset', value: { offset: 9, topicId: ZERO_UUID } });
  });
});
