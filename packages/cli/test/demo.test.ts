/** The books of the demonstrations: each kind of fault is counted where it belongs, and nothing else is. */
import { encodeText } from '@hapax/base';
import type { ConsumedRecord } from '@hapax/client';
import { groupMetadataRecord, offsetCommitRecord } from '@hapax/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { attemptHeaders, readOffsetCommit, readOutput } from '../src/demo/attempt.ts';
import { BankLedger } from '../src/demo/bank/bank-ledger.ts';
import { bankView } from '../src/demo/bank/bank-view.ts';
import { decodeEntry, encodeEntry, partitionOf } from '../src/demo/bank/entry-record.ts';
import { classify } from '../src/demo/delay-class.ts';
import { LoadLedger } from '../src/demo/load-ledger.ts';
import { OutcomeLedger, type Outcome } from '../src/demo/outcome-ledger.ts';
import { outcomeView } from '../src/demo/outcome-view.ts';
import { Pauses } from '../src/demo/pauses.ts';
import type { RunReport } from '../src/demo/run-guarantee.ts';
import { renderResult } from '../src/output.ts';
import pico from 'picocolors';

const COLORS = pico.createColors(false);

describe('the delay class of a flight', () => {
  test('is early before its time, late from a quarter of an hour on, and keeps delay and distance', () => {
    const classOf = (delay: number) => classify(JSON.stringify({ delay, distance: 100, time: 0 })).delayClass;
    expect([-1, 0, 14, 15].map(classOf)).toEqual(['early', 'on-time', 'on-time', 'late']);
    const { value } = classify('{"delay":20,"distance":7,"time":1}');
    expect(JSON.parse(value)).toEqual({ delayClass: 'late', delay: 20, distance: 7 });
  });
});

describe('the books of the input', () => {
  /** Three rows that were sent and lie in the log. */
  function clean(): LoadLedger {
    const ledger = new LoadLedger(['a', 'b', 'c']);
    for (const [row, value] of ['a', 'b', 'c'].entries()) {
      ledger.acknowledged(row);
      ledger.stored({ partition: 0, row }, value);
    }
    return ledger;
  }

  test('are clean when everything is there once and in order', () => {
    expect(clean().balance()).toMatchObject({ sent: 3, stored: 3, isClean: true });
  });

  test('find a record that is twice in the log, or is not what was sent', () => {
    const twice = clean();
    twice.stored({ partition: 0, row: 2 }, 'c');
    expect(twice.balance()).toMatchObject({ stored: 4, duplicated: 1, outOfOrder: 0, isClean: false });
    const altered = new LoadLedger(['a']);
    altered.acknowledged(0);
    altered.stored({ partition: 0, row: 0 }, 'b');
    expect(altered.balance()).toMatchObject({ altered: 1, isClean: false });
  });

  test('find records out of order within a partition, not across partitions', () => {
    const ledger = clean();
    ledger.stored({ partition: 1, row: 0 }, 'a');
    expect(ledger.balance().outOfOrder).toBe(0);
    ledger.stored({ partition: 0, row: 1 }, 'b');
    expect(ledger.balance()).toMatchObject({ outOfOrder: 1, isClean: false });
  });

  test('find what was acknowledged and is not in the log, and what was given up', () => {
    const ledger = new LoadLedger(['a', 'b']);
    ledger.acknowledged(0);
    ledger.failed();
    expect(ledger.balance()).toMatchObject({ lost: 1, unacknowledged: 1, isClean: false });
  });
});

/** Four flights; attempt `one` is to process the first two, `two` the others. */
const FLIGHTS = [-5, 0, 20, 30].map((delay) => JSON.stringify({ delay, distance: 1, time: 0 }));

