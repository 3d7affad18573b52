/** The controller's half of the rules of replication (H7, H10–H12, H19, H20), one row each. */
import { type ErrorCode, errorName } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { supportedFeatureRanges } from '../src/index.ts';
import { ENDPOINTS, TestCluster } from './test-cluster.ts';

const TOPIC = 't';
const NOWHERE = 'AAAAAAAAAAAAAAAAAAAAAQ';

/** Four brokers, and a partition on the first three of them, which 1 leads. */
function cluster(): TestCluster {
  const made = new TestCluster();
  made.start(1, 2, 3, 4);
  made.createTopic(TOPIC, [1, 2, 3]);
  return made;
}

/** The partition in one line: who leads in which leader epoch, who is in sync, who may be elected beside them. */
function told(of: TestCluster): string {
  const { leader, leaderEpoch, isr, elr, leaderRecoveryState } = of.partition(TOPIC);
  const eligible = elr.length === 0 ? '' : ` ELR ${elr.toSorted()}`;
  return `${leader}/${leaderEpoch} ISR ${isr}${eligible}${leaderRecoveryState === 'recovering' ? ' recovering' : ''}`;
}

/** What has happened, what comes, and the code or the state of the partition. */
type Row<Result> = readonly [rule: string, act: (of: TestCluster) => Result, expected: string];

describe('AlterPartition', () => {
  const named = (fields: { readonly topicId?: string; readonly partition?: number; readonly brokerEpoch?: number }) =>
    (of: TestCluster): ErrorCode => {
      const { topicId = of.partition(TOPIC).topicId, partition = 0, brokerEpoch = of.epoch(1) } = fields;
      const isr = [1, 2].map((id) => ({ id, epoch: of.epoch(id) }));
      const epochs = { leaderEpoch: 0, partitionEpoch: 0 };
      const item = { topicId, partition, ...epochs, isr, leaderRecoveryState: 'recovered' } as const;
      const answer = of.ask({ type: 'alter-partition', brokerId: 1, brokerEpoch, partitions: [item] } as const);
      return answer.error === 0 ? (answer.partitions[0]?.error ?? 0) : answer.error;
    };
  const rows: readonly Row<ErrorCode>[] = [
    ['[H7] the ISR shrinks', (of) => of.alterIsr(TOPIC, [1, 2]).error, 'NONE'],
    ['[H7] the ISR grows', (of) => {
      of.alterIsr(TOPIC, [1]);
      return of.alterIsr(TOPIC, [1, 3]).error;
    }, 'NONE'],
    ['[H7] an unknown topic', named({ topicId: NOWHERE }), 'UNKNOWN_TOPIC_ID'],
    ['[H7] an unknown partition', named({ partition: 7 }), 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['[H7] a leader epoch to come', (of) => of.alterIsr(TOPIC, [1], { leaderEpoch: 1 }).error, 'NOT_CONTROLLER'],
    ['[H7] a partition epoch to come', (of) => of.alterIsr(TOPIC, [1], { partitionEpoch: 1 }).error, 'NOT_CONTROLLER'],
    ['[H7] an older leader epoch', (of) => {
      of.kill(1);
      return of.alterIsr(TOPIC, [1, 2], { by: 2, leaderEpoch: 0 }).error;
    }, 'FENCED_LEADER_EPOCH'],
    ['[H7] an older partition epoch', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      return of.alterIsr(TOPIC, [1, 3], { partitionEpoch: 0 }).error;
    }, 'INVALID_UPDATE_VERSION'],
    ['[H7] by a broker that does not lead', (of) => of.alterIsr(TOPIC, [1, 2], { by: 2 }).error, 'INVALID_REQUEST'],
    ['[H7] a member that is no replica', (of) => of.alterIsr(TOPIC, [1, 4]).error, 'INVALID_REQUEST'],
    ['[H7] without the leader', (of) => of.alterIsr(TOPIC, [2, 3]).error, 'INVALID_REQUEST'],
    ['[H7] recovering, with others', (of) => of.alterIsr(TOPIC, [1, 2], { state: 'recovering' }).error,
      'INVALID_REQUEST'],
    ['[H7] a member that is fenced', (of) => {
      of.kill(3);
      return of.alterIsr(TOPIC, [1, 2, 3]).error;
    }, 'INELIGIBLE_REPLICA'],
    ['[H7] a member that shuts down', (of) => {
      of.createTopic('other', [3, 1]);
      of.heartbeat(3, { shutdown: true });
      return of.alterIsr(TOPIC, [1, 2, 3]).error;
    }, 'INELIGIBLE_REPLICA'],
    ['[H7] a member of an earlier life', (of) => of.alterIsr(TOPIC, [1, 2, 3], { epochs: { 3: 1 } }).error,
      'INELIGIBLE_REPLICA'],
    ['[H7] by a broker of an earlier life', named({ brokerEpoch: 1 }), 'STALE_BROKER_EPOCH'],
    ['[H7] it completes a reassignment that takes the leader away', (of) => {
      const partitions = [{ partition: 0, replicas: [4] }];
      of.ask({ type: 'alter-reassignments', topics: [{ name: TOPIC, partitions }] });
      return of.alterIsr(TOPIC, [1, 2, 3, 4]).error;
    }, 'NEW_LEADER_ELECTED'],
  ];

  test.each(rows)('%s', (_rule, act, expected) => {
    expect(errorName(act(cluster()))).toBe(expected);
  });
});

