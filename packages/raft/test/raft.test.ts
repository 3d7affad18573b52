/** One replica alone, told one thing at a time. */
import { encodeText, InvariantError, SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { BLANK_STATE, bootstrapState, encodeMembershipChange, membershipOfVoters, Raft } from '../src/index.ts';
import type { RaftMessage, RestoredState } from '../src/index.ts';

const three = bootstrapState([1, 2, 3].map((id) => ({ id, address: '' })));

function raftOf(id: number, state: RestoredState): Raft {
  return new Raft({
    id,
    electionTimeoutMs: 100,
    heartbeatIntervalMs: 20,
    random: new SeededRandom(1),
    maxAppendBytes: 1000,
    maxInflightAppends: 10,
    preVote: true,
    checkQuorum: true,
    state,
    nowMs: 0,
  });
}

const append = (patch: Partial<Extract<RaftMessage, { type: 'append' }>>): RaftMessage => ({
  type: 'append', from: 2, to: 1, term: 2, previousIndex: 1, previousTerm: 1, entries: [], commitIndex: 1, ...patch,
});

const command = (index: number, term: number, text = 'x') =>
  ({ index, term, type: 'command', data: encodeText(text) }) as const;

describe('a replica', () => {
  test.each<[string, RaftMessage]>([
    ['is for another node', append({ to: 3 })],
    ['is from itself', append({ from: 1 })],
    ['has a gap between its entries', append({ entries: [command(2, 2), command(4, 2)] })],
    ['has entries of a later term than its own', append({ entries: [command(2, 3)] })],
    ['has terms that go back', append({ previousTerm: 1, entries: [command(2, 2), command(3, 1)] })],
    ['answers an append that was never sent', {
      type: 'append-response', from: 2, to: 1, term: 1, rejected: false, index: 99, hintIndex: 0, hintTerm: 0,
    }],
  ])('ignores a message that %s', (_, message) => {
    const raft = raftOf(1, three);
    const before = raft.status();
    raft.step(message);
    expect(raft.status()).toMatchObject({ lastIndex: before.lastIndex, commitIndex: before.commitIndex });
  });

  test('commits no further than the message shows its log to be equal [bug 11]', () => {
    // The node holds entries of a leader of term 1 that the leader of term 2 never had.
    const entries = [command(2, 1), command(3, 1), command(4, 1)];
    const raft = raftOf(1, { ...three, entries });
    raft.step(append({ entries: [command(2, 1)], commitIndex: 4 }));
    expect(raft.status().commitIndex).toBe(2);
  });

  test('follows one leader a term: a second one is not believed', () => {
    const raft = raftOf(1, three);
    raft.step(append({ entries: [command(2, 2, 'first')] }));
    raft.step(append({ from: 3, entries: [command(2, 2, 'second')] }));
    expect(raft.status().leaderId).toBe(2);
  });

  test('reports the new term and its leader together [bug 23]', () => {
    const raft = raftOf(1, three);
    raft.step(append({ term: 7 }));
    expect(raft.takeReady()?.roleChanged).toEqual({ role: 'follower', term: 7, leaderId: 2 });
  });

  test('a later Ready may be taken before an earlier one is durable, and acknowledges both', () => {
    const raft = raftOf(1, three);
    raft.step(append({ entries: [command(2, 2)] }));
    const first = raft.takeReady();
    raft.step(append({ previousIndex: 2, previousTerm: 2, entries: [command(3, 2)], commitIndex: 3 }));
    const second = raft.takeReady();
    expect(first?.entries.map((entry) => entry.index)).toEqual([2]);
    expect(second?.entries.map((entry) => entry.index)).toEqual([3]);
    expect(second?.committedEntries).toEqual([]);
    if (second !== undefined) raft.onPersisted(second);
    expect(raft.status().durableIndex).toBe(3);
    expect(raft.takeReady()?.committedEntries.map((entry) => entry.index)).toEqual([2, 3]);
  });

  test('does not campaign with a committed change of the membership that it has not applied [bug 67]', () => {
    const change = encodeText('{"changes":[{"type":"remove","id":3}],"transition":"auto"}');
    const entries = [{ index: 2, term: 1, type: 'membership', data: change } as const];
    const raft = raftOf(1, { ...three, entries, hardState: { ...three.hardState, commitIndex: 2 } });
    raft.campaign();
    expect(raft.status().role).toBe('follower');
    const ready = raft.takeReady();
    expect(ready?.committedEntries).toHaveLength(1);
    raft.onApplied(2);
    raft.campaign();
    expect(raft.status().role).toBe('pre-candidate');
    expect(raft.status().membership.voters).toEqual([1, 2]);
  });

  test('a lost connection to the leader starts the check within a heartbeat interval', () => {
    const raft = raftOf(1, three);
    raft.step(append({}));
    raft.onLeaderConnectionLost(5);
    raft.tick(25);
    expect(raft.status().role).toBe('pre-candidate');
  });

  test('a stalled event loop counts as one heartbeat interval, however long it was', () => {
    const raft = raftOf(1, three);
    for (let nowMs = 10; nowMs <= 70; nowMs += 10) raft.tick(nowMs);
    raft.tick(60_000);
    expect(raft.status().role).toBe('follower');
  });

  test('a clock that goes back stands still [bug 38]', () => {
    const raft = raftOf(1, three);
    raft.tick(20);
    raft.tick(-1000);
    for (let nowMs = 20; nowMs <= 90; nowMs += 10) raft.tick(nowMs);
    expect(raft.status().role).toBe('follower');
  });

  test('a commit index that was not synced is no obstacle: what was applied was committed', () => {
    const raft = raftOf(1, { ...three, entries: [command(2, 1)], appliedIndex: 2 });
    expect(raft.status()).toMatchObject({ commitIndex: 2, appliedIndex: 2 });
  });

  test('a snapshot taken in is not mixed with the state before it', () => {
    const raft = raftOf(1, BLANK_STATE);
    const membership = membershipOfVoters([{ id: 2, address: '' }]);
    const snapshot = { metadata: { index: 5, term: 2, membership }, data: encodeText('s') };
    raft.step({ type: 'snapshot', from: 2, to: 1, term: 2, snapshot });
    expect(raft.snapshotMetadata()).toBeUndefined();
    const ready = raft.takeReady();
    expect(ready?.snapshot).toEqual(snapshot);
    if (ready !== undefined) raft.onPersisted(ready);
    raft.onApplied(5);
    expect(raft.snapshotMetadata()).toEqual(snapshot.metadata);
  });

  test('an out-of-date snapshot is acknowledged and cuts off nothing [bug 56]', () => {
    const membership = membershipOfVoters([{ id: 1, address: '' }, { id: 2, address: '' }]);
    const raft = raftOf(1, {
      hardState: { term: 2, votedFor: -1, commitIndex: 5 },
      snapshot: { index: 5, term: 2, membership },
      entries: [command(6, 2)],
      appliedIndex: 5,
    });
    const snapshot = { metadata: { index: 3, term: 1, membership }, data: encodeText('old') };
    raft.step({ type: 'snapshot', from: 2, to: 1, term: 2, snapshot });
    const ready = raft.takeReady();
    expect(ready?.snapshot).toBeUndefined();
    expect(ready?.messagesAfterPersist).toMatchObject([{ type: 'append-response', rejected: false, index: 5 }]);
    expect(raft.status()).toMatchObject({ lastIndex: 6, commitIndex: 5 });
  });

  test('restarts with the membership of what it had applied, joint or not [bug 67, bug 70]', () => {
    const changes = [{ type: 'add-voter', id: 4, address: 'four' }, { type: 'remove', id: 3 }] as const;
    const data = encodeMembershipChange({ changes, transition: 'joint' });
    const entries = [{ index: 2, term: 1, type: 'membership', data } as const, command(3, 1)];
    const before = raftOf(1, { ...three, entries, hardState: { ...three.hardState, commitIndex: 3 } });
    expect(before.status().membership.voters).toEqual([1, 2, 3]);
    const after = raftOf(1, { ...three, entries, appliedIndex: 2 });
    expect(after.status().membership).toMatchObject({ voters: [1, 2, 4], votersOutgoing: [1, 2, 3], autoLeave: true });
  });

  test('a first membership that blank nodes could never learn is refused', () => {
    const snapshot = { index: 0, term: 0, membership: membershipOfVoters([{ id: 1, address: '' }]) };
    expect(() => raftOf(1, { ...BLANK_STATE, snapshot })).toThrow(InvariantError);
  });
});
