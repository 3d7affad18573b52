/** The export is what Jepsen's workload for Kafka writes, form by form. */
import { expect, test } from 'vitest';
import { toJepsenEdn } from '@hapax/history';
import { assign, history, poll, read, send, txn } from './short-histories.ts';
import { writeGoodHistory } from './good-histories.ts';

test('sends, polls, transactions and assignments have the forms that tests/kafka.clj reads', () => {
  const shown = history(
    txn('writer', [send('b-0', 'x', 0), send('a-0', 'y')]),
    read('reader', 'b-0', '0:x'),
    assign('reader', 'a-0', 'b-0'),
    txn('worker', [poll('a-0', '3:y 4:z'), send('b-0', 'w "1"', 2)], { outcome: 'unknown' }),
    txn('worker', [send('a-0', 'v')], { outcome: 'fail', rebalanced: ['b-0'] }),
    read('dirty', 'a-0', '6:v', { isolation: 'read-uncommitted' }),
  );
  expect(toJepsenEdn(shown).split('\n')).toEqual([
    '{:index 0, :time 0, :type :invoke, :process 0, :f :send, :value [[:send 1 "x"] [:send 0 "y"]]}',
    '{:index 1, :time 1000, :type :ok, :process 0, :f :send, :value [[:send 1 [0 "x"]] [:send 0 [nil "y"]]]}',
    '{:index 2, :time 2000, :type :invoke, :process 1, :f :poll, :value [[:poll]]}',
    '{:index 3, :time 3000, :type :ok, :process 1, :f :poll, :value [[:poll {1 [[0 "x"]]}]]}',
    '{:index 4, :time 4000, :type :invoke, :process 1, :f :assign, :value [0 1]}',
    '{:index 5, :time 5000, :type :ok, :process 1, :f :assign, :value [0 1]}',
    '{:index 6, :time 6000, :type :invoke, :process 2, :f :txn, :value [[:poll] [:send 1 "w \\"1\\""]]}',
    '{:index 7, :time 7000, :type :info, :process 2, :f :txn, '
      + ':value [[:poll {0 [[3 "y"] [4 "z"]]}] [:send 1 [2 "w \\"1\\""]]]}',
    '{:index 8, :time 8000, :type :invoke, :process 3, :f :send, :value [[:send 0 "v"]]}',
    '{:index 9, :time 9000, :type :fail, :process 3, :f :send, '
      + ':value [[:send 0 [nil "v"]]], :rebalance-log [{:keys [1]}]}',
    '',
  ]);
});

test('operations are invoked and completed once, one at a time by process, and none follows :info', () => {
  for (let seed = 0; seed < 20; seed++) {
    const busy = new Set<string>();
    const crashed = new Set<string>();
    for (const line of toJepsenEdn(writeGoodHistory(seed, true)).trim().split('\n')) {
      const { type, process } = /:type :(?<type>\w+), :process (?<process>\d+)/u.exec(line)?.groups ?? {};
      expect(crashed.has(process ?? '')).toBe(false);
      expect(type === 'invoke' ? !busy.has(process ?? '') : busy.delete(process ?? '')).toBe(true);
      if (type === 'invoke') busy.add(process ?? '');
      if (type === 'info') crashed.add(process ?? '');
    }
    expect(busy.size).toBe(0);
  }
});
