/** The ledger must see what it is there for. */
import { describe, expect, test } from 'vitest';
import type { Received } from '../cluster/record.ts';
import { Ledger } from './ledger.ts';

function log(...values: readonly string[]): Received[] {
  return values.map((value, offset) => ({ partition: 0, offset, key: null, value, headers: {} }));
}

/** Three records of one key, all acknowledged and read. */
function threeAcked(): Ledger {
  const ledger = new Ledger();
  for (const nowMs of [0, 10, 250]) {
    const value = ledger.send('a');
    ledger.ack(value, 0, nowMs);
    ledger.read(value);
  }
  return ledger;
}

describe('the ledger', () => {
  test('a run in which all is stored once, in order and read is good', () => {
    const verdict = threeAcked().judge(log('a:0', 'a:1', 'a:2'));
    expect(verdict).toMatchObject({ sent: 3, acked: 3, stored: 3, isGood: true });
  });

  test('an acknowledged record that is not stored is lost', () => {
    expect(threeAcked().judge(log('a:0', 'a:2'))).toMatchObject({ lost: 1, isGood: false });
  });

  test('a second copy is a duplicate and not disorder', () => {
    const verdict = threeAcked().judge(log('a:0', 'a:1', 'a:0', 'a:2'));
    expect(verdict).toMatchObject({ duplicated: 1, outOfOrder: 0, isGood: false });
  });

  test('a record behind a later one of its key is out of order', () => {
    expect(threeAcked().judge(log('a:1', 'a:0', 'a:2'))).toMatchObject({ outOfOrder: 1, duplicated: 0, isGood: false });
  });

  test('a record that definitely failed and is stored is resurrected', () => {
    const ledger = threeAcked();
    ledger.fail(ledger.send('a'), true);
    ledger.read('a:3');
    expect(ledger.judge(log('a:0', 'a:1', 'a:2', 'a:3'))).toMatchObject({ resurrected: 1, isGood: false });
  });

  test('a record whose outcome is unknown may be stored or not', () => {
    const ledger = threeAcked();
    ledger.fail(ledger.send('a'), false);
    expect(ledger.judge(log('a:0', 'a:1', 'a:2'))).toMatchObject({ unknown: 1, isGood: true });
  });

  test('a stored record that nobody read is unread', () => {
    const ledger = threeAcked();
    ledger.ack(ledger.send('a'), 0, 260);
    expect(ledger.isAllRead).toBe(false);
    expect(ledger.judge(log('a:0', 'a:1', 'a:2', 'a:3'))).toMatchObject({ unread: 1, isGood: false });
  });

  test('reading a record again is told and allowed', () => {
    const ledger = threeAcked();
    ledger.read('a:1');
    expect(ledger.judge(log('a:0', 'a:1', 'a:2'))).toMatchObject({ readAgain: 1, isGood: true });
  });

  test('the longest pause is the longest time between acknowledgements of one partition', () => {
    expect(threeAcked().judge([]).longestPauseMs).toBe(240);
  });

  test('a run without any acknowledgement proves nothing', () => {
    expect(new Ledger().judge([]).isGood).toBe(false);
  });
});
