/** Histories that look like an anomaly at first sight, and are right: at least one for each. */
import type { AnomalyName } from '@hapax/history';
import type { BadHistory } from './bad-histories.ts';
import { assign, history, poll, read, send, txn } from './short-histories.ts';

const unknown = { outcome: 'unknown' } as const;
const aborted = { outcome: 'fail' } as const;
const three = txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]);

/** By the anomaly that a history has not. */
export const NEAR_MISSES: Readonly<Record<AnomalyName, readonly BadHistory[]>> = {
  'inconsistent-offsets': [
    ['one offset in two partitions', history(
      txn('p', [send('t', 'a', 0), send('u', 'b', 0)]), read('r', 't', '0:a'), read('r', 'u', '0:b'),
    )],
    ['the offset of an aborted record is not used again', history(
      txn('p', [send('t', 'a', 0)], aborted), txn('q', [send('t', 'b', 2)]), read('r', 't', '2:b'),
    )],
  ],
  'duplicate': [['two readers got one record', history(three, read('r', 't', '0:a 1:b 2:c'), read('s', 't', '0:a'))]],
  'aborted-read': [
    ['a transaction of unknown outcome was committed', history(txn('p', [send('t', 'a', 0)], unknown),
      read('r', 't', '0:a'))],
  ],
  'intermediate-read': [['a reader has come to the middle', history(three, read('r', 't', '0:a 1:b'),
    read('r', 't', '2:c'))]],
  'precommitted-read': [['a transaction read what its client had committed before', history(
    txn('p', [send('t', 'a', 0)]), txn('p', [poll('t', '0:a'), send('u', 'b', 0)]), read('r', 'u', '0:b'),
  )]],
  'lost-write': [['what was aborted is not read, though what is behind it is', history(
    txn('p', [send('t', 'a', 0)], aborted), txn('p', [send('t', 'b', 2)]), read('r', 't', '2:b'),
  )]],
  'unseen': [['nobody knows whether it was committed', history(txn('p', [send('t', 'a')], unknown))]],
  'int-poll-skip': [['offsets of markers are left out', history(
    txn('p', [send('t', 'a', 0)]), txn('q', [send('t', 'b', 2)]), read('r', 't', '0:a 2:b'),
  )]],
  'int-nonmonotonic-poll': [['partitions take turns', history(
    txn('p', [send('t', 'a', 0), send('u', 'b', 0), send('t', 'c', 1)]),
    txn('x', [poll('t', '0:a'), poll('u', '0:b'), poll('t', '1:c')]),
  )]],
  'int-send-skip': [['another transaction wrote in another partition', history(
    txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), txn('q', [send('u', 'c', 0)]),
    read('r', 't', '0:a 1:b'), read('r', 'u', '0:c'),
  )]],
  'int-nonmonotonic-send': [['a later send went to another partition with a lower offset', history(
    txn('p', [send('t', 'a', 7), send('u', 'b', 0)]), read('r', 't', '7:a'), read('r', 'u', '0:b'),
  )]],
  'poll-skip': [['a reader came anew to a partition', history(
    three, read('r', 't', '0:a'), assign('r'), read('r', 't', '2:c'), read('s', 't', '0:a 1:b 2:c'),
  )]],
  'nonmonotonic-poll': [['a transaction failed, and its consumer went back', history(
    three, txn('x', [poll('t', '0:a 1:b')], aborted), txn('x', [poll('t', '0:a 1:b 2:c')]),
  )]],
  'nonmonotonic-send': [
    ['another client wrote before', history(
      txn('p', [send('t', 'a', 2)]), txn('q', [send('t', 'b', 0)]), read('r', 't', '0:b 2:a'),
    )],
    ['answers to sends that were on their way together came in another order', history(
      { ...txn('p', [send('t', 'b', 1)], { isTransaction: false }), beganAt: -1 },
      { ...txn('p', [send('t', 'a', 0)], { isTransaction: false }), beganAt: -2 },
      read('r', 't', '0:a 1:b'),
    )],
  ],
  'G0': [['two transactions wrote in one order everywhere', history(
    txn('p', [send('t', 'a', 0), send('u', 'b', 0)]), txn('q', [send('u', 'c', 2), send('t', 'd', 2)]),
    read('r', 't', '0:a 2:d'), read('r', 'u', '0:b 2:c'),
  )]],
  'G1c': [['one read what the other wrote, which read an older record', history(
    txn('o', [send('v', 'z', 0)]), txn('p', [send('t', 'a', 0), poll('v', '0:z')]),
    txn('q', [send('u', 'b', 0), poll('t', '0:a')]), read('r', 'u', '0:b'),
  )]],
  'G1c-ww': [['what was read was written first', history(
    txn('p', [send('t', 'a', 0), send('v', 'x', 0)]), txn('q', [poll('v', '0:x'), send('t', 'b', 2)]),
    read('r', 't', '0:a 2:b'),
  )]],
};
