/** Who joins an ISR is active, and has acked in the life of it that is registered. */
import type { ClusterImage, PartitionImage } from '@hapax/metadata';
import { expect, test } from 'vitest';
import { MemberLives, type HeardReplica } from '../src/invariants/member-lives.ts';

const PLACE = { topicId: 'topic', index: 0 };

function state(partitionEpoch: number, isr: readonly number[]): PartitionImage {
  const named = { topicId: 'topic', topic: 'topic', partition: 0, leader: 0, leaderEpoch: 3 };
  return { ...named, partitionEpoch, isr } as unknown as PartitionImage;
}

function image(brokerEpoch: number, isActive = true): ClusterImage {
  return { isActive: () => isActive, broker: () => ({ brokerEpoch }) } as unknown as ClusterImage;
}

/** Node 1 attaches in one life and acks; then the leader's ISR [0] has become [0, 1]. */
function join(life: number, now: ClusterImage, brokersChanged: readonly number[] = []): void {
  const lives = new MemberLives();
  const replica: HeardReplica = { onAttach() {}, onAck() {} };
  lives.watch(PLACE, replica);
  const log = { leaderEpoch: 3, logEndOffset: 0, lastEpoch: -1 };
  replica.onAttach(1, { ...log, brokerEpoch: life, attachId: 1 }, 0);
  replica.onAck(1, { attachId: 1, leaderEpoch: 3, durableOffset: 0, logStartOffset: 0 }, 0);
  lives.onMetadata(now, { partitions: [state(1, [0])], brokersChanged: [] });
  lives.onMetadata(now, { partitions: [state(2, [0, 1])], brokersChanged });
}

test('a follower that has acked in its registered life may join', () => {
  expect(() => join(7, image(7))).not.toThrow();
});

test('what a former life has acked does not count', () => {
  expect(() => join(7, image(9))).toThrow('joins the ISR [0, 1] of topic-0 in its life 9, but has acked only in');
});

test('a broker that is fenced must not join', () => {
  expect(() => join(7, image(7, false))).toThrow('is fenced or shuts down');
});

test('of a broker that changed in the same step nothing is said', () => {
  expect(() => join(7, image(9), [1])).not.toThrow();
});
