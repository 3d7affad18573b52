/** The checkers of Raft's stores, quorums, snapshots, reads and elections are fed what breaks them. */
import { describe, expect, test } from 'vitest';
import { encodeText, type KeyValueChange } from '@hapax/base';
import { ClusterImage, encodeBatch, encodeImage, type MetadataBatch } from '@hapax/metadata';
import { EMPTY_MEMBERSHIP, type Membership, type RaftMessage, type RaftStatus } from '@hapax/raft';
import { ElectionInvariants } from '../src/invariants/elections.ts';
import { MetadataReadInvariants } from '../src/invariants/metadata-reads.ts';
import { DurableRafts } from '../src/invariants/raft-durable.ts';
import { QuorumInvariants } from '../src/invariants/raft-quorums.ts';
import { SnapshotInvariants } from '../src/invariants/raft-snapshots.ts';
import { Violation } from '../src/invariants/violation.ts';

function broken(history: () => void): string {
  try {
    history();
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
  return 'nothing';
}

function hardState(term: number, votedFor: number): KeyValueChange {
  return { type: 'put', key: 'raft/hard-state', value: encodeText(JSON.stringify({ term, votedFor, commitIndex: 0 })) };
}

function put(index: number, term: number): KeyValueChange {
  const value = new Uint8Array(9);
  new DataView(value.buffer).setFloat64(0, term);
  return { type: 'put', key: keyOf(index), value };
}

function remove(index: number): KeyValueChange {
  return { type: 'delete', key: keyOf(index) };
}

function keyOf(index: number): string {
  return `raft/entry/${index.toString(16).padStart(16, '0')}`;
}

function voters(...ids: readonly number[]): Membership {
  return { ...EMPTY_MEMBERSHIP, voters: ids };
}

describe('stores', () => {
  const make = (commitIndex = 0) =>
    new DurableRafts({ commitIndexOf: () => commitIndex, appliedTermAt: () => 1 });

  test('R2: a vote that is forgotten within its term', () => {
    const stores = make();
    stores.onStored(0, [hardState(2, 1)]);
    expect(broken(() => stores.onStored(0, [hardState(3, -1)]))).toBe('nothing');
    stores.onStored(0, [hardState(3, 2)]);
    expect(broken(() => stores.onStored(0, [hardState(3, -1)]))).toBe('R2');
  });

  test('R7: an entry that is known to be committed is replaced, or dropped without a snapshot', () => {
    const stores = make(1);
    stores.onStored(0, [put(1, 1)]);
    expect(broken(() => stores.onStoring(0, [put(1, 2)]))).toBe('R7');
    expect(broken(() => stores.onStoring(0, [remove(1)]))).toBe('R7');
    // What was given to a slow disk before it was known is no such thing.
    expect(broken(() => stores.onStored(0, [put(1, 2)]))).toBe('nothing');
  });

  test('S3: an entry is gone after a crash, and nothing had been written that takes it away', () => {
    const stores = make();
    const pairs = [{ key: put(1, 1).key, value: new Uint8Array(8) }];
    stores.onStored(0, [put(1, 1), put(2, 1)]);
    expect(broken(() => stores.onLoaded(0, pairs))).toBe('S3');
    stores.onStored(0, [put(1, 1), put(2, 1)]);
    stores.onStoring(0, [remove(2)]);
    expect(broken(() => stores.onLoaded(0, pairs))).toBe('nothing');
  });

  test('R10: an entry is missing within the log', () => {
    const stores = make();
    stores.onStored(0, [put(1, 1)]);
    expect(broken(() => stores.onStored(0, [put(3, 1)]))).toBe('R10');
  });

  test('S3: what was acknowledged in a term is taken back in the same term, though not in a later one', () => {
    const stores = make();
    stores.onStored(0, [hardState(2, 1), put(1, 2), put(2, 2)]);
    stores.onAcknowledged(0, 2, 2);
    expect(broken(() => stores.onStored(0, [remove(2)]))).toBe('S3');
    const later = make();
    later.onStored(0, [hardState(2, 1), put(1, 2), put(2, 2)]);
    later.onAcknowledged(0, 2, 2);
    expect(broken(() => later.onStored(0, [hardState(3, 1), put(1, 3), remove(2)]))).toBe('nothing');
  });
});

describe('quorums', () => {
  const make = (votes: Readonly<Record<number, number>>, terms: Readonly<Record<number, number>> = {}) =>
    new QuorumInvariants({
      voteOf: (node) => votes[node],
      durableOf: (node) => {
        const term = terms[node];
        const entries = new Map(term === undefined ? [] : [[5, term]]);
        return { term: 2, votedFor: -1, snapshotIndex: 0, entries };
      },
    });

  test('R11: who is no voter leads, or leads by the votes of others than voters', () => {
    expect(broken(() => make({}).onLeader(3, { term: 2, membership: voters(0, 1, 2) }))).toBe('R11');
    expect(broken(() => make({ 3: 0 }).onLeader(0, { term: 2, membership: voters(0, 1, 2) }))).toBe('R11');
    expect(broken(() => make({ 1: 0 }).onLeader(0, { term: 2, membership: voters(0, 1, 2) }))).toBe('nothing');
  });

  test('R11: a leader needs both halves of a joint configuration', () => {
    const membership = { ...voters(0, 1, 2), votersOutgoing: [3, 4, 5] };
    expect(broken(() => make({ 1: 0 }).onLeader(0, { term: 2, membership }))).toBe('R11');
    expect(broken(() => make({ 1: 0, 3: 0, 4: 0 }).onLeader(0, { term: 2, membership }))).toBe('nothing');
  });

  test('R11: what a leader commits is not on a majority of its voters', () => {
    const position = { term: 2, commitIndex: 5, membership: voters(0, 1, 2) };
    expect(broken(() => make({}, { 0: 2, 3: 2 }).onApplying(0, position))).toBe('R11');
    expect(broken(() => make({}, { 0: 2, 1: 2 }).onApplying(0, position))).toBe('nothing');
  });

  test('R11: majorities of consecutive memberships do not meet', () => {
    const quorums = make({});
    quorums.onApplied(0, 5, voters(0, 1, 2));
    quorums.onApplied(0, 6, voters(0, 1, 2, 3));
    expect(broken(() => quorums.onApplied(0, 7, voters(0, 3, 4, 5)))).toBe('R11');
    expect(broken(() => quorums.onApplied(1, 6, voters(0, 1, 2)))).toBe('R11');
  });

  test('R11: a leader changes the membership before all that was left to it is applied, or its own last change', () => {
    const quorums = make({});
    const change = { index: 9, term: 3 };
    expect(broken(() => quorums.onChange(0, change, { appliedIndex: 6, firstOfTerm: 8 }))).toBe('R11');
    expect(broken(() => quorums.onChange(0, change, { appliedIndex: 7, firstOfTerm: 8 }))).toBe('nothing');
    const next = { ...change, index: 10 };
    expect(broken(() => quorums.onChange(0, next, { appliedIndex: 8, firstOfTerm: 8 }))).toBe('R11');
  });
});

describe('snapshots', () => {
  const batch: MetadataBatch = [
    { type: 'config', resourceType: 'broker', resourceName: '', key: 'log.retention.ms', value: '7' },
  ];

  test('R10: a snapshot that lacks an entry, and one of what is not committed', () => {
    const snapshots = new SnapshotInvariants();
    snapshots.onApply([{ index: 2, term: 1, type: 'command', data: encodeBatch(batch) }]);
    const image = new ClusterImage({ trackChanges: false });
    image.passOver(3);
    expect(broken(() => snapshots.onSnapshot(0, 3, encodeImage(image), 3))).toBe('R10');
    const whole = new ClusterImage({ trackChanges: false });
    whole.replay(batch, { offset: 2, timestampMs: 0 });
    whole.passOver(3);
    expect(broken(() => snapshots.onSnapshot(0, 3, encodeImage(whole), 3))).toBe('nothing');
    expect(broken(() => snapshots.onSnapshot(0, 3, encodeImage(whole), 2))).toBe('R10');
  });
});

describe('metadata reads', () => {
  test('R12: a read that lacks what was applied when it was asked for', () => {
    const view = { maxApplied: 7 };
    const confirm = new MetadataReadInvariants(view).onAsked(0, () => {});
    view.maxApplied = 9;
    expect(broken(() => confirm(7))).toBe('nothing');
    expect(broken(() => confirm(6))).toBe('R12');
  });

  test('R12: a controller that is active without leading, or before it knows what was committed', () => {
    const reads = new MetadataReadInvariants({ maxApplied: 7 });
    expect(broken(() => reads.onRole(0, { isLeader: false, term: 2 }, true))).toBe('R12');
    reads.onRole(0, { isLeader: true, term: 3 }, false);
    expect(broken(() => reads.onApplied(0, 6, true))).toBe('R12');
    expect(broken(() => reads.onApplied(0, 8, true))).toBe('nothing');
  });
});

describe('elections', () => {
  const status: RaftStatus = {
    id: 0, role: 'follower', term: 2, leaderId: -1, votedFor: -1, commitIndex: 1, appliedIndex: 1, durableIndex: 1,
    firstIndex: 1, lastIndex: 1, membership: voters(0, 1, 2), progress: [],
  };
  const heartbeat: RaftMessage = { type: 'heartbeat', from: 1, to: 0, term: 2, commitIndex: 1, round: 0 };

  function watched(role: RaftStatus['role']) {
    let nowMs = 0;
    const elections = new ElectionInvariants({ electionTimeoutMs: 100, hasDisorder: false }, () => nowMs);
    const look = (atMs: number, maxTerm = 2): string => {
      nowMs = atMs;
      return broken(() => elections.checkNow([{ id: 0, isPaused: false, status: { ...status, role } }], maxTerm));
    };
    elections.onRole(0);
    return { elections, look };
  }

  test('R13: a voter that hears of no leader does not campaign', () => {
    const { elections, look } = watched('follower');
    expect(look(700)).toBe('nothing');
    elections.onReceived(0, heartbeat);
    expect(look(1400)).toBe('nothing');
    expect(look(1600)).toBe('R13');
  });

  test('R13: a leader that was replaced goes on to lead', () => {
    const { look } = watched('leader');
    expect(look(100, 3)).toBe('nothing');
    expect(look(800, 3)).toBe('nothing');
    expect(look(1000, 3)).toBe('R13');
  });
});
