/** The image of the cluster: batches, snapshots, and what changed between two of them. */
import { AppError, encodeText } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import {
  changesBetween, ClusterImage, copyImage, decodeBatch, decodeImage, encodeBatch, encodeImage,
} from '../src/index.ts';
import { TestCluster } from './test-cluster.ts';

function livedIn(): TestCluster {
  const cluster = new TestCluster();
  cluster.start(1, 2, 3, 4);
  cluster.createTopic('t', [1, 2, 3], [2, 3, 4]);
  cluster.create({ name: 'u', configs: { 'retention.ms': '5' } });
  cluster.alterIsr('t', [1]);
  cluster.setConfig('broker', '', 'log.roll.ms', '77');
  cluster.ask({ type: 'allocate-producer-ids', brokerId: 1, brokerEpoch: cluster.epoch(1) });
  cluster.kill(4);
  return cluster;
}

describe('batches and snapshots', () => {
  test('a batch comes back as it was', () => {
    const batch = [{ type: 'feature' as const, name: 'transaction.version', level: 2 }];
    expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
  });

  test('bytes, versions and record types that are not known here are data-corrupt', () => {
    const bad = [
      '', '{', 'null', '[]', '{"version":2,"records":[]}', '{"version":1}', '{"version":1,"records":[{"type":"x"}]}',
      '{"version":1,"records":[{"type":"toString"}]}', '{"version":1,"records":[null]}',
    ];
    for (const text of bad) {
      expect(() => decodeBatch(encodeText(text)), text).toThrow(AppError);
      expect(() => decodeImage(encodeText(text), { trackChanges: false }), text).toThrow(AppError);
    }
  });

  test('a snapshot gives the image that a replay of the log gives [R10]', () => {
    const cluster = livedIn();
    const bytes = encodeImage(cluster.committed);
    const restored = decodeImage(bytes, { trackChanges: false });
    expect(encodeImage(restored)).toEqual(bytes);
    expect(restored.metadataOffset).toBe(cluster.index);
    expect(restored.broker(4)).toEqual(cluster.committed.broker(4));
    expect(restored.topics()).toEqual(cluster.committed.topics());
    expect(restored.topicConfig('t', 'segment.ms')).toBe(77);
    expect(restored.partitionCount).toBe(3);
    expect(encodeImage(copyImage(restored, { trackChanges: true }))).toEqual(bytes);
  });

  test('two images that took different ways to the same content give the same bytes', () => {
    const one = new ClusterImage({ trackChanges: false });
    const other = new ClusterImage({ trackChanges: false });
    const a = { type: 'feature' as const, name: 'a', level: 1 };
    const b = { type: 'feature' as const, name: 'b', level: 1 };
    one.replay([a, b], { offset: 5, timestampMs: 0 });
    other.replay([b], { offset: 4, timestampMs: 0 });
    other.replay([a], { offset: 5, timestampMs: 9 });
    expect(encodeImage(one)).toEqual(encodeImage(other));
  });

  test('entries of the log without a batch move the offset on; nothing moves it back', () => {
    const image = new ClusterImage({ trackChanges: false });
    image.passOver(7);
    expect(image.metadataOffset).toBe(7);
    expect(() => image.passOver(6)).toThrow('an entry at 6 follows 7');
  });
});

describe('changes', () => {
  test('a node is told what changed since it last asked, once', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2);
    cluster.committed.takeChanges();
    cluster.createTopic('t', [1, 2]);
    cluster.setConfig('topic', 't', 'retention.ms', '5');
    const changes = cluster.committed.takeChanges();
    expect(changes.partitions).toEqual([cluster.committed.topicByName('t')?.partitions[0]]);
    expect(changes.configsChanged).toMatchObject([{ resourceType: 'topic', resourceName: 't' }]);
    expect(changes).toMatchObject({ brokersChanged: [], removedPartitions: [], featuresChanged: false });
    expect(cluster.committed.takeChanges().partitions).toEqual([]);
    cluster.kill(1);
    expect(cluster.committed.takeChanges()).toMatchObject({ brokersChanged: [1], partitions: [{ leader: 2 }] });
  });

  test('a topic that came and went between two looks only went', () => {
    const cluster = new TestCluster();
    cluster.start(1, 2);
    cluster.createTopic('t', [1, 2]);
    const { topicId } = cluster.partition('t');
    cluster.ask({ type: 'delete-topics', topics: [{ name: 't', topicId: null }] });
    expect(cluster.committed.takeChanges()).toMatchObject({
      partitions: [], topicsRemoved: [{ topicId, name: 't' }],
      removedPartitions: [{ topicId, topic: 't', partition: 0 }],
    });
  });

  test('the difference to a snapshot is the same as what the records would have told', () => {
    const cluster = livedIn();
    const before = copyImage(cluster.committed, { trackChanges: false });
    cluster.committed.takeChanges();
    cluster.ask({ type: 'delete-topics', topics: [{ name: 'u', topicId: null }] });
    cluster.createTopic('v', [1, 2]);
    cluster.alterIsr('t', [1, 2]);
    cluster.setConfig('broker', '', 'log.roll.ms', null);
    cluster.ask({
      type: 'update-features', validateOnly: false,
      updates: [{ name: 'transaction.version', level: 1, upgradeType: 'safe-downgrade' }],
    });
    cluster.kill(3);
    const told = cluster.committed.takeChanges();
    const found = changesBetween(before, cluster.committed);
    const sorted = (names: readonly { topic: string; partition: number }[]) =>
      names.map(({ topic, partition }) => `${topic}-${partition}`).sort();
    expect(sorted(found.partitions)).toEqual(sorted(told.partitions));
    expect(found.removedPartitions).toEqual(told.removedPartitions);
    expect(found.topicsRemoved).toEqual(told.topicsRemoved);
    expect(found.brokersChanged).toEqual(told.brokersChanged);
    expect(found.featuresChanged).toBe(true);
    expect(found.configsChanged).toContainEqual({ resourceType: 'broker', resourceName: '' });
  });
});
