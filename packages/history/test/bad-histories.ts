/** For every anomaly, the smallest histories that have it. */
import type { AnomalyName, History } from '@hapax/history';
import { assign, history, poll, read, send, txn } from './short-histories.ts';

/** A sentence, and the history of which it is true. */
export type BadHistory = readonly [what: string, history: History];

/** For each anomaly, histories that have it; the first in each list is the barest. */
export const BAD: Readonly<Record<AnomalyName, readonly BadHistory[]>> = {
  'inconsistent-offsets': [
    [
      'two readers got different values at one offset',
      history(txn('p', [send('t', 'a', 0)]), txn('q', [send('t', 'b', 0)]), read('r', 't', '0:a'),
        read('s', 't', '0:b')),
    ],
    [
      'a value was replaced after it had been read',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), read('s', 't', '0:a 1:c')),
    ],
  ],
  'duplicate': [
    [
      'one reader got one value at two offsets',
      history(txn('p', [send('t', 'a', 0)]), read('r', 't', '0:a 1:a')),
    ],
    [
      'what the sender was told and what was read later are different offsets',
      history(txn('p', [send('t', 'a', 3)]), read('r', 't', '0:a'), txn('q', [send('t', 'b', 5)]),
        read('r', 't', '5:b')),
    ],
  ],
  'aborted-read': [
    [
      'a reader got a record of an aborted transaction',
      history(txn('p', [send('t', 'a', 0)], { outcome: 'fail' }), read('r', 't', '0:a')),
    ],
    [
      'a transaction processed what another one had aborted',
      history(
        txn('p', [send('t', 'a', 0), send('u', 'b', 0)], { outcome: 'fail' }),
        txn('q', [poll('u', '0:b'), send('v', 'c', 0)]), read('r', 'v', '0:c'),
      ),
    ],
  ],
  'intermediate-read': [
    [
      'a reader got both ends of a span and not the record of the same transaction between',
      history(
        txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), txn('q', [send('t', 'c', 3)]),
        read('r', 't', '0:a 3:c'), read('s', 't', '0:a 1:b 3:c'),
      ),
    ],
    [
      'the middle one of three records of a transaction was left out',
      history(
        txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]),
        read('r', 't', '0:a 2:c'), read('s', 't', '0:a 1:b 2:c'),
      ),
    ],
  ],
  'precommitted-read': [
    [
      'a transaction read its own record before it had committed',
      history(txn('p', [send('t', 'a', 0), poll('t', '0:a')])),
    ],
    [
      'the same, though nobody knows what became of the transaction',
      history(
        txn('p', [send('t', 'a', 0), send('u', 'b'), poll('u', '4:b')], { outcome: 'unknown' }), read('r', 't', '0:a'),
      ),
    ],
  ],
  'lost-write': [
    [
      'a record before one that was read was never read by anybody',
      history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), read('r', 't', '2:b')),
    ],
    // A part of a transaction of unknown outcome was read, so all of it is committed.
    [
      'one part of a transaction was read, so the other part, never read, was lost',
      history(
        txn('p', [send('t', 'a', 0), send('u', 'b', 0)], { outcome: 'unknown' }), txn('q', [send('u', 'c', 2)]),
        read('r', 't', '0:a'), read('r', 'u', '2:c'),
      ),
    ],
  ],
  'unseen': [
    [
      'a record that was acknowledged is not there at the end',
      history(txn('p', [send('t', 'a', 0)])),
    ],
    [
      'the last record of a partition is not there at the end',
      history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), read('r', 't', '0:a')),
    ],
  ],
  'int-poll-skip': [
    [
      'one poll left out a record',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]), read('r', 't', '0:a 2:c'),
        read('s', 't', '0:a 1:b 2:c')),
    ],
    [
      'the second poll of a transaction did not go on where the first one ended',
      history(txn('p', [send('t', 'a', 0)]), txn('q', [send('t', 'b', 2)]), txn('q', [send('t', 'c', 4)]),
        txn('x', [poll('t', '0:a'), poll('t', '4:c')]), read('s', 't', '0:a 2:b 4:c')),
    ],
  ],
  'int-nonmonotonic-poll': [
    [
      'one poll went back',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '1:b 0:a')),
    ],
    [
      'the second poll of a transaction gave the same record again',
      history(txn('p', [send('t', 'a', 0)]), txn('x', [poll('t', '0:a'), poll('t', '0:a')])),
    ],
  ],
  'int-send-skip': [
    [
      'another transaction wrote between two sends of one',
      history(
        txn('p', [send('t', 'a', 0), send('t', 'c', 2)]), txn('q', [send('t', 'b', 1)]), read('r', 't', '0:a 1:b 2:c'),
      ),
    ],
    [
      'the same, where only readers know the offsets',
      history(txn('p', [send('t', 'a'), send('t', 'd')]), txn('q', [send('t', 'b'), send('t', 'c')]),
        read('r', 't', '0:a 1:b 2:c 3:d')),
    ],
  ],
  'int-nonmonotonic-send': [
    [
      'a transaction wrote two records in the wrong order',
      history(txn('p', [send('t', 'a', 1), send('t', 'b', 0)]), read('r', 't', '0:b 1:a')),
    ],
    [
      'the same, where nobody told the sender',
      history(txn('p', [send('t', 'a'), send('t', 'b')], { outcome: 'unknown' }), read('r', 't', '7:b 9:a')),
    ],
  ],
  'poll-skip': [
    [
      'the next poll of a reader left out a record',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1), send('t', 'c', 2)]),
        read('r', 't', '0:a'), read('r', 't', '2:c'), read('s', 't', '0:a 1:b 2:c')),
    ],
    [
      'a reader that kept its partition left out a record',
      history(txn('p', [send('t', 'a', 0)]), txn('p', [send('t', 'b', 2)]), txn('p', [send('t', 'c', 4)]),
        read('s', 't', '0:a 2:b 4:c'), txn('x', [poll('t', '0:a')]), assign('x', 't'), txn('x', [poll('t', '4:c')])),
    ],
  ],
  'nonmonotonic-poll': [
    [
      'the next poll of a reader gave a record again',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), read('r', 't', '1:b')),
    ],
    [
      'a reader that kept its partition began again',
      history(txn('p', [send('t', 'a', 0), send('t', 'b', 1)]), read('r', 't', '0:a 1:b'), assign('r', 't', 'u'),
        read('r', 't', '0:a 1:b')),
    ],
  ],
  'nonmonotonic-send': [
    [
      'what a client sent second lies before what it sent first',
      history(txn('p', [send('t', 'a', 2)]), txn('p', [send('t', 'b', 0)]), read('r', 't', '0:b 2:a')),
    ],
    [
      'the same, where the second outcome was not known',
      history(txn('p', [send('t', 'a')]), txn('p', [send('t', 'b')], { outcome: 'unknown' }),
        read('r', 't', '0:b 2:a')),
    ],
  ],
  'G0': [
    [
      'two transactions wrote before one another in two partitions',
      history(txn('p', [send('t', 'a', 0), send('u', 'b', 1)]), txn('q', [send('u', 'c', 0), send('t', 'd', 1)]),
        read('r', 't', '0:a 1:d'), read('r', 'u', '0:c 1:b')),
    ],
    [
      'one transaction wrote within another one',
      history(
        txn('p', [send('t', 'a', 0), send('t', 'c', 2)]), txn('q', [send('t', 'b', 1)]), read('r', 't', '0:a 1:b 2:c'),
      ),
    ],
  ],
  'G1c': [
    [
      'two transactions read what the other one wrote',
      history(txn('p', [send('t', 'a', 0), poll('u', '0:b')]), txn('q', [send('u', 'b', 0), poll('t', '0:a')])),
    ],
    [
      'three transactions read one another in a circle',
      history(
        txn('p', [send('t', 'a', 0), poll('v', '0:c')]), txn('q', [send('u', 'b', 0), poll('t', '0:a')]),
        txn('x', [send('v', 'c', 0), poll('u', '0:b')]),
      ),
    ],
  ],
  'G1c-ww': [
    [
      'a transaction read what another one wrote, which wrote behind it',
      history(txn('p', [send('t', 'a', 0), poll('u', '0:b')]), txn('q', [send('t', 'c', 2), send('u', 'b', 0)]),
        read('r', 't', '0:a 2:c')),
    ],
    [
      'the same over a third transaction',
      history(txn('p', [send('t', 'a', 0), poll('v', '0:x')]), txn('q', [send('t', 'c', 2)]),
        txn('q', [send('t', 'd', 4), send('v', 'x', 0)]), read('r', 't', '0:a 2:c 4:d')),
    ],
  ],
};
