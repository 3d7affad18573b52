/** The rules of idempotent producers in one partition (I1–I20) and of guards (V1–V3), one row each. */
import { ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { ProducerStates } from '../src/index.ts';
import { CLIENT, makeBatch } from './batches.ts';
import { LeaderRig } from './leader-rig.ts';
import type { StoredBatch } from './memory-log.ts';

const MAX_SEQUENCE = 2_147_483_647;
const DAY_MS = 86_400_000;
const PID = 1;

interface Sent {
  readonly producerId?: number;
  readonly epoch?: number;
  readonly records?: number;
}

/** A batch as a client sends it, outside of transactions. */
const plain = (baseSequence: number, { producerId = PID, epoch = 0, records = 1 }: Sent = {}): StoredBatch =>
  makeBatch({ producerId, producerEpoch: epoch, baseSequence, records });
const txn = (baseSequence: number, { producerId = PID, epoch = 0 }: Sent = {}): StoredBatch =>
  makeBatch({ producerId, producerEpoch: epoch, baseSequence, isTransactional: true });
const marker = (epoch: number, kind: 'commit' | 'abort' = 'commit'): StoredBatch =>
  makeBatch({ producerId: PID, producerEpoch: epoch, marker: kind });
const OLD = 'INVALID_PRODUCER_EPOCH';
const GAP = 'OUT_OF_ORDER_SEQUENCE_NUMBER';

/** What is in the log, what is sent, and what becomes of it. */
type Row = readonly [rule: string, given: readonly StoredBatch[], sent: StoredBatch, expected: string];

describe('a batch of an idempotent producer', () => {
  const six = [0, 1, 2, 3, 4, 5].map((sequence) => plain(sequence));
  const rows: readonly Row[] = [
    ['[I1] a retry of the fifth to last', six, plain(1), 'duplicate of 1'],
    ['[I2] a retry of the last', six, plain(5), 'duplicate of 5'],
    ['[I2] a retry is told the offset of the original', [plain(0, { producerId: 9 }), plain(0)], plain(0),
      'duplicate of 1'],
    ['[I2] what another producer sent is no duplicate', [plain(0, { producerId: 9 })], plain(0), 'append at 1'],
    ['[I4] a retry of the sixth to last', six, plain(0), GAP],
    ['[I4] the beginning of a known batch', [plain(0, { records: 3 })], plain(0, { records: 2 }), GAP],
    ['[I4] from within a known batch to beyond it', [plain(0, { records: 3 })], plain(2, { records: 2 }), GAP],
    ['[I4] two known batches as one', [plain(0), plain(1)], plain(0, { records: 2 }), GAP],
    ['[I5] the next sequence', [plain(0, { records: 3 })], plain(3), 'append at 3'],
    ['[I5] a gap', [plain(0, { records: 3 })], plain(4), GAP],
    ['[I5] after the last sequence comes 0', [plain(MAX_SEQUENCE)], plain(0), 'append at 1'],
    ['[I5] after the last sequence comes no other', [plain(MAX_SEQUENCE)], plain(1), GAP],
    ['[I5] a batch over the last sequence ends at 0, and 1 comes next', [plain(MAX_SEQUENCE, { records: 2 })], plain(1),
      'append at 2'],
    ['[I6] a new epoch begins at 0', [plain(0), plain(1)], plain(0, { epoch: 1 }), 'append at 2'],
    ['[I6] a new epoch begins nowhere else', [plain(0), plain(1)], plain(2, { epoch: 1 }), GAP],
    ['[I6] of the older epoch nothing is remembered', [plain(0), plain(0, { epoch: 1 })], plain(0, { epoch: 1 }),
      'duplicate of 1'],
    ['[I7] an unknown producer may begin at 0', [], plain(0), 'append at 0'],
    ['[I7] an unknown producer may begin anywhere', [], plain(77, { epoch: 3 }), 'append at 0'],
    ['[I9] an older epoch', [plain(0, { epoch: 2 })], plain(1, { epoch: 1 }), OLD],
    ['[I9] a retry of an older epoch', [plain(0), plain(0, { epoch: 1 })], plain(0), OLD],
    ['[I20] the client raised its epoch by itself', [plain(0), plain(1)], plain(0, { epoch: 1 }), 'append at 2'],
  ];

  test.each(rows)('%s', (_rule, given, sent, expected) => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    for (const batch of given) expect(rig.append(batch)).toMatch('append');
    const end = rig.log.endOffset;
    expect(rig.append(sent)).toBe(expected);
    if (!expected.startsWith('append')) expect(rig.log.endOffset).toBe(end);
  });

  test('[I6] what a marker raised the epoch to begins at 0', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    rig.appendVerified(txn(0));
    rig.end(marker(1), 2);
    expect(rig.appendVerified(txn(1, { epoch: 1 }))).toBe(GAP);
    expect(rig.appendVerified(txn(0, { epoch: 1 }))).toBe('append at 2');
  });
});