describe('the books of one way to process', () => {
  let ledger: OutcomeLedger;
  beforeEach(() => {
    ledger = new OutcomeLedger('exactly-once', FLIGHTS);
  });

  function output(row: number, attempt: string): void {
    const { delayClass, value } = classify(FLIGHTS[row] ?? '');
    ledger.output({ topic: `exactly-once.${delayClass}`, row, value, attempt, attemptRecords: 2 });
  }

  function complete(attempt: string, ...rows: number[]): void {
    for (const row of rows) output(row, attempt);
    ledger.offsets(attempt);
    ledger.toldDone(attempt);
  }

  function zerosBut(expected: Partial<Outcome>): void {
    const zeros = { lost: 0, duplicated: 0, torn: 0, abortedButSeen: 0, altered: 0 };
    expect(ledger.balance()).toMatchObject({ ...zeros, ...expected });
  }

  test('are clean when each row came out once, and failed attempts left nothing', () => {
    complete('one', 0, 1);
    ledger.toldGivenUp('two');
    complete('three', 2, 3);
    zerosBut({ visible: 4, rows: 4, isClean: true });
  });

  test('are clean when an attempt took effect whose process died before it was told', () => {
    complete('one', 0, 1);
    output(2, 'two');
    output(3, 'two');
    ledger.offsets('two');
    zerosBut({ isClean: true });
  });

  test('find outputs without offsets, which come again: duplicated, torn, and seen though given up', () => {
    complete('one', 0, 1);
    output(2, 'two');
    output(3, 'two');
    complete('three', 2, 3);
    zerosBut({ duplicated: 2, torn: 1, abortedButSeen: 2, isClean: false });
  });

  test('find offsets without outputs, which never come: lost and torn', () => {
    complete('one', 0, 1);
    ledger.offsets('two');
    zerosBut({ lost: 2, torn: 1, isClean: false });
  });

  test('find an attempt of which some outputs are there', () => {
    complete('one', 0, 1);
    output(2, 'two');
    ledger.offsets('two');
    zerosBut({ lost: 1, torn: 1, isClean: false });
  });

  test('find an attempt that a processor was told to be done, and that is not there', () => {
    complete('one', 0, 1);
    ledger.toldDone('two');
    complete('three', 2, 3);
    zerosBut({ torn: 1, isClean: false });
  });

  test('find what is seen of an attempt that was aborted, even if all of it is there', () => {
    complete('one', 0, 1);
    complete('two', 2, 3);
    ledger.toldGivenUp('two');
    zerosBut({ abortedButSeen: 2, isClean: false });
  });

  test('find an output that is not what the flight should have become, or is where it does not belong', () => {
    complete('one', 0, 1);
    ledger.output({ topic: 'exactly-once.early', row: 2, value: '{}', attempt: 'two', attemptRecords: 2 });
    output(3, 'two');
    ledger.offsets('two');
    zerosBut({ lost: 1, altered: 1, isClean: false });
  });
});

describe('the name of an attempt', () => {
  const record = (part: Partial<ConsumedRecord>): ConsumedRecord => ({
    topic: 't', partition: 0, offset: 0, timestampMs: 0, key: null, value: null, headers: [], ...part,
  });

  test('is on every output', () => {
    const named = Object.entries(attemptHeaders('p.1.2', 250));
    const headers = named.map(([key, value]) => ({ key, value: encodeText(value) }));
    expect(readOutput(record({ key: encodeText('17'), value: encodeText('v'), headers }))).toEqual({
      topic: 't', row: 17, value: 'v', attempt: 'p.1.2', attemptRecords: 250,
    });
  });

  test('is found in the offsets of its group, as they lie in the log, and nowhere else', () => {
    const commit = (group: string, metadata: string) =>
      record({
        key: offsetCommitRecord.encodeKey({ group, topic: 'flights', partition: 1 }),
        value: offsetCommitRecord.encodeValue(3, { offset: 5, leaderEpoch: 0, metadata, commitTimestamp: 0 }),
      });
    expect(readOffsetCommit(commit('g', 'p.1.2'), 'g')).toBe('p.1.2');
    expect(readOffsetCommit(commit('other', 'p.1.2'), 'g')).toBeUndefined();
    expect(readOffsetCommit(commit('g', ''), 'g')).toBeUndefined();
    expect(readOffsetCommit({ ...commit('g', 'p.1.2'), value: null }, 'g')).toBeUndefined();
    const metadata = record({ key: groupMetadataRecord.encodeKey({ group: 'g' }), value: new Uint8Array(2) });
    expect(readOffsetCommit(metadata, 'g')).toBeUndefined();
  });
});

describe('the books of the bank', () => {
  const debit = (transfer: string, amount = 5) => ({ transfer, account: 1, amount: -amount });
  const credit = (transfer: string, amount = 5) => ({ transfer, account: 2, amount });
  let ledger: BankLedger;
  beforeEach(() => {
    ledger = new BankLedger();
  });

  test('hold while transfers come into sight half by half, as long as the other half follows within the audit', () => {
    ledger.entry(debit('a'));
    ledger.beginRead();
    ledger.entry(credit('a'));
    expect(ledger.endRead()).toBe(0);
    expect(ledger.balance()).toMatchObject({ transfers: 1, reads: 1, readsOff: 0, isClean: true });
  });

  test('leave a half that came into sight after the audit began to the next audit', () => {
    ledger.beginRead();
    ledger.entry(debit('a'));
    expect(ledger.endRead()).toBe(0);
    ledger.beginRead();
    expect(ledger.endRead()).toBe(-5);
    ledger.beginRead();
    ledger.entry(credit('a'));
    expect(ledger.endRead()).toBe(0);
    expect(ledger.balance()).toMatchObject({ reads: 3, readsOff: 1, driftMax: 5, driftAtEnd: 0, isClean: false });
  });

  test('find halves that stay, whichever half it is', () => {
    ledger.entry(debit('a', 7));
    ledger.entry(credit('b', 3));
    expect(ledger.balance()).toMatchObject({ driftAtEnd: -4, halfAtEnd: 2, isClean: false });
  });

  test('find a half that is there twice, also after the transfer was whole', () => {
    ledger.entry(debit('a'));
    ledger.entry(credit('a'));
    ledger.entry(credit('a'));
    expect(ledger.balance()).toMatchObject({ transfers: 0, driftAtEnd: 5, halfAtEnd: 1, isClean: false });
  });

  test('find a transfer that was acknowledged and is not there', () => {
    ledger.toldDone('a');
    expect(ledger.balance()).toMatchObject({ missing: 1, isClean: false });
    ledger.entry(debit('a'));
    ledger.entry(credit('a'));
    expect(ledger.balance()).toMatchObject({ missing: 0, isClean: true });
  });

  test('are kept in records that say all of an entry, in the partition of the account', () => {
    const { value } = encodeEntry(debit('a'));
    const place = { topic: 't', partition: 0, offset: 0, timestampMs: 0 };
    expect(decodeEntry({ ...place, key: null, headers: [], value: encodeText(value) })).toEqual(debit('a'));
    expect([0, 5, 6, 13].map((account) => partitionOf(account, 6))).toEqual([0, 5, 0, 1]);
  });
});

