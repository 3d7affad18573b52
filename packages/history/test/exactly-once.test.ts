/** The equation of exactly once, where it holds and in every way in which it can fail. */
import { describe, expect, test } from 'vitest';
import { checkExactlyOnce, type Output, type ProcessingHistory } from '@hapax/history';

const INPUTS = ['a', 'b', 'c'].map((value, offset) => ({ partition: 'in-0', offset, value }));

function result(topic: string, offset: number, value: string): Output {
  return { topic, partition: 'in-0', offset, value };
}

const ALL = INPUTS.flatMap(({ offset, value }) => [
  result('upper', offset, value.toUpperCase()), result('twice', offset, value + value),
]);

function judge(outputs: readonly Output[], position = 3): ReturnType<typeof checkExactlyOnce> {
  const history: ProcessingHistory = {
    inputs: INPUTS,
    outputs,
    expected: ({ value }) => new Map([['upper', value.toUpperCase()], ['twice', value + value]]),
    positions: new Map([['in-0', position]]),
  };
  return checkExactlyOnce(history);
}

function faults(outputs: readonly Output[], position?: number): string[] {
  const { isValid, ...lists } = judge(outputs, position);
  const names = Object.entries(lists).filter(([, cases]) => cases.length > 0).map(([name]) => name);
  expect(isValid).toBe(names.length === 0);
  return names;
}

describe('output = f(input)', () => {
  test('holds where every input has every result once', () => expect(faults(ALL)).toEqual([]));
  test('holds while inputs that are not committed have no result', () => {
    expect(faults(ALL.filter(({ offset }) => offset < 1), 1)).toEqual([]);
    expect(faults([], 0)).toEqual([]);
  });

  test('lost: a committed input without a result', () => {
    expect(faults(ALL.filter(({ offset }) => offset !== 1))).toEqual(['lost']);
    expect(faults([])).toEqual(['lost']);
  });

  test('duplicated: a result twice', () => {
    expect(faults([...ALL, result('upper', 0, 'A')])).toEqual(['duplicated']);
    expect(faults([...ALL, ...ALL])).toEqual(['duplicated']);
  });

  test('torn: some results of an input', () => {
    expect(faults(ALL.slice(1))).toEqual(['torn']);
    expect(faults([result('twice', 0, 'aa')], 1)).toEqual(['torn']);
  });

  test('wrong: another value, another topic, or of no input', () => {
    expect(faults([...ALL.slice(1), result('upper', 0, 'X')])).toEqual(['wrong']);
    expect(faults([...ALL, result('other', 0, 'A')])).toEqual(['wrong']);
    expect(faults([...ALL, result('upper', 7, 'Z')])).toEqual(['wrong']);
  });

  test('ahead: a result whose offset is not committed', () => {
    expect(faults(ALL, 2)).toEqual(['ahead']);
    expect(faults(ALL.filter(({ offset }) => offset === 0), 0)).toEqual(['ahead']);
  });
});