describe('epochs', () => {
  const epochs = (of: TestCluster): string => {
    const { leaderEpoch, partitionEpoch } = of.partition(TOPIC);
    return `leader epoch ${leaderEpoch}, partition epoch ${partitionEpoch}`;
  };
  const rows: readonly Row<unknown>[] = [
    ['[H10] of a new partition', () => undefined, 'leader epoch 0, partition epoch 0'],
    ['[H10] the ISR shrinks', (of) => of.alterIsr(TOPIC, [1, 2]), 'leader epoch 0, partition epoch 1'],
    ['[H10] a follower dies', (of) => of.kill(3), 'leader epoch 0, partition epoch 1'],
    ['[H10] the leader dies', (of) => of.kill(1), 'leader epoch 1, partition epoch 1'],
  ];

  test.each(rows)('%s', (_rule, act, expected) => {
    const of = cluster();
    act(of);
    expect(epochs(of)).toBe(expected);
  });
});

/** By default two replicas must be in sync. */
describe('elections', () => {
  const unclean = (of: TestCluster): unknown =>
    of.setConfig('topic', TOPIC, 'unclean.leader.election.enable', 'true');
  const rows: readonly Row<void>[] = [
    ['[H11] a leader that is fine stays', (of) => of.kill(2), '1/0 ISR 1,3'],
    ['[H11] the first in order that is in sync', (of) => of.kill(1), '2/1 ISR 2,3'],
    ['[H11] the next one is out of sync', (of) => {
      of.alterIsr(TOPIC, [1, 3]);
      of.kill(1);
    }, '3/1 ISR 3 ELR 1'],
    ['[H11] nobody in sync is left', (of) => {
      of.alterIsr(TOPIC, [1, 3]);
      of.alterIsr(TOPIC, [1]);
      of.kill(3);
      of.kill(1);
    }, '-1/1 ISR  ELR 1,3'],
    ['[H11] nobody in sync is left, and unclean elections are allowed', (of) => {
      of.alterIsr(TOPIC, [1, 3]);
      of.alterIsr(TOPIC, [1]);
      of.kill(3);
      of.kill(1);
      unclean(of);
      of.run(11_000);
    }, '2/2 ISR 2 recovering'],
    ['[H12] who leaves an ISR below its minimum stays eligible', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.alterIsr(TOPIC, [1]);
    }, '1/0 ISR 1 ELR 2'],
    ['[H12] the last one in sync leaves too: the ISR is empty', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.kill(2);
      of.kill(1);
    }, '-1/1 ISR  ELR 1,2'],
    ['[H12] an eligible one comes back cleanly', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.kill(2);
      of.kill(1);
      of.register(2, { clean: true });
      of.heartbeat(2);
    }, '2/2 ISR 2 ELR 1'],
    ['[H12] the ISR reaches its minimum: nobody else is eligible', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.alterIsr(TOPIC, [1]);
      of.alterIsr(TOPIC, [1, 3]);
    }, '1/0 ISR 1,3'],
    // Its leader epoch rises too: what it wrote in the one before may be lost. [bug 86]
    ['[H12] an eligible one comes back after an unclean stop: not any more', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.kill(2);
      of.kill(1);
      of.register(2);
      of.heartbeat(2);
    }, '-1/2 ISR  ELR 1'],
    ['[H12] ISR and ELR are empty: the last leader recovers what it can', (of) => {
      of.alterIsr(TOPIC, [1, 2]);
      of.kill(2);
      of.kill(1);
      for (const id of [2, 1]) {
        of.register(id);
        of.heartbeat(id);
      }
    }, '1/4 ISR 1 recovering'],
  ];

  test.each(rows)('%s', (_rule, act, expected) => {
    const of = cluster();
    act(of);
    expect(told(of)).toBe(expected);
  });
});

