/** Every checker is fed a history that breaks its invariant: a check that cannot fail checks nothing. */
import { MemoryDisk } from '@hapax/testkit';
import { describe, expect, test } from 'vitest';
import { encodeText } from '@hapax/base';
import { EMPTY_MEMBERSHIP, type Entry, type Membership, type RaftMessage } from '@hapax/raft';
import { ProducerInvariants } from '../src/invariants/producers.ts';
import { RaftInvariants, type RaftPosition } from '../src/invariants/raft.ts';
import { AtomicFiles } from '../src/invariants/atomic-files.ts';
import { StorageInvariants } from '../src/invariants/storage.ts';
import { Violation } from '../src/invariants/violation.ts';
import { LogOfBatches, makeBatch } from './log-of-batches.ts';

function broken(history: () => void): string {
  try {
    history();
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
  return 'nothing';
}

function entry(index: number, term: number, text: string): Entry {
  return { index, term, type: 'command', data: encodeText(text) };
}

function of(voters: readonly number[], votersOutgoing: readonly number[] = []): Membership {
  return { ...EMPTY_MEMBERSHIP, voters, votersOutgoing };
}

function leading(term: number, commitIndex: number): RaftPosition {
  const indexes = { commitIndex, lastIndex: commitIndex, appliedIndex: commitIndex, firstIndex: 1 };
  return { term, isLeader: true, ...indexes, membership: of([0]), progress: [] };
}

const following: RaftPosition = { ...leading(1, 0), isLeader: false };

function hardState(term: number, votedFor: number) {
  const value = encodeText(JSON.stringify({ term, votedFor, commitIndex: 0 }));
  return [{ type: 'put' as const, key: 'raft/hard-state', value }];
}

function stored(...indexes: readonly number[]) {
  return indexes.map((index) => ({
    type: 'put' as const, key: `raft/entry/${index.toString(16).padStart(16, '0')}`, value: new Uint8Array(13),
  }));
}

function vote(from: number, to: number, term: number): RaftMessage {
  return { type: 'vote-response', from, to, term, rejected: false, commitIndex: 0, commitTerm: 0 };
}

describe('Raft', () => {
  test('R1: two leaders of one term', () => {
    const raft = new RaftInvariants();
    raft.onRole(0, { isLeader: true, term: 3, leaderId: 0 }, leading(3, 0));
    expect(broken(() => raft.onRole(1, { isLeader: true, term: 3, leaderId: 0 }, leading(3, 0)))).toBe('R1');
  });

  test('R2: two votes in one term, with a crash between them', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, hardState(2, 1), true);
    raft.onSent(0, vote(0, 1, 2));
    raft.onLife(0);
    expect(broken(() => raft.onSent(0, vote(0, 2, 2)))).toBe('R2');
  });

  test('R2: a vote that is gone after a restart', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, hardState(2, 1), true);
    expect(broken(() => raft.onLoaded(0, [{ key: 'raft/hard-state', value: hardState(2, -1)[0]!.value }]))).toBe('R2');
  });

  test('R3: a term that falls', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, hardState(2, 1), true);
    expect(broken(() => raft.onStored(0, hardState(1, 1), true))).toBe('R3');
  });

  test('R4: one index and term with two contents', () => {
    const raft = new RaftInvariants();
    const append = (text: string): RaftMessage => ({
      type: 'append', from: 0, to: 1, term: 1, previousIndex: 0, previousTerm: 0, commitIndex: 0,
      entries: [entry(1, 1, text)],
    });
    raft.onSent(0, append('a'));
    expect(broken(() => raft.onSent(0, append('b')))).toBe('R4');
  });

  test('R5: a leader whose log ends before what is committed', () => {
    const raft = new RaftInvariants();
    raft.onApplied(0, 5, 1, leading(1, 5));
    const role = { isLeader: true, term: 2, leaderId: 1 };
    expect(broken(() => raft.onRole(1, role, { ...leading(2, 0), lastIndex: 4 }))).toBe('R5');
  });

  test('R6: two commands at one index', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, stored(1), true);
    raft.onApply(0, [entry(1, 1, 'a')], following);
    expect(broken(() => raft.onApply(1, [entry(1, 1, 'b')], following))).toBe('R6');
  });

  test('R9: a command is applied that no disk has', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, stored(1), false);
    expect(broken(() => raft.onApply(0, [entry(1, 1, 'a')], following))).toBe('R9');
  });

  test('R2: a vote that is durable changes within its term', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, hardState(2, -1), true);
    raft.onStored(0, hardState(2, 1), true);
    expect(broken(() => raft.onStored(0, hardState(2, 0), true))).toBe('R2');
  });

  test('R10: entries are forgotten that no snapshot covers', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, stored(1, 2, 3), true);
    expect(broken(() => raft.onStored(0, stored(5), true))).toBe('R10');
  });

  test('S3: a process begins with less than its store holds', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, [...stored(1, 2), ...hardState(1, -1)], true);
    expect(broken(() => raft.onLoaded(0, stored(1)))).toBe('S3');
    raft.onStored(0, stored(1, 2), true);
    expect(broken(() => raft.onRecovered(0, { ...leading(1, 0), lastIndex: 1 }))).toBe('S3');
    expect(broken(() => raft.onRecovered(0, { ...leading(1, 0), lastIndex: 2 }))).toBe('nothing');
  });

  test('R7: a commit index that falls within a process', () => {
    const raft = new RaftInvariants();
    raft.onApplied(0, 5, 1, { ...leading(1, 5), isLeader: false });
    expect(broken(() => raft.onApplied(0, 5, 1, { ...leading(1, 4), isLeader: false }))).toBe('R7');
  });

  test('R8: a leader that commits an entry of an earlier term by counting', () => {
    expect(broken(() => new RaftInvariants().onApplied(0, 5, 1, leading(2, 5)))).toBe('R8');
  });

  test('R9: a vote that is not durable, and an entry that is not', () => {
    const raft = new RaftInvariants();
    raft.onStored(0, hardState(2, 1), false);
    expect(broken(() => raft.onSent(0, vote(0, 1, 2)))).toBe('R9');
    const acknowledged: RaftMessage = {
      type: 'append-response', from: 0, to: 1, term: 0, rejected: false, index: 7, hintIndex: 0, hintTerm: 0,
    };
    expect(broken(() => raft.onSent(0, acknowledged))).toBe('R9');
  });
});