describe('who appends, and what', () => {
  test('[I10] nothing outside of the transaction that is open', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    rig.appendVerified(txn(0));
    expect(rig.append(plain(1))).toBe('INVALID_TXN_STATE');
    rig.end(marker(0));
    expect(rig.append(plain(1))).toBe('append at 2');
  });

  test('[I11] transactional batches of two producers in one append', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    expect(rig.append(txn(0), { also: [txn(0, { producerId: 2 })] })).toBe('INVALID_PRODUCER_ID_MAPPING');
  });

  test('[I13] batches of one append are judged as if those before were in, all or none', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    expect(rig.append(plain(0), { also: [plain(2)] })).toBe(GAP);
    expect(rig.log.endOffset).toBe(0);
    expect(rig.append(plain(0), { also: [plain(1), plain(2)] })).toBe('append at 0');
    expect(rig.append(plain(3))).toBe('append at 3');
  });

  test('[I14] offsets of a coordinator have no sequences, but an epoch and a verification', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    const offsets = (epoch: number): StoredBatch =>
      makeBatch({ producerId: PID, producerEpoch: epoch, isTransactional: true });
    const asked = rig.replica.verificationFor(offsets(1), 0);
    const guard = asked.kind === 'needed' ? asked.guard : undefined;
    const unverified = { kind: 'coordinator', guard: undefined } as const;
    expect(rig.append(offsets(1), { origin: unverified })).toBe('INVALID_TXN_STATE');
    expect(rig.append(offsets(1), { origin: { kind: 'coordinator', guard } })).toBe('append at 0');
    expect(rig.append(offsets(1), { origin: unverified })).toBe('append at 1');
    expect(rig.replica.verificationFor(offsets(0), 0)).toMatchObject({ error: ErrorCode.INVALID_PRODUCER_EPOCH });
  });

  test('[I9, I14] a follower takes what its leader took, and knows the same afterwards', () => {
    const states = new ProducerStates();
    states.update(plain(5, { epoch: 3 }), 0);
    const old = plain(9, { epoch: 1 });
    expect(states.check(old, 'replication').kind).toBe('append');
    states.update(old, 0);
    expect(states.find(PID)).toMatchObject({ producerEpoch: 1, lastSequence: 9 });
  });

  test('[I15] the state after a cut is that of a snapshot and a replay', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    for (const sequence of [0, 1, 2, 3]) rig.append(plain(sequence));
    rig.log.truncateTo(2, 0);
    expect(rig.log.producers.check(plain(2), 'client').kind).toBe('append');
    expect(rig.log.producers.check(plain(1), 'client')).toMatchObject({ kind: 'duplicate', baseOffset: 1 });
    expect(rig.log.producers.check(plain(3), 'client').kind).toBe('refuse');
  });

  test('[I16] a snapshot keeps all five batches, where Kafka keeps the newest: each is a duplicate afterwards', () => {
    const states = new ProducerStates();
    [0, 1, 2, 3, 4].forEach((sequence, at) => {
      states.update(makeBatch({ producerId: PID, baseSequence: sequence, baseOffset: at }), 0);
    });
    const restored = ProducerStates.decode(states.encode());
    const found = [0, 1, 2, 3, 4].map((sequence) => restored.check(plain(sequence), 'client'));
    expect(found.map((verdict) => verdict.kind === 'duplicate' && verdict.baseOffset)).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    ['[I17] silent for almost producer.id.expiration.ms', plain(4), DAY_MS - 1, 0],
    ['[I17] silent for producer.id.expiration.ms', plain(4), DAY_MS, 1],
    ['[I17] silent for long, with an open transaction', txn(4), 10 * DAY_MS, 0],
  ] as const)('%s', (_rule, batch, silentMs, expired) => {
    const states = new ProducerStates();
    states.update(batch, 0);
    let count = 0;
    // The clock of a node that runs: looked at in steps.
    for (let nowMs = 0; nowMs < silentMs; nowMs += 600_000) count += states.expire(nowMs, DAY_MS);
    count += states.expire(silentMs, DAY_MS);
    expect(count).toBe(expired);
  });
});

