/** The log as a replica sees it: what is handed out, durable, committed and applied. */
import { encodeText, InvariantError } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { LogView } from '../src/log-view.ts';
import type { Entry } from '../src/message.ts';

function entriesOf(first: number, terms: readonly number[]): readonly Entry[] {
  return terms.map((term, at) => ({ index: first + at, term, type: 'command', data: encodeText(`${term}`) }));
}

interface Place {
  readonly commit?: number;
  readonly compacted?: number;
  readonly compactedTerm?: number;
}

function logOf(terms: readonly number[], at: Place = {}): LogView {
  const compactedIndex = at.compacted ?? 0;
  return new LogView({
    compactedIndex,
    compactedTerm: at.compactedTerm ?? 0,
    entries: entriesOf(compactedIndex + 1, terms),
    commitIndex: at.commit ?? compactedIndex,
    appliedIndex: compactedIndex,
  });
}

describe('the log of a replica', () => {
  test('a write under way says nothing about entries that replaced its own [bug 61]', () => {
    const log = logOf([1]);
    expect(log.maybeAppend(1, 1, entriesOf(2, [1, 1]))).toBe(3);
    expect(log.beginWrite(1)).toHaveLength(2);
    expect(log.maybeAppend(1, 1, entriesOf(2, [2, 2]))).toBe(3);
    expect(log.beginWrite(2)).toHaveLength(2);
    log.endWrite(1);
    expect(log.durableIndex).toBe(1);
    log.endWrite(2);
    expect(log.durableIndex).toBe(3);
  });

  test('an entry that was replaced and came back is durable only with the last write', () => {
    const log = logOf([1]);
    log.maybeAppend(1, 1, entriesOf(2, [1]));
    log.beginWrite(1);
    log.maybeAppend(1, 1, entriesOf(2, [2]));
    log.beginWrite(2);
    log.maybeAppend(1, 1, entriesOf(2, [1]));
    log.beginWrite(3);
    log.endWrite(1);
    expect(log.durableIndex).toBe(1);
    log.endWrite(3);
    expect(log.durableIndex).toBe(2);
  });

  test('the term of an entry that is gone is unknown and matches nothing [bug 31]', () => {
    const log = logOf([3, 3], { compacted: 5, compactedTerm: 2 });
    expect(log.termAt(4)).toBeUndefined();
    expect(log.termAt(5)).toBe(2);
    expect(log.termAt(8)).toBeUndefined();
    expect(log.maybeAppend(4, 0, entriesOf(5, [2]))).toBeUndefined();
  });

  test('what is there already stays when an old append comes again [bug 18]', () => {
    const log = logOf([1, 1, 1, 1]);
    expect(log.maybeAppend(1, 1, entriesOf(2, [1]))).toBe(2);
    expect(log.lastIndex).toBe(4);
  });

  test('no append can cut below the commit index [bug 25]', () => {
    const log = logOf([1, 1, 1], { commit: 2 });
    expect(log.maybeAppend(1, 1, entriesOf(2, [2]))).toBeUndefined();
    expect(log.termAt(2)).toBe(1);
  });

  test('the commit index never falls and never passes the end of the log [bug 24]', () => {
    const log = logOf([1, 1, 1]);
    expect(log.maybeCommit(2)).toBe(true);
    expect(log.maybeCommit(1)).toBe(false);
    expect(log.commitIndex).toBe(2);
    expect(log.maybeCommit(9)).toBe(true);
    expect(log.commitIndex).toBe(3);
  });

  test('committed entries come in pieces and none is left out [bug 27]', () => {
    const log = logOf([1, 1, 1, 1, 1], { commit: 5 });
    const taken: number[] = [];
    while (log.hasUnemitted()) taken.push(...log.takeCommitted(60).map((entry) => entry.index));
    expect(taken).toEqual([1, 2, 3, 4, 5]);
  });

  test('committed entries wait until they are on this disk [bug 28]', () => {
    const log = logOf([]);
    log.append(entriesOf(1, [1]));
    log.maybeCommit(1);
    expect(log.hasUnemitted()).toBe(false);
    log.beginWrite(1);
    log.endWrite(1);
    expect(log.takeCommitted(100)).toHaveLength(1);
  });

  test('a snapshot in place of the log forgets what was on its way to the disk', () => {
    const log = logOf([1, 1], { commit: 1 });
    log.append(entriesOf(3, [1]));
    log.beginWrite(1);
    log.restore({ index: 9, term: 2 });
    log.endWrite(1);
    expect(log.durableIndex).toBe(1);
    expect(log.hasUnemitted()).toBe(false);
    log.beginWrite(2);
    log.endWrite(2);
    expect(log.durableIndex).toBe(9);
  });

  test('only what is applied can be compacted [bug 49]', () => {
    const log = logOf([1, 1, 1], { commit: 3 });
    expect(() => log.compactTo(2)).toThrow(InvariantError);
  });

  test('a log with a gap behind its snapshot does not start [bug 54, bug 60]', () => {
    const restored = { compactedIndex: 3, compactedTerm: 1, commitIndex: 3, appliedIndex: 3 };
    expect(() => new LogView({ ...restored, entries: entriesOf(5, [1]) })).toThrow(/5 stands where 4/);
  });
});
