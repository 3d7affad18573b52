/** Heartbeats, fencing, and shutting down in order. */
import { ErrorCode } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { TestCluster } from './test-cluster.ts';

function threeBrokers(): TestCluster {
  const cluster = new TestCluster();
  cluster.start(1, 2, 3);
  return cluster;
}

describe('heartbeats and fencing', () => {
  test('a broker is unfenced once it has applied its own registration', () => {
    const cluster = new TestCluster();
    cluster.register(1);
    const broker = { brokerId: 1, brokerEpoch: cluster.epoch(1) };
    const report = { type: 'broker-heartbeat' as const, ...broker, wantShutdown: false };
    const behind = { ...report, currentMetadataOffset: cluster.epoch(1) - 1, wantFence: false };
    expect(cluster.ask(behind)).toMatchObject({ isFenced: true, isCaughtUp: false });
    const unwilling = { ...report, currentMetadataOffset: cluster.epoch(1), wantFence: true };
    expect(cluster.ask(unwilling)).toMatchObject({ isFenced: true, isCaughtUp: true });
    const ready = { ...report, currentMetadataOffset: cluster.epoch(1), wantFence: false };
    expect(cluster.ask(ready)).toMatchObject({ isFenced: false, isCaughtUp: true });
  });

  test('a broker that asks to be fenced is fenced', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2, 3]);
    expect(cluster.heartbeat(1, { fence: true }).isFenced).toBe(true);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2, 3] });
  });

  test('a silent broker is fenced after its session, leaves all ISRs and leads nothing', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2, 3], [2, 3, 1]);
    cluster.stop(1);
    cluster.run(2400);
    expect(cluster.partition('t').leader).toBe(1);
    cluster.run(200);
    expect(cluster.image.broker(1)?.fenced).toBe(true);
    expect(cluster.partition('t')).toMatchObject({ leader: 2, leaderEpoch: 1, isr: [2, 3] });
    expect(cluster.partition('t', 1)).toMatchObject({ leader: 2, leaderEpoch: 0, isr: [2, 3] });
  });

  test('a suspected broker that is dead is replaced within 600 ms', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2, 3]);
    cluster.run(500);
    cluster.stop(1);
    cluster.ask({ type: 'broker-suspect', brokerId: 1 });
    cluster.run(600);
    expect(cluster.partition('t').leader).toBe(2);
  });

  test('a suspected broker that reports is left alone', () => {
    const cluster = threeBrokers();
    for (let at = 0; at < 20; at++) {
      cluster.ask({ type: 'broker-suspect', brokerId: 1 });
      cluster.run(300);
    }
    expect(cluster.image.broker(1)?.fenced).toBe(false);
    expect(cluster.ask({ type: 'broker-suspect', brokerId: 7 }).error).toBe(ErrorCode.BROKER_ID_NOT_REGISTERED);
  });

  test('a stall of the controller itself fences nobody', () => {
    const cluster = threeBrokers();
    cluster.run(300);
    cluster.nowMs += 60_000;
    cluster.controller.tick(cluster.nowMs);
    expect(cluster.image.aliveBrokers()).toHaveLength(3);
  });

  test('a new controller gives every broker a full session', () => {
    const cluster = threeBrokers();
    cluster.stop(1);
    cluster.run(2400);
    cluster.failOver();
    cluster.run(2400);
    expect(cluster.image.broker(1)?.fenced).toBe(false);
    cluster.run(200);
    expect(cluster.image.broker(1)?.fenced).toBe(true);
  });

  test('an unknown broker and an epoch of the past are answered STALE_BROKER_EPOCH', () => {
    const cluster = threeBrokers();
    expect(cluster.heartbeat(9)).toMatchObject({ error: ErrorCode.STALE_BROKER_EPOCH, isFenced: true });
    const epoch = cluster.epoch(1);
    cluster.kill(1);
    cluster.register(1);
    const old = { type: 'broker-heartbeat' as const, brokerId: 1, brokerEpoch: epoch, currentMetadataOffset: 99 };
    expect(cluster.ask({ ...old, wantFence: false, wantShutdown: false }).error).toBe(ErrorCode.STALE_BROKER_EPOCH);
  });

  test('a fenced broker that comes back leads what had no leader', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1]);
    cluster.kill(1);
    expect(cluster.partition('t')).toMatchObject({ leader: -1, isr: [], elr: [1], lastKnownElr: [1], leaderEpoch: 1 });
    cluster.heartbeat(1);
    expect(cluster.partition('t')).toMatchObject({ leader: 1, isr: [1], elr: [], lastKnownElr: [], leaderEpoch: 2 });
    expect(cluster.partition('t').leaderRecoveryState).toBe('recovered');
  });
});

