/** The rules of the last stable offset (L1–L3, L11): it against what the log holds and what is replicated. */
import { describe, expect, test } from 'vitest';
import { ProducerStates, Replica } from '../src/index.ts';
import { makeBatch } from './batches.ts';
import { LeaderRig } from './leader-rig.ts';
import { MemoryLog, type StoredBatch } from './memory-log.ts';
import { TOPIC_ID } from './mini-controller.ts';

/** One record each: `a0` of a transaction of producer a, `.` of none, `a!` a commit and `a?` an abort of it. */
function batchOf(word: string): StoredBatch {
  if (word === '.') return makeBatch({});
  const producerId = word.charCodeAt(0);
  const what = word.slice(1);
  if (what === '!' || what === '?') {
    return makeBatch({ producerId, producerEpoch: 0, marker: what === '!' ? 'commit' : 'abort' });
  }
  return makeBatch({ producerId, baseSequence: Number(what), isTransactional: true });
}

function append(rig: LeaderRig, word: string): void {
  const batch = batchOf(word);
  if (batch.isControl) rig.end(batch);
  else if (batch.isTransactional) rig.appendVerified(batch);
  else rig.appendPlain();
}

/** The log, up to where a follower has it, and the last stable offset then. */
type Row = readonly [rule: string, log: string, replicatedTo: number, expected: number];

const rows: readonly Row[] = [
  ['[L2] nothing is there', '', 0, 0],
  ['[L2] no transactions: the high watermark', '. . . .', 3, 3],
  ['[L1] one is open', '. a0 . .', 4, 1],
  ['[L1] two are open: the earlier', '. a0 b0 a1', 4, 1],
  ['[L1] the earlier of two ended, and is replicated', '. a0 b0 a! .', 5, 2],
  ['[L1] the earlier of two ended, and is not replicated', '. a0 b0 a! .', 3, 1],
  ['[L1] the later of two ended', '. a0 b0 b! .', 5, 1],
  ['[L2] open, but beyond the high watermark', '. . a0', 2, 2],
  ['[L2] open right at the high watermark', '. . a0 .', 2, 2],
  ['[L2] committed, the marker is the last that is replicated', 'a0 a1 a! .', 3, 3],
  ['[L2] committed, the marker is not replicated', 'a0 a1 a! .', 2, 0],
  ['[L2] aborted, the marker is not replicated', 'a0 a1 a? .', 2, 0],
  ['[L2] aborted, the marker is replicated', 'a0 a1 a? .', 4, 4],
  ['[L1] ended, and open again', 'a0 a! a1 .', 4, 2],
  ['[L2] a marker of nothing', '. a! .', 3, 3],
];

describe('the last stable offset', () => {
  test.each(rows)('%s', (_rule, log, replicatedTo, expected) => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    for (const word of log.split(' ').filter((one) => one !== '')) append(rig, word);
    rig.ack(2, replicatedTo);
    expect(rig.replica.highWatermark).toBe(replicatedTo);
    expect(rig.replica.lastStableOffset).toBe(expected);
  });

  test('[L3] moves in the moment in which the marker is replicated, not before', () => {
    const rig = new LeaderRig();
    rig.attach(2, 0);
    for (const word of ['a0', 'a!', '.', '.']) append(rig, word);
    const seen = [1, 2, 3].map((offset) => {
      rig.ack(2, offset);
      return rig.replica.lastStableOffset;
    });
    expect(seen).toEqual([0, 2, 3]);
  });

  test('[L3] is not before the log start after records were deleted', () => {
    const rig = new LeaderRig({ isr: [1], replicas: [1] });
    for (const word of ['.', 'a0', '.', '.']) append(rig, word);
    expect(rig.replica.lastStableOffset).toBe(1);
    rig.log.advanceStart(3);
    rig.replica.onLogStartAdvanced(3);
    expect(rig.replica.lastStableOffset).toBe(3);
  });

  test('[L11] of a follower is of its own high watermark', () => {
    const log = new MemoryLog();
    const follower = new Replica<string>({
      nodeId: 2, topicId: TOPIC_ID, partition: 0, logStartOffset: 0, logEndOffset: 0, durableOffset: 0,
      highWatermark: 0, leaderEpochs: log.leaderEpochs, producers: log.producers, startedClean: false,
      brokerEpoch: () => 100, nextAttachId: () => 1, minInsyncReplicas: () => 1, replicaLagTimeMaxMs: 1_000,
      maxInflightBytesPerFollower: 1_000, brokers: { isEligible: () => true, epochOf: () => 100 },
    });
    follower.onPartitionState({
      topicId: TOPIC_ID, partition: 0, replicas: [1, 2], isr: [1, 2], elr: [], leader: 1, leaderEpoch: 5,
      partitionEpoch: 7, leaderRecoveryState: 'recovered',
    }, 0);
    follower.onAttached({ type: 'attached', attachId: 1, leaderEpoch: 5 }, 0);
    const seen = ['.', 'a0', '.', 'a!', '.'].map((word, at) => {
      const batch = { ...batchOf(word), baseOffset: at, lastOffset: at, partitionLeaderEpoch: 5 };
      const push = { from: 1, attachId: 1, leaderEpoch: 5, baseOffset: at, highWatermark: at, logStartOffset: 0 };
      expect(follower.preparePush(push, [batch], 0).kind).toBe('append');
      log.append([batch], 0);
      follower.onReplicated([batch], 0);
      follower.takeReady();
      return [follower.highWatermark, follower.lastStableOffset];
    });
    // The leader's high watermark is one record behind the end.
    expect(seen).toEqual([[0, 0], [1, 1], [2, 1], [3, 1], [4, 4]]);
    expect(log.producers).toBeInstanceOf(ProducerStates);
  });
});
