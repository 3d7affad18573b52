/** The rules of offsets, O1 to O12: one row for each state, request and version, code and effect. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import type { CommitOptions, CoordinatorRig, TxnCommitOptions } from './coordinator-rig.ts';
import { codeOf, RETENTION_MS, STATES, UNSTABLE, type Scene, type StateName } from './group-scenes.ts';

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
  act(rig: CoordinatorRig): void;
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
    rule: 'O5', state: OVER, says: 'the transaction is open', act: nothing,
    plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O5', state: OVER, says: 'COMMIT', act: (rig) => rig.mark('commit'),
    plain: { 't-0': 9 }, stable: { 't-0': 9 },
  },
  {
    rule: 'O5', state: OVER, says: 'ABORT', act: (rig) => rig.mark('abort'),
    plain: { 't-0': 5 }, stable: { 't-0': 5 },
  },
  { rule: 'O5', state: ALONE, says: 'ABORT', act: (rig) => rig.mark('abort'), plain: {}, stable: {} },
  {
    rule: 'O5', state: OVER, says: 'COMMIT of another producer', act: (rig) => rig.mark('commit', 8),
    plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O5', state: OVER, says: 'a second offset of the transaction, COMMIT with a higher epoch',
    act: (rig) => {
      rig.txnCommit({ offset: 11 });
      rig.mark('commit', 7, 1);
    },
    plain: { 't-0': 11 }, stable: { 't-0': 11 },
  },
  {
    rule: 'O6', state: OVER, says: 'a plain commit of 7, then COMMIT',
    act: (rig) => {
      rig.commit({ offset: 7 });
      rig.mark('commit');
    },
    plain: { 't-0': 7 }, stable: { 't-0': 7 },
  },
  {
    rule: 'O6', state: OVER, says: 'a later transaction commits 12, then the first one COMMITs',
    act: (rig) => {
      rig.txnCommit({ producerId: 8, offset: 12 });
      rig.mark('commit', 8);
      rig.mark('commit');
    },
    plain: { 't-0': 12 }, stable: { 't-0': 12 },
  },
  {
    rule: 'O7', state: OVER, says: 'a plain commit of 7, while the transaction is open',
    act: (rig) => void rig.commit({ offset: 7 }), plain: { 't-0': 7 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O7', state: OVER, says: 'one of two transactions COMMITs',
    act: (rig) => {
      rig.txnCommit({ producerId: 8, offset: 12 });
      rig.mark('commit');
    },
    plain: { 't-0': 9 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O7', state: ALONE, says: 'no offset was ever committed', act: nothing, plain: {},
    stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O8', state: OVER, says: 'OffsetDelete, then COMMIT',
    act: (rig) => {
      deleteOffset(rig);
      expect(rig.fetch('g', { requireStable: true })).toEqual({});
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: ALONE, says: 'OffsetDelete, then COMMIT',
    act: (rig) => {
      deleteOffset(rig);
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'DeleteGroups, then COMMIT',
    act: (rig) => {
      deleteGroup(rig);
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'the topic is deleted, then COMMIT',
    act: (rig) => {
      rig.run((coordinator) => coordinator.onTopicDeleted('t'));
      rig.mark('commit');
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: OVER, says: 'the retention passes while the transaction is open',
    act: (rig) => rig.advance(RETENTION_MS), plain: { 't-0': 5 }, stable: { 't-0': UNSTABLE },
  },
  {
    rule: 'O8', state: OVER, says: 'the retention passes, ABORT, the next sweep',
    act: (rig) => {
      rig.advance(RETENTION_MS);
      rig.mark('abort');
      rig.advance(600_000);
    },
    plain: {}, stable: {},
  },
  {
    rule: 'O8', state: ALONE, says: 'the retention passes, COMMIT',
    act: (rig) => {
      rig.advance(RETENTION_MS);
      rig.mark('commit');
    },
    plain: { 't-0': 9 }, stable: { 't-0': 9 },
  },
  { rule: 'O9', state: 'no group', says: 'v8', act: nothing, plain: {}, stable: {} },
];

describe('OffsetFetch', () => {
  test.each(OFFSET_FETCHES)('[$rule] $state, $says', ({ state, act, plain, stable }) => {
    const { rig } = STATES[state]();
    act(rig);
    const look = () => [rig.fetch(), rig.fetch('g', { requireStable: true })];
    expect(look()).toEqual([plain, stable]);
    rig.load();
    expect(look()).toEqual([plain, stable]);
  });
});
