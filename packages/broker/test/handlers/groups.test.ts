/** A consumer group's life over the wire, in every version of JoinGroup that clients use. */
import { ErrorCode } from '@hapax/base';
import {
  deleteGroups,
  describeGroups,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  syncGroup,
} from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { fitToVersion } from '../support/fit-to-version.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { WireClient } from '../support/wire-client.ts';

const METADATA = new Uint8Array([0, 0]);
const ASSIGNMENT = new Uint8Array([7, 7, 7]);
let cluster: TestCluster;
beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic('read');
});

/** A connection to the group's coordinator, which may still be loading. */
function coordinatorOf(groupId: string): WireClient {
  const found = cluster.connect(cluster.node(1)).call(findCoordinator, 1, { key: groupId, keyType: 0 });
  expect(found.errorCode).toBe(0);
  cluster.runFor(200);
  return cluster.connect(cluster.node(found.nodeId));
}

/** Joins as clients do: with the id that the coordinator hands out, where the version has that. */
function join(client: WireClient, groupId: string, version: number) {
  const request = {
    groupId,
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: METADATA }],
  };
  const send = (memberId: string) =>
    client.call(joinGroup, version, fitToVersion(joinGroup.request.fields, version, { ...request, memberId }));
  const first = send('');
  return first.errorCode === ErrorCode.MEMBER_ID_REQUIRED ? send(first.memberId) : first;
}

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'a member joins, commits and leaves in version %i of JoinGroup',
  (version) => {
    const groupId = `life-${version}`;
    const client = coordinatorOf(groupId);
    const joined = join(client, groupId, version);
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: joined.memberId });
    const { memberId } = joined;
    const assignments = [{ memberId, assignment: ASSIGNMENT }];
    const synced = client.call(syncGroup, Math.min(version, 5), { groupId, generationId: 1, memberId, assignments });
    expect(synced.errorCode).toBe(0);
    expect([...synced.assignment]).toEqual([...ASSIGNMENT]);
    expect(client.call(heartbeat, Math.min(version, 4), { groupId, generationId: 1, memberId }).errorCode).toBe(0);
    const topics = [
      { name: 'read', partitions: [{ partitionIndex: 0, committedOffset: 42, committedMetadata: 'here' }] },
    ];
    const committed = { groupId, generationIdOrMemberEpoch: 1, memberId, topics };
    const commitVersion = Math.min(Math.max(version, 2), 8);
    expect(client.call(offsetCommit, commitVersion, committed).topics[0]?.partitions[0]?.errorCode).toBe(0);
    const fetchVersion = Math.min(Math.max(version, 1), 8);
    const asked = [{ name: 'read', partitionIndexes: [0] }];
    const fetched = client.call(
      offsetFetch,
      fetchVersion,
      fetchVersion < 8 ? { groupId, topics: asked } : { groups: [{ groupId, topics: asked }] },
    );
    const found = fetchVersion < 8 ? fetched.topics : fetched.groups[0]?.topics;
    expect(found?.[0]?.partitions[0]).toMatchObject({ committedOffset: 42, metadata: 'here', errorCode: 0 });
    const leaveVersion = Math.min(version, 5);
    const leaving = leaveVersion < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] };
    expect(client.call(leaveGroup, leaveVersion, leaving).errorCode).toBe(0);
  },
);

describe('groups that are looked at', () => {
  test('are listed by their coordinator, described, and deleted when they are empty', () => {
    const client = coordinatorOf('life-5');
    const listed = client.call(listGroups, 4, { statesFilter: [] }).groups;
    expect(listed.find(({ groupId }) => groupId === 'life-5')).toMatchObject({
      protocolType: 'consumer',
      groupState: 'Empty',
    });
    const [described] = client.call(describeGroups, 5, { groups: ['life-5'] }).groups;
    expect(described).toMatchObject({ errorCode: 0, groupState: 'Empty' });
    const [unknown] = client.call(describeGroups, 5, { groups: ['life-5-unknown'] }).groups;
    expect([ErrorCode.NONE, ErrorCode.NOT_COORDINATOR]).toContain(unknown?.errorCode);
    expect(client.call(deleteGroups, 2, { groupsNames: ['life-5'] }).results[0]?.errorCode).toBe(0);
    expect(client.call(deleteGroups, 2, { groupsNames: ['life-5'] }).results[0]?.errorCode).toBe(
      ErrorCode.GROUP_ID_NOT_FOUND,
    );
  });

  test('lose single positions on request', () => {
    const client = coordinatorOf('life-6');
    const topics = [{ name: 'read', partitions: [{ partitionIndex: 0 }] }];
    expect(client.call(offsetDelete, 0, { groupId: 'life-6', topics })).toMatchObject({ errorCode: 0 });
    const fetched = client.call(offsetFetch, 7, {
      groupId: 'life-6',
      topics: [{ name: 'read', partitionIndexes: [0] }],
    });
    expect(fetched.topics[0]?.partitions[0]?.committedOffset).toBe(-1);
  });
});

describe('a broker that does not coordinate a group', () => {
  function elsewhere(groupId: string): WireClient {
    const { nodeId } = cluster.connect(cluster.node(1)).call(findCoordinator, 1, { key: groupId, keyType: 0 });
    return cluster.connect(cluster.node(nodeId === 1 ? 2 : 1));
  }

  test('says so to every request', () => {
    const client = elsewhere('life-7');
    const groupId = 'life-7';
    const code = ErrorCode.NOT_COORDINATOR;
    expect(client.call(heartbeat, 4, { groupId, generationId: 1, memberId: 'm' }).errorCode).toBe(code);
    expect(client.call(syncGroup, 5, { groupId, generationId: 1, memberId: 'm', assignments: [] }).errorCode).toBe(
      code,
    );
    expect(client.call(leaveGroup, 5, { groupId, members: [] }).errorCode).toBe(code);
    expect(client.call(describeGroups, 5, { groups: [groupId] }).groups[0]?.errorCode).toBe(code);
    expect(client.call(deleteGroups, 2, { groupsNames: [groupId] }).results[0]?.errorCode).toBe(code);
    expect(client.call(offsetDelete, 0, { groupId, topics: [] }).errorCode).toBe(code);
    expect(join(client, groupId, 9).errorCode).toBe(code);
  });

  test('says so for each partition where OffsetFetch has no other room, and once where it has', () => {
    const client = elsewhere('life-7');
    const topics = [{ name: 'read', partitionIndexes: [0, 1] }];
    const first = client.call(offsetFetch, 1, { groupId: 'life-7', topics }).topics[0]?.partitions;
    expect(first?.map(({ errorCode }) => errorCode)).toEqual([ErrorCode.NOT_COORDINATOR, ErrorCode.NOT_COORDINATOR]);
    expect(client.call(offsetFetch, 2, { groupId: 'life-7', topics }).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    const { groups } = client.call(offsetFetch, 8, { groups: [{ groupId: 'life-7', topics }] });
    expect(groups[0]).toMatchObject({ groupId: 'life-7', errorCode: ErrorCode.NOT_COORDINATOR });
  });
});