describe('producers', () => {
  const committed = (...batches: readonly [sequence: number, count: number, epoch?: number][]): string => {
    const producers = new ProducerInvariants();
    return broken(() => {
      batches.forEach(([baseSequence, count, producerEpoch = 0], at) => {
        const { header } = makeBatch({ baseOffset: at * 10, baseSequence, count, producerEpoch });
        producers.onCommittedBatch('t-0', header);
      });
    });
  };

  test('P1: a batch twice', () => expect(committed([0, 2], [2, 2], [2, 2])).toBe('P1'));
  test('P2: a gap, and a new epoch that does not begin at 0', () => {
    expect(committed([0, 2], [3, 1])).toBe('P2');
    expect(committed([0, 2], [2, 1, 1])).toBe('P2');
  });
  test('P5: an epoch that was fenced', () => expect(committed([0, 2, 1], [0, 1, 0])).toBe('P5'));
  test('no violation where all is well', () => expect(committed([0, 2], [2, 3], [0, 1, 1])).toBe('nothing'));

  test('P1 and P3: a record twice, and records out of order', () => {
    const producers = new ProducerInvariants();
    producers.onCommittedRecord('t-0', 0, 'a:1:..');
    expect(broken(() => producers.onCommittedRecord('t-1', 0, 'a:1:..'))).toBe('P1');
    expect(broken(() => producers.onCommittedRecord('t-0', 1, 'a:0:..'))).toBe('P3');
  });

  test('P4: acknowledged and not there, elsewhere, or refused and there', () => {
    const producers = new ProducerInvariants();
    expect(broken(() => producers.onFate('a:1', { kind: 'acked', place: 't-0@5' }))).toBe('P4');
    producers.onCommittedRecord('t-0', 7, 'a:2:');
    expect(broken(() => producers.onFate('a:2', { kind: 'acked', place: 't-0@8' }))).toBe('P4');
    expect(broken(() => producers.onFate('a:2', { kind: 'refused' }))).toBe('P4');
  });
});

describe('storage', () => {
  const batches = [0, 1, 2].map((at) => makeBatch({ baseOffset: at * 10, baseSequence: at * 10, count: 10 }));
  const logOf = (count: number, durableOffset: number) => new LogOfBatches(batches.slice(0, count), durableOffset);

  test('S3: what was durable is gone', () => {
    const storage = new StorageInvariants();
    storage.onDying(0, [logOf(3, 30)]);
    expect(broken(() => storage.onRecovered(0, [logOf(2, 20)]))).toBe('S3');
    storage.onDying(0, [logOf(3, 30)]);
    expect(broken(() => storage.onRecovered(0, []))).toBe('S3');
  });

  test('what was not durable may be gone', () => {
    const storage = new StorageInvariants();
    storage.onDying(0, [logOf(3, 20)]);
    expect(broken(() => storage.onRecovered(0, [logOf(2, 20)]))).toBe('nothing');
  });

  test('S1: damage takes more than it must, or goes without a word', () => {
    const recovered = (count: number, isDamageKept: boolean, isOver = false) => {
      const storage = new StorageInvariants();
      const log = logOf(3, 30);
      storage.onDying(0, [log]);
      storage.onDamaged(0, { topicId: log.topicId, partition: 0, offset: 20, isOver: () => isOver });
      storage.onStart(0);
      return broken(() => storage.onRecovered(0, [Object.assign(logOf(count, count * 10), { isDamageKept })]));
    };
    expect(recovered(2, true)).toBe('nothing');
    expect(recovered(3, false)).toBe('nothing');
    expect(recovered(1, true)).toBe('S1');
    expect(recovered(2, false)).toBe('S1');
    expect(recovered(2, true, true)).toBe('S3');
  });

  test('S1: a damaged batch is recovered', () => {
    const [first] = batches;
    const bytes = Uint8Array.from(first!.bytes);
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    const log = new LogOfBatches([{ header: first!.header, bytes }], 10);
    expect(broken(() => new StorageInvariants().onRecovered(0, [log]))).toBe('S1');
  });
});

describe('files that are replaced', () => {
  test('S4: one is found as it never was', () => {
    for (const [content, expected] of [['1\n', 'nothing'], ['23\n', 'nothing'], ['2', 'S4'], ['', 'S4']] as const) {
      const files = new AtomicFiles();
      const disk = new MemoryDisk();
      const write = (text: string): void => {
        const file = disk.open('broker-epoch', { create: true });
        file.truncate(0);
        file.write(0, [encodeText(text)]);
      };
      for (const whole of ['1\n', '23\n']) {
        write(whole);
        files.onWhole(0, disk, 'broker-epoch');
      }
      write(content);
      expect(broken(() => files.onStart(0, disk)), content).toBe(expected);
    }
  });
});
