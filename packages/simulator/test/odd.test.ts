/** Stories of odd clients come to the corners that they are told for, and break nothing. */
import { expect, test } from 'vitest';
import { runSeed } from '@hapax/simulator';

/** By the story, a seed that tells it, and the conditions that no other clients meet. */
const STORIES: readonly (readonly [story: string, seed: number, corners: readonly string[]])[] = [
  ['requests', 7, [
    'broker: a broker epoch is not known any more',
    'group: a commit comes while a generation begins',
    'group: members that did not ask for their assignment are removed',
    'group: offsets of a member that is gone are refused',
    'replica: a batch of a fenced producer is refused',
    'replica: a batch that overtook the first of its transaction is refused',
    'replica: a marker of a former coordinator is refused',
    'replica: a marker of a former epoch is refused',
    'txn: InitProducerId comes again after its answer was lost',
    'txn: a transactional id is not known any more',
    'txn: a verification misses a partition',
  ]],
  ['epochs', 1, [
    'txn: a transaction ends with the last epoch of its producer id',
    'txn: epochs are used up, and a new producer id follows',
  ]],
  ['offsets', 2, ['group: a marker is appended before the log is read']],
  ['late-messages', 3, [
    'metadata: a member of an ISR is of a former life of its broker',
    'replica: a follower begins its log anew',
    'replica: a late attach is dropped',
    'replica: a late marker does not end the next transaction',
    'replica: the controller refuses a member of the ISR',
  ]],
  ['former-coordinator', 4, ['txn: markers are given up, since somebody newer owns the transaction']],
  ['divergence', 5, ['log: a truncation in the journal cuts an append in two']],
  ['torn', 13, ['log: a journal replay finds a torn tail', 'log: a journal replay drops entries behind a torn one']],
];

test.each(STORIES)('%s: seed %i is clean and comes to its corners', (_story, seed, corners) => {
  const { failure, reached } = runSeed(seed, { faultsMs: 12_000, workload: 'odd' });
  expect(failure?.message).toBeUndefined();
  expect(corners.filter((corner) => !(corner in reached))).toEqual([]);
});

test('the same seed gives the same history', () => {
  const options = { faultsMs: 1000, workload: 'odd' } as const;
  expect(runSeed(3, options)).toEqual(runSeed(3, options));
});
