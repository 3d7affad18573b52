/** Brokers register, and come back as other incarnations. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { supportedFeatureRanges } from '../src/index.ts';
import { ENDPOINTS, TestCluster } from './test-cluster.ts';

const REGISTRATION = {
  type: 'register-broker' as const, brokerId: 1, incarnationId: 'one', clusterId: null, endpoints: ENDPOINTS,
  rack: null,
  features: supportedFeatureRanges(), previousBrokerEpoch: -1,
};

describe('registration', () => {
  test('a broker registers fenced, under the index of its registration as its epoch [H19]', () => {
    const cluster = new TestCluster();
    const answer = cluster.register(1);
    const { clusterId } = cluster.image;
    expect(answer).toMatchObject({ error: ErrorCode.NONE, brokerEpoch: cluster.index, clusterId });
    expect(cluster.image.broker(1)).toMatchObject({ brokerEpoch: cluster.index, fenced: true });
    expect(cluster.image.aliveBrokers()).toEqual([]);
  });

  test('data of another cluster is refused with INCONSISTENT_CLUSTER_ID', () => {
    const cluster = new TestCluster({ config: { clusterId: 'AAAAAAAAAAAAAAAAAAAAAB' } });
    const answer = cluster.ask({ ...REGISTRATION, clusterId: 'AAAAAAAAAAAAAAAAAAAAAC' });
    expect(answer).toMatchObject({ error: ErrorCode.INCONSISTENT_CLUSTER_ID, brokerEpoch: -1 });
    expect(answer.message).toContain('AAAAAAAAAAAAAAAAAAAAAB');
    expect(cluster.ask({ ...REGISTRATION, clusterId: 'AAAAAAAAAAAAAAAAAAAAAB' }).error).toBe(ErrorCode.NONE);
  });

  test('the same process that asks again, because the answer was lost, keeps its epoch and its state', () => {
    const cluster = new TestCluster();
    const first = cluster.register(1, { incarnation: 'one' });
    cluster.heartbeat(1);
    const index = cluster.index;
    expect(cluster.register(1, { incarnation: 'one' }).brokerEpoch).toBe(first.brokerEpoch);
    expect(cluster.index).toBe(index);
    expect(cluster.image.broker(1)?.fenced).toBe(false);
    const moved = cluster.ask({ ...REGISTRATION, rack: 'r2' });
    expect(moved.brokerEpoch).toBe(first.brokerEpoch);
    expect(cluster.image.broker(1)).toMatchObject({ rack: 'r2', fenced: false, brokerEpoch: first.brokerEpoch });
  });

  test('another process under the id of a live one is refused, until the session of that one ends', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2);
    expect(cluster.register(1).error).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION);
    cluster.stop(1);
    expect(cluster.register(1).error).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION);
    cluster.run(600);
    expect(cluster.register(1).error).toBe(ErrorCode.NONE);
  });

  test('a refused twin does not fence the live broker, which reports meanwhile', () => {
    const cluster = new TestCluster();
    cluster.start(1);
    for (let at = 0; at < 30; at++) {
      const { error } = cluster.ask({ ...REGISTRATION, incarnationId: 'twin' });
      expect(error).toBe(ErrorCode.DUPLICATE_BROKER_REGISTRATION);
      cluster.run(100);
    }
    expect(cluster.image.broker(1)?.fenced).toBe(false);
  });

  test('a broker that was let go may register at once', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2);
    expect(cluster.heartbeat(1, { shutdown: true }).shouldShutdown).toBe(true);
    expect(cluster.register(1, { clean: true }).error).toBe(ErrorCode.NONE);
  });

  test('a broker that does not know a finalized level of a feature is refused with UNSUPPORTED_VERSION', () => {
    const cluster = new TestCluster();
    const answer = cluster.ask({ ...REGISTRATION, features: { 'hapax.metadata.version': { min: 1, max: 1 } } });
    expect(answer.error).toBe(ErrorCode.UNSUPPORTED_VERSION);
    expect(answer.message).toContain('eligible.leader.replicas.version');
  });

  test('addresses that are none and brokers beyond the limit are refused', () => {
    const cluster = new TestCluster({ config: { brokersMax: 1 } });
    const nowhere = { ...ENDPOINTS, kafka: { host: '', port: 0 } };
    expect(cluster.ask({ ...REGISTRATION, endpoints: nowhere }).error).toBe(ErrorCode.INVALID_REGISTRATION);
    cluster.start(1);
    expect(cluster.ask({ ...REGISTRATION, brokerId: 2 }).error).toBe(ErrorCode.POLICY_VIOLATION);
  });

  test('a broker is unregistered for good; its epoch is worth nothing from then on', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2);
    cluster.createTopic('t', [1, 2]);
    expect(cluster.ask({ type: 'unregister-broker', brokerId: 1 }).error).toBe(ErrorCode.NONE);
    expect(cluster.image.broker(1)).toBeUndefined();
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2] });
    expect(cluster.heartbeat(1).error).toBe(ErrorCode.STALE_BROKER_EPOCH);
    expect(cluster.ask({ type: 'unregister-broker', brokerId: 9 }).error).toBe(ErrorCode.BROKER_ID_NOT_REGISTERED);
  });

  test('the answer tells the epoch of its own registration, though another one was made before it committed', () => {
    const cluster = new TestCluster();
    cluster.holdsCommits = true;
    const epochs: number[] = [];
    for (const brokerId of [1, 2]) {
      cluster.controller.request({ ...REGISTRATION, brokerId }, cluster.nowMs, (outcome) => {
        if (outcome.ok) epochs.push(outcome.answer.brokerEpoch);
      });
    }
    expect(epochs).toEqual([]);
    cluster.commit();
    expect(epochs).toEqual([2, 3]);
  });
});