describe('controlled shutdown', () => {
  test('leaders move first; the broker may stop once every live broker has applied that', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2, 3]);
    const others = { type: 'broker-heartbeat' as const, wantFence: false, wantShutdown: false };
    expect(cluster.heartbeat(1, { shutdown: true })).toMatchObject({ isFenced: false, shouldShutdown: false });
    expect(cluster.partition('t')).toMatchObject({ leader: 2, isr: [2, 3] });
    expect(cluster.heartbeat(1, { shutdown: true }).shouldShutdown).toBe(false);
    const offset = cluster.index;
    for (const brokerId of [2, 3]) {
      expect(cluster.heartbeat(1, { shutdown: true }).shouldShutdown).toBe(false);
      cluster.ask({ ...others, brokerId, brokerEpoch: cluster.epoch(brokerId), currentMetadataOffset: offset });
    }
    expect(cluster.heartbeat(1, { shutdown: true })).toMatchObject({ isFenced: true, shouldShutdown: true });
    expect(cluster.image.broker(1)?.fenced).toBe(true);
  });

  test('a broker that leads nothing may stop at once, and so may a fenced one', () => {
    const cluster = threeBrokers();
    expect(cluster.heartbeat(3, { shutdown: true }).shouldShutdown).toBe(true);
    cluster.register(4);
    expect(cluster.heartbeat(4, { shutdown: true })).toMatchObject({ isFenced: true, shouldShutdown: true });
  });

  test('a broker that shuts down does not hold back another that does so after a change of the controller', () => {
    const cluster = threeBrokers();
    cluster.createTopic('t', [1, 2, 3]);
    cluster.heartbeat(1, { shutdown: true });
    cluster.failOver();
    expect(cluster.heartbeat(1, { shutdown: true }).shouldShutdown).toBe(false);
    cluster.heartbeat(2);
    cluster.heartbeat(3);
    expect(cluster.heartbeat(1, { shutdown: true }).shouldShutdown).toBe(true);
  });
});

describe('the frame', () => {
  test('a controller that does not lead answers NOT_COORDINATOR, and what waited is answered so too', () => {
    const cluster = threeBrokers();
    cluster.holdsCommits = true;
    const outcomes: unknown[] = [];
    const request = { type: 'allocate-producer-ids' as const, brokerId: 1, brokerEpoch: cluster.epoch(1) };
    cluster.controller.request(request, cluster.nowMs, (outcome) => outcomes.push(outcome));
    cluster.controller.becomeInactive();
    cluster.controller.request(request, cluster.nowMs, (outcome) => outcomes.push(outcome));
    const refused = { ok: false, error: ErrorCode.NOT_COORDINATOR };
    expect(outcomes).toEqual([refused, refused]);
  });

  test('an operation that only a newer node knows is answered UNSUPPORTED_VERSION', () => {
    const cluster = threeBrokers();
    const request = JSON.parse('{"type":"toString"}');
    expect(cluster.send(request)).toEqual({ ok: false, error: ErrorCode.UNSUPPORTED_VERSION });
  });

  test('what the log refuses is answered with its error, and nothing has changed', () => {
    const cluster = threeBrokers();
    cluster.refusesAppends = true;
    expect(cluster.send({ type: 'unregister-broker', brokerId: 1 })).toEqual({ ok: false, error: 16 });
    expect(cluster.image.broker(1)).toBeDefined();
  });
});
