/** The checkers of transactions, each fed a history that breaks its invariant, and whole ones that break none. */
import { describe, expect, test } from 'vitest';
import { ReplayedState } from '@hapax/group';
import { Violation } from '../src/invariants/violation.ts';
import { GrowingLogs } from './committed-batches.ts';

/** The first invariant that a history breaks. */
function broken(history: (logs: GrowingLogs) => void): string {
  try {
    history(new GrowingLogs());
  } catch (error) {
    if (error instanceof Violation) return error.invariant;
    throw error;
  }
  return 'nothing';
}

/** A transaction of `a#0` in partitions 0 and 1 of `t`, decided, without markers. */
function decided(logs: GrowingLogs, outcome: 'commit' | 'abort' = 'commit'): void {
  logs.state('Empty');
  logs.begin('a#0');
  logs.invariants.clients.onAsked('a#0', outcome);
  const offsets = { topic: '__consumer_offsets', partitions: [0] };
  logs.state('Ongoing', { topics: [{ topic: 't', partitions: [0, 1] }, offsets] });
  logs.record('t-0', 'a#0');
  logs.record('t-1', 'a#0');
  logs.state(outcome === 'commit' ? 'PrepareCommit' : 'PrepareAbort', { partitions: [0, 1], producerEpoch: 1 });
}

/** The same with everything that belongs to it. */
function whole(logs: GrowingLogs, outcome: 'commit' | 'abort' = 'commit'): void {
  decided(logs, outcome);
  logs.marker('t-0', outcome);
  logs.marker('t-1', outcome);
  logs.state(outcome === 'commit' ? 'CompleteCommit' : 'CompleteAbort', { producerEpoch: 1, partitions: [] });
  logs.invariants.clients.onTold('a#0', outcome);
}

describe('no violation where all is well', () => {
  test.each(['commit', 'abort'] as const)('a transaction that ends with %s', (outcome) => {
    expect(broken((logs) => {
      whole(logs, outcome);
      if (outcome === 'commit') logs.invariants.onConsumed('t-0', 0);
      logs.invariants.checkStable('t-0', 0, 2);
      expect(logs.invariants.isVisible('t-1', 0)).toBe(outcome === 'commit');
      expect(logs.invariants.unfinished()).toBeUndefined();
    })).toBe('nothing');
  });

  test('a marker that is written twice, and one where nothing was written', () => {
    expect(broken((logs) => {
      whole(logs);
      logs.marker('t-0', 'commit');
      logs.marker('t-2', 'commit');
    })).toBe('nothing');
  });

  test('offsets that come into force with a marker, and those that do not', () => {
    expect(broken((logs) => {
      logs.offset('processors', 3);
      decided(logs);
      logs.offset('processors', 5, {});
      expect(logs.invariants.offsets.committedOf('processors', 'input', 0)).toBe(3);
      logs.marker('__consumer_offsets-0', 'commit');
      expect(logs.invariants.offsets.committedOf('processors', 'input', 0)).toBe(5);
    })).toBe('nothing');
  });

  test('a server that fences a client raises the epoch, and counts as such', () => {
    const logs = new GrowingLogs();
    logs.state('Empty');
    logs.begin('a#0');
    logs.state('Ongoing');
    logs.state('PrepareAbort', { producerEpoch: 1 });
    expect(logs.invariants.coordinators.reached.get('PrepareEpochFence')).toBe(1);
  });
});