describe('brokers', () => {
  const registration = {
    type: 'register-broker', brokerId: 9, incarnationId: 'nine', clusterId: null, endpoints: ENDPOINTS, rack: null,
    features: supportedFeatureRanges(), previousBrokerEpoch: -1,
  } as const;
  const registrations: readonly Row<ErrorCode>[] = [
    ['[H19] a new one', (of) => of.ask(registration).error, 'NONE'],
    ['[H19] of another cluster', (of) => of.ask({ ...registration, clusterId: NOWHERE }).error,
      'INCONSISTENT_CLUSTER_ID'],
    ['[H19] under the id of a live one', (of) => of.ask({ ...registration, brokerId: 1 }).error,
      'DUPLICATE_BROKER_REGISTRATION'],
    ['[H19] that does not know what the cluster uses', (of) => of.ask({ ...registration, features: {} }).error,
      'UNSUPPORTED_VERSION'],
    ['[H19] at no address', (of) =>
      of.ask({ ...registration, endpoints: { ...ENDPOINTS, kafka: { host: '', port: 0 } } }).error,
      'INVALID_REGISTRATION'],
  ];

  test.each(registrations)('%s', (_rule, act, expected) => {
    expect(errorName(act(cluster()))).toBe(expected);
  });

  test('[H19] begin fenced, under the place of their registration in the log as their epoch', () => {
    const of = cluster();
    const { brokerEpoch } = of.register(9);
    expect(of.image.broker(9)).toMatchObject({ brokerEpoch: of.index, fenced: true });
    expect(brokerEpoch).toBe(of.index);
  });

  const beat = (of: TestCluster, brokerId: number, fields: object = {}): string => {
    const { error, isFenced, shouldShutdown } = of.ask({
      type: 'broker-heartbeat', brokerId, brokerEpoch: of.epoch(brokerId), currentMetadataOffset: of.index,
      wantFence: false, wantShutdown: false, ...fields,
    });
    if (error !== 0) return errorName(error);
    const { inControlledShutdown = false } = of.image.broker(brokerId) ?? {};
    if (shouldShutdown) return 'may stop';
    return inControlledShutdown ? 'shuts down' : isFenced ? 'fenced' : 'unfenced';
  };
  const heartbeats: readonly Row<string>[] = [
    ['[H20] a fenced one that wants to work, and is as far as its registration', (of) => {
      of.register(9);
      return beat(of, 9);
    }, 'unfenced'],
    ['[H20] a fenced one that is not that far', (of) => {
      of.register(9);
      return beat(of, 9, { currentMetadataOffset: of.epoch(9) - 1 });
    }, 'fenced'],
    ['[H20] a fenced one that does not want to work yet', (of) => {
      of.register(9);
      return beat(of, 9, { wantFence: true });
    }, 'fenced'],
    ['[H20] one that leads and wants to stop', (of) => beat(of, 1, { wantShutdown: true }), 'shuts down'],
    ['[H20] one that leads nothing and wants to stop', (of) => beat(of, 4, { wantShutdown: true }), 'may stop'],
    ['[H20] one that led, when all others know who leads now', (of) => {
      beat(of, 1, { wantShutdown: true });
      for (const id of [2, 3, 4]) beat(of, id);
      return beat(of, 1, { wantShutdown: true });
    }, 'may stop'],
    ['[H20] one that led, while another does not know who leads now', (of) => {
      const before = of.index;
      beat(of, 1, { wantShutdown: true });
      for (const id of [2, 3]) beat(of, id);
      beat(of, 4, { currentMetadataOffset: before });
      return beat(of, 1, { wantShutdown: true });
    }, 'shuts down'],
    ['[H20] an unknown one', (of) => beat(of, 8), 'STALE_BROKER_EPOCH'],
    ['[H20] one of an earlier life', (of) => beat(of, 1, { brokerEpoch: of.epoch(1) - 1 }), 'STALE_BROKER_EPOCH'],
  ];

  test.each(heartbeats)('%s', (_rule, act, expected) => {
    expect(act(cluster())).toBe(expected);
  });

  test('[H20] one that is silent is fenced, is in no ISR any more and leads nothing', () => {
    const of = cluster();
    of.stop(1);
    of.run(of.config.sessionTimeoutMs + 100);
    expect(of.image.broker(1)?.fenced).toBe(true);
    expect(told(of)).toBe('2/1 ISR 2,3');
  });
});
