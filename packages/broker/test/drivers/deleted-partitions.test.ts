/** A partition that a node does not know counts as deleted only once the node knows as much as the controller. */
import { ClusterImage } from '@hapax/metadata';
import { beforeEach, describe, expect, test } from 'vitest';
import { DeletedPartitions } from '../../src/drivers/deleted-partitions.ts';
import { TestCluster } from '../support/test-cluster.ts';
import type { TestNode } from '../support/test-node.ts';

let cluster: TestCluster;
/** What the node knows of the cluster, which lags behind. */
let image: ClusterImage;
let found: boolean[];
let deleted: DeletedPartitions;

function watch(node: TestNode): void {
  const { ports, controller } = node.broker.services;
  found = [];
  const onDeleted = (): void => void found.push(deleted.isDeleted('t', 0));
  deleted = new DeletedPartitions(ports, { metadata: { image }, controller, onDeleted });
}

beforeEach(() => {
  cluster = new TestCluster();
  image = new ClusterImage({ trackChanges: false });
});

describe.each([
  ['beside the controller', () => cluster.controller],
  ['that asks the controller over the network', () => cluster.follower],
] as const)('a node %s', (_, chosen) => {
  test('does not take a partition for deleted that may have been created meanwhile', () => {
    const index = cluster.controller.broker.services.metadata.image.metadataOffset;
    watch(chosen());
    expect(deleted.isDeleted('t', 0)).toBe(false);
    image.passOver(index - 1);
    cluster.runFor(2000);
    expect(found).toEqual([]);
    image.passOver(index);
    cluster.runFor(200);
    expect(found).toEqual([true]);
  });

  test('asks anew about a partition that is missed later', () => {
    const index = cluster.controller.broker.services.metadata.image.metadataOffset;
    image.passOver(index);
    watch(chosen());
    deleted.isDeleted('t', 0);
    cluster.runFor(200);
    expect(found).toEqual([true]);
    expect(deleted.isDeleted('t', 0)).toBe(false);
    cluster.runFor(200);
    expect(found).toEqual([true, true]);
  });
});

test('a controller that is gone is asked again until there is one', () => {
  const { controller } = cluster;
  const { metadataOffset } = controller.broker.services.metadata.image;
  watch(cluster.follower);
  controller.kill();
  expect(deleted.isDeleted('t', 0)).toBe(false);
  image.passOver(metadataOffset + 1000);
  cluster.runFor(20_000);
  expect(found).toEqual([true]);
});