describe('the first batch of a transaction', () => {
  const rows: readonly (readonly [string, (rig: LeaderRig) => string, string])[] = [
    ['[V1] without the word of a coordinator', (rig) => rig.append(txn(0)), 'INVALID_TXN_STATE'],
    ['[V1] with it', (rig) => rig.appendVerified(txn(0)), 'append at 0'],
    ['[V1] the second needs none', (rig) => {
      rig.appendVerified(txn(0));
      return rig.append(txn(1));
    }, 'append at 1'],
    ['[V2] an epoch that is fenced already: nobody is asked', (rig) => {
      rig.append(plain(0, { epoch: 3 }));
      return rig.appendVerified(txn(0, { epoch: 2 }));
    }, OLD],
    ['[I2] a retry needs no transaction any more', (rig) => {
      rig.appendVerified(txn(0));
      rig.end(marker(0));
      return rig.append(txn(0));
    }, 'duplicate of 0'],
    ['[V3] a marker came between question and append', (rig) => withGuard(rig, txn(0), () => rig.end(marker(0))),
      'INVALID_TXN_STATE'],
    ['[V3] a marker of the transaction before, whose epoch is the guard’s (TV2)', (rig) => {
      rig.appendVerified(txn(0));
      return withGuard(rig, txn(0, { epoch: 1 }), () => rig.end(marker(1), 2));
    }, 'append at 2'],
    ['[V3] a marker of that epoch, by TV1', (rig) => {
      rig.appendVerified(txn(0));
      return withGuard(rig, txn(0, { epoch: 1 }), () => rig.end(marker(1), 1));
    }, 'INVALID_TXN_STATE'],
    ['[V3] the guard is gone after the first append', (rig) => {
      const word = rig.replica.verificationFor(txn(0), 0);
      if (word.kind !== 'needed') throw new Error(word.kind);
      const origin = { ...CLIENT, guard: word.guard };
      rig.append(txn(0), { origin });
      rig.end(marker(0));
      return rig.append(txn(1), { origin });
    }, 'INVALID_TXN_STATE'],
    ['[V3] leadership was lost and won again', (rig) => withGuard(rig, txn(0), () => {
      rig.become({ leader: 2, leaderEpoch: 6 });
      rig.become({ leader: 1, leaderEpoch: 7 });
      return '';
    }), 'INVALID_TXN_STATE'],
    ['[I7] of an unknown producer, by TV2, at 0', (rig) => rig.appendVerified(txn(0), { isTransactionV2: true }),
      'append at 0'],
    ['[I7] of an unknown producer, by TV2, elsewhere', (rig) => rig.appendVerified(txn(3), { isTransactionV2: true }),
      GAP],
    ['[I7] of an unknown producer, by TV1, elsewhere', (rig) => rig.appendVerified(txn(3)), 'append at 0'],
    ['[I8] it overtook one with a lower sequence', (rig) => {
      rig.replica.verificationFor(txn(3), 0);
      return rig.appendVerified(txn(4));
    }, GAP],
    ['[I8] the lowest that was seen', (rig) => {
      rig.replica.verificationFor(txn(4), 0);
      return rig.appendVerified(txn(3));
    }, 'append at 0'],
  ];

  test.each(rows)('%s', (_rule, act, expected) => {
    expect(act(new LeaderRig({ isr: [1], replicas: [1] }))).toBe(expected);
  });

  /** Gets the word of a coordinator, lets something happen, and appends. */
  function withGuard(rig: LeaderRig, batch: StoredBatch, meanwhile: () => string): string {
    const word = rig.replica.verificationFor(batch, rig.nowMs);
    if (word.kind !== 'needed') throw new Error(word.kind === 'refuse' ? errorName(word.error) : word.kind);
    meanwhile();
    return rig.append(batch, { origin: { ...CLIENT, guard: word.guard } });
  }
});