describe('violations', () => {
  test('T1: parts that end differently, in data and in offsets', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.marker('t-0', 'commit');
      logs.state('CompleteCommit', { producerEpoch: 1, partitions: [] });
    })).toBe('T1');
    expect(broken((logs) => {
      logs.begin('a#0');
      logs.invariants.clients.onEnded(logs.invariants.clients.find('a#0')!, 'commit', 't-0');
      logs.invariants.clients.onEnded(logs.invariants.clients.find('a#0')!, 'abort', '__consumer_offsets-0');
    })).toBe('T1');
  });

  test('T2: a committed reader sees what is open, and what is aborted', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.invariants.onConsumed('t-0', 0);
    })).toBe('T2');
    expect(broken((logs) => {
      whole(logs, 'abort');
      logs.invariants.onConsumed('t-0', 0);
    })).toBe('T2');
  });

  test('T3: a record in the transaction of another one, or of another epoch', () => {
    expect(broken((logs) => {
      logs.begin('a#0');
      logs.record('t-0', 'a#0');
      logs.begin('a#1');
      logs.record('t-0', 'a#1');
    })).toBe('T3');
    expect(broken((logs) => {
      whole(logs);
      logs.record('t-0', 'a#0', { producerEpoch: 1 });
    })).toBe('T3');
    expect(broken((logs) => {
      logs.record('t-0', 'a#0');
      logs.record('t-0', 'a#0', { producerEpoch: 1 });
    })).toBe('T3');
  });

  test('T3: a transaction that its coordinator knows nothing of, or has ended', () => {
    expect(broken((logs) => {
      logs.state('Empty');
      logs.begin('a#0');
      logs.state('Ongoing', { partitions: [0] });
      logs.record('t-0', 'a#0');
      logs.record('t-1', 'a#0');
    })).toBe('T3');
    expect(broken((logs) => {
      logs.state('Empty', { transactionVersion: 0 });
      logs.begin('a#0', { version: 1 });
      logs.invariants.clients.onAsked('a#0', 'abort');
      logs.state('Ongoing', { transactionVersion: 0 });
      logs.state('PrepareAbort', { transactionVersion: 0 });
      logs.marker('t-0', 'abort', { producerEpoch: 0 });
      logs.record('t-0', 'a#0');
    })).toBe('T3');
  });

  test('T3: a commit that its client has not asked for', () => {
    expect(broken((logs) => {
      logs.state('Empty');
      logs.begin('a#0');
      logs.invariants.clients.onAsked('a#0', 'abort');
      logs.state('Ongoing');
      logs.state('PrepareCommit', { producerEpoch: 1 });
    })).toBe('T3');
  });

  test('T4: stable is what is open', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.invariants.checkStable('t-0', 0, 1);
    })).toBe('T4');
  });

  test('T5: a move that is not in the table, a decision that changes, a marker that contradicts it', () => {
    expect(broken((logs) => logs.state('Ongoing'))).toBe('T5');
    expect(broken((logs) => {
      decided(logs);
      logs.state('PrepareAbort', { producerEpoch: 1 });
    })).toBe('T5');
    expect(broken((logs) => {
      decided(logs);
      logs.state('CompleteAbort', { producerEpoch: 1 });
    })).toBe('T5');
    expect(broken((logs) => {
      decided(logs);
      logs.marker('t-0', 'abort');
    })).toBe('T5');
  });

  test('T6: an epoch that falls, a producer id too early, an identity for two', () => {
    expect(broken((logs) => {
      logs.state('Empty', { producerEpoch: 2 });
      logs.state('Empty', { producerEpoch: 1 });
    })).toBe('T6');
    expect(broken((logs) => {
      logs.state('Empty', { producerEpoch: 2 });
      logs.state('Empty', { producerId: 2 });
    })).toBe('T6');
    expect(broken((logs) => {
      logs.begin('a#0');
      logs.begin('a#1');
      logs.begin('b#0');
    })).toBe('T6');
  });

  test('T7: a marker of an older coordinator, and one that nobody has decided', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.marker('t-0', 'commit', { coordinatorEpoch: 5 });
      logs.marker('t-0', 'commit', { coordinatorEpoch: 4 });
    })).toBe('T7');
    expect(broken((logs) => logs.marker('t-0', 'abort'))).toBe('T7');
  });

  test('T9: an offset that goes back', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.offset('processors', 5);
      logs.offset('processors', 3, {});
      logs.marker('__consumer_offsets-0', 'commit');
    })).toBe('T9');
  });

  test('T9: an offset that is removed while a transaction has one for it', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.offset('simple', 3, {});
      logs.offset('simple', null);
    })).toBe('T9');
  });

  test('T9: offsets of a member whose generation was over when it sent them', () => {
    const logs = new GrowingLogs();
    const { offsets } = logs.invariants;
    expect(offsets.generationOf('processors')).toBe(-1);
    logs.generation('processors', 4);
    expect(offsets.generationOf('processors')).toBe(4);
    offsets.onAccepted('processors', 4, 4);
    expect(() => offsets.onAccepted('processors', 3, 4)).toThrow('T9');
  });

  test('T10: a coordinator that takes an id for something else than its log', () => {
    expect(broken((logs) => {
      whole(logs);
      const { coordinators } = logs.invariants;
      coordinators.checkCache(0, 'id', coordinators.find('id'));
      coordinators.checkCache(0, 'id', { ...coordinators.find('id')!, producerEpoch: 7 });
    })).toBe('T10');
  });

  test('T10: a group coordinator that has another offset than its log', () => {
    const logs = new GrowingLogs();
    logs.offset('processors', 3);
    const { offsets } = logs.invariants;
    const state = new ReplayedState();
    offsets.checkCache(0, state);
    const value = {
      offset: 2, leaderEpoch: -1, metadata: '', commitTimestampMs: 1, expireTimestampMs: -1, topicId: '',
    };
    const record = { kind: 'offset', groupId: 'processors', topic: 'input', partition: 0, value } as const;
    state.replay(record, { offset: 0, timestampMs: 1 });
    expect(() => offsets.checkCache(0, state)).toThrow('T10');
    state.replay({ ...record, value: { ...value, offset: 3 } }, { offset: 1, timestampMs: 1 });
    offsets.checkCache(0, state);
  });

  test('T11: what is prepared, and what is open in a partition, has not ended', () => {
    const logs = new GrowingLogs();
    decided(logs);
    expect(logs.invariants.unfinished()).toContain('T11');
    logs.marker('t-0', 'commit');
    logs.marker('t-1', 'commit');
    expect(logs.invariants.unfinished()).toContain('PrepareCommit');
  });

  test('T12: a client is told something else than what is', () => {
    expect(broken((logs) => {
      decided(logs);
      logs.marker('t-0', 'commit');
      logs.invariants.clients.onTold('a#0', 'abort');
    })).toBe('T12');
    expect(broken((logs) => {
      decided(logs, 'abort');
      logs.invariants.clients.onTold('a#0', 'commit');
      logs.marker('t-0', 'abort');
    })).toBe('T12');
  });
});

describe('the one known anomaly of version 1', () => {
  /** The commit of `a#0` came late, and ends `a#1`, which has the same epoch. */
  function hit(logs: GrowingLogs, version: 1 | 2): void {
    logs.state('Empty', { transactionVersion: 0 });
    logs.begin('a#1', { version });
    logs.state('Ongoing', { transactionVersion: 0 });
    logs.record('t-0', 'a#1');
    logs.state('PrepareCommit', { transactionVersion: 0 });
    logs.marker('t-0', 'commit', { producerEpoch: 0 });
    logs.invariants.clients.onTold('a#1', 'abort');
  }

  test('is counted apart [KAFKA-17754]', () => {
    const logs = new GrowingLogs();
    logs.invariants.clients.mayEndLate = true;
    hit(logs, 1);
    expect(logs.invariants.clients.delayedEndCount).toBe(1);
  });

  test('is no excuse under version 2', () => {
    expect(broken((logs) => hit(logs, 2))).toBe('T12');
  });

  test('is none where clients raise their epoch when an answer is lost', () => {
    expect(broken((logs) => hit(logs, 1))).toBe('T3');
  });
});
