/** Offsets in transactions: what is written, when it is told, and how long it stays. O1 to O12. */
import { ErrorCode, ZERO_UUID } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { encodeGroupRecord } from '../src/index.ts';
import { CoordinatorRig, txnCommitRequest } from './coordinator-rig.ts';
import { codeOf, RETENTION_MS, STATES, stableGroup, UNSTABLE } from './group-scenes.ts';

describe('OffsetFetch', () => {
  test('[O7, O9] of named partitions says 88 for the unstable ones and −1 for those without an offset', () => {
    const { rig } = STATES['a pending offset 9 over a committed 5']();
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
    const { rig } = STATES['a pending offset 9 over a committed 5']();
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
    const { rig } = STATES['a pending offset 9 alone']();
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
    const { rig } = STATES['a pending offset 9 alone']();
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