describe('a marker in a partition', () => {
  /** Stored is epoch 5, and coordinator epoch 3. */
  const by = (epoch: number, coordinatorEpoch: number): StoredBatch =>
    makeBatch({ producerId: PID, producerEpoch: epoch, marker: 'commit', coordinatorEpoch });
  const rows: readonly (readonly [string, 'open' | 'ended', StoredBatch, 0 | 1 | 2, string])[] = [
    ['[M9] an older coordinator', 'open', by(5, 2), 0, 'TRANSACTION_COORDINATOR_FENCED'],
    ['[M9] an older epoch, TV0', 'open', by(4, 3), 0, OLD],
    ['[M9] the same epoch, TV1', 'open', by(5, 3), 1, 'append at 2'],
    ['[M9] an older epoch, TV2', 'open', by(4, 3), 2, OLD],
    ['[M9] the same epoch while a transaction is open, TV2', 'open', by(5, 3), 2, OLD],
    ['[M9] the next epoch, TV2', 'open', by(6, 3), 2, 'append at 2'],
    ['[M9, M11] a duplicate, TV2: written again', 'ended', by(5, 3), 2, 'append at 1'],
    ['[M9, M11] a duplicate, TV1: written again', 'ended', by(5, 3), 1, 'append at 1'],
    ['[M12] for a partition without records', 'ended', by(6, 3), 2, 'append at 1'],
  ];

  test.each(rows)('%s', (_rule, state, sent, version, expected) => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    rig.end(by(5, 3));
    if (state === 'open') rig.appendVerified(txn(0, { epoch: 5 }));
    expect(rig.end(sent, version)).toBe(expected);
  });

  test('[M10] without a transaction it takes an offset, leaves the LSO and fences what is older', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    expect(rig.end(by(7, 4))).toBe('append at 0');
    expect(rig.replica.lastStableOffset).toBe(1);
    expect(rig.append(plain(0, { epoch: 6 }))).toBe(OLD);
    expect(rig.end(by(8, 3))).toBe('TRANSACTION_COORDINATOR_FENCED');
  });

  test('[M13] one that is late ends the next transaction under TV1, and is refused under TV2', () => {
    const outcomes = ([1, 2] as const).map((version) => {
      const rig = new LeaderRig({ isr: [1], replicas: [1] });
      rig.appendVerified(txn(0));
      const first = by(version === 2 ? 1 : 0, 0);
      rig.end(first, version);
      rig.appendVerified(version === 2 ? txn(0, { epoch: 1 }) : txn(1));
      return rig.end(first, version);
    });
    expect(outcomes).toEqual(['append at 3', OLD]);
  });
});
