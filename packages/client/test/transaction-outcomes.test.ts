/** What becomes of transactions whose end is lost on the way, or late. */
import { describe, expect, test } from 'vitest';
import { isCommittedNonetheless, isOutcomeUnknown } from '../src/machines/index.ts';
import { errorOf, Transacting } from './fakes/transacting.ts';
import { faultOnce, visible, world } from './fakes/transactional-world.ts';

describe.each([1, 2])('a transaction of version %i', (version) => {
  test.each(['lose-request', 'lose-response', 'late-request'] as const)('is committed once after a %s', (fault) => {
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    faultOnce(fake, 'EndTxn', fault);
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(20);
    expect(visible(fake)).toEqual(['a']);
  });

  test('is not ended by the late commit of the one before', () => {
    // KAFKA-17754: under version 1 nothing in EndTxn tells one transaction from the next but the epoch.
    const fake = world(version);
    const transacting = new Transacting(fake);
    transacting.begin();
    transacting.send('a');
    faultOnce(fake, 'EndTxn', 'late-request');
    expect(transacting.commit().ok).toBe(true);
    transacting.begin();
    transacting.send('b');
    fake.time.run(5000);
    expect(fake.transactions.byId.get('billing')?.state).toBe('Ongoing');
    expect(visible(fake)).toEqual(['a']);
    expect(transacting.abort().ok).toBe(true);
    expect(visible(fake)).toEqual(['a']);
  });

  test('whose commit gets no answer has an unknown outcome, until it is asked again', () => {
    const fake = world(version);
    const transacting = new Transacting(fake, { operationTimeoutMs: 2000 });
    transacting.begin();
    transacting.send('a');
    fake.fault = ({ apiName }) => (apiName === 'EndTxn' ? 'lose-response' : 'none');
    const unknown = errorOf(transacting.commit());
    expect(unknown.code).toBe('outcome-unknown');
    expect([unknown.definite, unknown.retriable, isOutcomeUnknown(unknown)]).toEqual([false, true, true]);
    expect(errorOf(transacting.begin()).code).toBe('usage');
    fake.fault = () => 'none';
    expect(transacting.commit().ok).toBe(true);
    transacting.begin();
    transacting.send('b');
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(10);
    expect(visible(fake)).toEqual(['a', 'b']);
  });

  test('whose commit got no answer, and is then aborted, tells that it was committed', () => {
    const fake = world(version);
    const transacting = new Transacting(fake, { operationTimeoutMs: 2000 });
    transacting.begin();
    transacting.send('a');
    fake.fault = ({ apiName }) => (apiName === 'EndTxn' ? 'lose-response' : 'none');
    expect(isOutcomeUnknown(errorOf(transacting.commit()))).toBe(true);
    fake.fault = () => 'none';
    const late = errorOf(transacting.abort());
    expect(isCommittedNonetheless(late)).toBe(true);
    expect(['initializing', 'ready']).toContain(transacting.machine.state);
    transacting.begin();
    transacting.send('b');
    expect(transacting.commit().ok).toBe(true);
    fake.time.run(10);
    expect(visible(fake)).toEqual(['a', 'b']);
  });

  test('whose commit never arrived, and is then aborted, is aborted for good', () => {
    const fake = world(version);
    fake.lateMs = 30_000;
    const transacting = new Transacting(fake, { operationTimeoutMs: 2000 });
    transacting.begin();
    transacting.send('a');
    fake.fault = ({ apiName }) => (apiName === 'EndTxn' ? 'late-request' : 'none');
    expect(isOutcomeUnknown(errorOf(transacting.commit()))).toBe(true);
    fake.fault = () => 'none';
    expect(transacting.abort().ok).toBe(true);
    transacting.begin();
    transacting.send('b');
    // The late commits arrive while the next transaction is open.
    fake.time.run(60_000);
    expect(visible(fake)).toEqual([]);
    expect(transacting.abort().ok).toBe(true);
    expect(visible(fake)).toEqual([]);
  });
});
