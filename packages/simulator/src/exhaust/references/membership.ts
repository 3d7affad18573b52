/** A node joins the cluster: Raft's membership changes, and a partition moves to it. */
import { changeReassignments } from '@hapax/client/machines';
import { clusterReference, type ClusterStory } from './cluster-story.ts';
import type { StoryStep } from './stepped-script.ts';
import { STORY_TOPIC } from './story-writer.ts';

/** The number of the node that joins: the first one that is no voter. */
const NEW_NODE = 3;

/** A learner is added to the controllers' quorum. */
export const membershipReference = clusterReference({
  name: 'membership',
  what: 'a fourth node joins and becomes a learner of the controllers\' log, and a replica moves to it',
  variants: ['join', 'move'],
  latecomers: 1,
  isPart: (_kind, name) => /^(?:controllers|register|A |(?:push|ack|attach|detach) of A|AlterPart)/u.test(name),
  tell: (story, variant) => [
    {
      what: 'the node takes part',
      begin: () => story.world.watch.nodes[NEW_NODE]?.start(),
      missing: () => {
        story.world.watch.nodes[NEW_NODE]?.start();
        return story.world.watch.nodes[NEW_NODE]?.broker?.isReady === true ? undefined : 'it is not ready';
      },
    },
    ...(variant === 'move' ? [moves(story)] : []),
    story.writer.step('a record is written'),
    story.goesOnWith(story.writer.step('another record is written')),
  ],
});

/** A follower's replica moves to the new node. */
function moves(story: ClusterStory): StoryStep {
  const { client } = story.operator;
  const context = { cluster: client.cluster, lane: 'admin', timeoutMs: 3000 };
  const isThere = (): boolean => story.partition()?.replicas.includes(NEW_NODE) === true;
  const ask = (): void => {
    if (isThere()) return;
    const kept = story.world.watch.nodes.filter((node) => node.id !== NEW_NODE && node !== story.follower());
    const replicas = [...kept.map(({ id }) => id), NEW_NODE];
    changeReassignments(context, [{ topic: STORY_TOPIC, partition: 0, replicas }], () =>
      client.host.after(AGAIN_MS, ask));
  };
  const isMoved = (): boolean =>
    isThere() && story.partition()?.addingReplicas.length === 0 && story.partition()?.removingReplicas.length === 0;
  return {
    what: 'the partition has moved',
    begin: ask,
    missing: () => (isMoved() ? story.allInSync() : 'it has not'),
  };
}

const AGAIN_MS = 300;
