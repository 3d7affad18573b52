/** Reference scenarios: what happens in them is known by name, and each part of it may go wrong. */
import { crc32c } from '@node-rs/crc32';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { accelerateCrc32c } from '@hapax/base';
import { playAll } from '../src/exhaust/exhaust-pool.ts';
import { record, recordedText, singles, type ListedRun } from '../src/exhaust/fault-lists.ts';
import { faultText, parseFault } from '../src/exhaust/fault-point.ts';
import { play } from '../src/exhaust/play.ts';
import { findReference, REFERENCES } from '../src/exhaust/references/all.ts';
import type { Mutation } from '../src/mutations/mutation.ts';

accelerateCrc32c((bytes, previous) => crc32c(bytes, previous));
const transaction = findReference('txn')!;
const stories = REFERENCES.flatMap((reference) => reference.variants.map((variant) => ({ reference, variant })));

describe('the recorder', () => {
  test.each(stories.map(({ reference, variant }) => ({ reference, variant, story: `${reference.name}, ${variant}` })))(
    '$story: all durable effects and messages are on the list; UPDATE_GOLDEN=1 accepts new ones',
    ({ reference, variant }) => {
      const golden = new URL(`testdata/exhaust/${reference.name}-${variant}.txt`, import.meta.url);
      const text = recordedText(record(reference, variant));
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, text);
      expect(text).toBe(readFileSync(golden, 'utf8'));
    },
  );

  test('knows every effect of the two-phase commit on every replica', () => {
    const names = record(transaction, 'commit').filter(({ kind }) => kind === 'effect').map(({ name }) => name);
    for (const replica of ['leader', 'follower 1', 'follower 2']) {
      for (const effect of [
        'coordinator Empty', 'coordinator Ongoing with 3', 'coordinator PrepareCommit', 'A batch', 'B batch',
        'offsets pending offset', 'A commit marker', 'B commit marker', 'offsets commit marker',
      ]) expect(names).toContain(`${effect} on ${replica}`);
    }
    expect(names.filter((name) => name.includes('CompleteCommit'))).toHaveLength(3);
  });
});

describe('a run', () => {
  test('has the same trace each time, and its fault strikes', () => {
    const run = runOf('commit', 'coordinator PrepareCommit on leader / synced / failover / power');
    const played = play(transaction, run);
    expect(played.failure).toBeNull();
    expect(played.struck).toBe(1);
    expect(play(transaction, run).traceHash).toBe(played.traceHash);
  });

  test.each(singles(transaction).filter((_run, at) => at % 197 === 0).map((run) => ({ run, text: textOf(run) })))(
    'keeps every promise: $text',
    ({ run }) => {
      const { failure, struck } = play(transaction, run);
      expect(failure?.message, failure?.tail.join('\n')).toBeUndefined();
      expect(struck).toBe(1);
    },
  );
});

describe('a broken two-phase commit', () => {
  test('a coordinator that forgets what was prepared before it came is found by one fault', async () => {
    const run = runOf('commit', 'A commit marker on leader / before / failover / process');
    expect(await playBroken(FORGETFUL, [run])).toEqual([
      expect.stringMatching(/^liveness: .*the next transaction has not ended/u),
    ]);
  });

  test('an answer before the decision is safe is found by two faults', async () => {
    const [lost, crash] = [
      'push of coordinator PrepareCommit to follower 1 / drop',
      'coordinator PrepareCommit on leader / synced / failover / power',
    ];
    const runs = [runOf('commit', lost), runOf('commit', crash), runOf('commit', lost, crash)];
    expect(await playBroken(HASTY, runs)).toEqual([
      undefined, undefined, expect.stringMatching(/^T12: .* was told commit/u),
    ]);
  });
});

test('the text of a fault is read back as that fault', () => {
  for (const { faults: [fault] } of singles(transaction)) expect(parseFault(faultText(fault!))).toEqual(fault);
  expect(parseFault('A batch on leader / written')).toBeUndefined();
  expect(parseFault('EndTxn request / synced')).toBeUndefined();
});

const COORDINATOR = 'packages/txn/src/live-transactions.ts';
const FORGETFUL: Mutation = {
  row: 0,
  bug: 'none',
  what: 'a coordinator that takes over sends no markers for what is prepared in its log',
  breaks: ['liveness'],
  edits: [{
    file: COORDINATOR,
    find: 'for (const { transactionalId, offset } of prepared) this.work.expect(transactionalId, offset);',
    replace: 'prepared.length = 0;',
  }],
  hunt: { workload: 'txn' },
};
const HASTY: Mutation = {
  row: 0,
  bug: 'none',
  what: 'requests are answered as soon as their records are appended, before these are committed',
  breaks: ['T12'],
  edits: [
    {
      file: COORDINATOR,
      find: 'if (step.waits) this.wait({ ...waiting, verdict: step.verdict });',
      replace: `if (step.waits) this.wait({ ...waiting, verdict: step.verdict });
        else this.answerWith(waiting, step.verdict);`,
    },
    {
      file: COORDINATOR,
      find: 'if (!step.waits) this.answerWith(waiting, error === ErrorCode.NONE ? step.verdict : verdictOf(error));',
      replace: 'void error;',
    },
  ],
  hunt: { workload: 'txn' },
};

/** Plays runs with changed sources; gives what each of them violated. */
async function playBroken(mutation: Mutation, runs: readonly ListedRun[]): Promise<(string | undefined)[]> {
  const violated: (string | undefined)[] = [];
  await playAll({
    name: 'txn',
    seed: 1,
    runs,
    threads: 1,
    mutation,
    onPlayed: ({ failure }) => {
      violated.push(failure?.message);
      return true;
    },
  });
  return violated;
}

function runOf(variant: string, ...texts: readonly string[]): ListedRun {
  return { variant, faults: texts.map((text) => parseFault(text)!) };
}

function textOf({ variant, faults }: ListedRun): string {
  return [variant, ...faults.map(faultText)].join(', ');
}