describe('the verdict', () => {
  const load = {
    rows: 4, sent: 4, unacknowledged: 0, stored: 4, lost: 0, duplicated: 0, outOfOrder: 0, altered: 0, isClean: true,
    killed: 1, successor: 2, electionMs: 500, backMs: 2000, durationMs: 9000, pauseMs: 700,
  };
  const run = (guarantee: RunReport['guarantee'], part: Partial<RunReport>): RunReport => ({
    guarantee, rows: 4, visible: 4, lost: 0, duplicated: 0, torn: 0, abortedButSeen: 0, altered: 0, isClean: true,
    completed: 2, failed: 1, pauseMs: 1500, zombieRefused: 'PRODUCER_FENCED', durationMs: 9000, hidden: 2, faults: 7,
    faultsPlanned: 7, ...part,
  });
  const others = [
    run('at-least-once', { duplicated: 2, torn: 1, abortedButSeen: 2, isClean: false }),
    run('at-most-once', { lost: 2, torn: 1, isClean: false }),
  ];

  test('is good when exactly-once is all zeros, whatever the other two are', () => {
    const view = outcomeView(COLORS, load, [run('exactly-once', {}), ...others]);
    expect(view.isGood).toBe(true);
    const lines = renderResult('table', view, false).split('\n');
    expect(lines[0]).toBe('Exactly once: nothing lost, nothing twice, nothing torn.');
    expect(lines.slice(2, 6).map((line) => line.split(/ {2,}/u).slice(0, 5))).toEqual([
      ['', 'LOST', 'DUPLICATED', 'TORN', 'ABORTED BUT SEEN'],
      ['exactly-once', '0', '0', '0', '0'],
      ['at-least-once', '0', '2', '1', '2'],
      ['at-most-once', '2', '0', '1', '0'],
    ]);
  });

  test('is bad when exactly-once has anything, a fault did not strike, or the input is not what was sent', () => {
    const titleOf = (input: typeof load, once: Partial<RunReport>): string => {
      const view = outcomeView(COLORS, input, [run('exactly-once', once), ...others]);
      expect(view.isGood).toBe(false);
      return view.tables[0]?.title ?? '';
    };
    expect(titleOf(load, { lost: 1, isClean: false })).toContain('Exactly once was broken: 1 lost');
    expect(titleOf(load, { altered: 3, isClean: false })).toContain('3 altered');
    expect(titleOf(load, { faults: 5 })).toContain('Only 5 of 7 faults struck');
    expect(titleOf({ ...load, isClean: false }, {})).toContain('The input is not what was sent');
  });

  test('of the bank is good when the transactional row is', () => {
    const balance = { transfers: 9, reads: 3, readsOff: 0, driftMax: 0, driftAtEnd: 0, halfAtEnd: 0, missing: 0 };
    const report = { ...balance, isClean: true, kills: 4, durationMs: 5000, opening: 60_000 };
    const naive = { ...report, way: 'naive', isClean: false, readsOff: 2, driftMax: 9, driftAtEnd: -4 } as const;
    const good = bankView(COLORS, [{ ...report, way: 'transactional' }, naive]);
    expect(good.isGood).toBe(true);
    expect(renderResult('table', good, false)).toContain('59,996');
    expect(bankView(COLORS, [{ ...report, way: 'transactional', isClean: false }, naive]).isGood).toBe(false);
  });
});

describe('pauses', () => {
  test('are the longest gaps of single partitions', () => {
    const pauses = new Pauses();
    pauses.onProgress(0, 0);
    pauses.onProgress(1, 900);
    pauses.onProgress(0, 400);
    pauses.onProgress(1, 1000);
    expect(pauses.longestMs).toBe(400);
  });
});
