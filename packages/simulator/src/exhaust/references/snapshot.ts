/** A controller is away while the others write more than their logs keep, and is given a snapshot. */
import type { SimNode } from '../../sim-node.ts';
import { clusterReference } from './cluster-story.ts';

/** A snapshot is taken, sent and installed. */
export const snapshotReference = clusterReference({
  name: 'snapshot',
  what: 'a controller that was away is given a snapshot, since the log no longer has what it lacks',
  variants: ['process', 'power'],
  raft: { snapshotEveryEntries: 2 },
  isPart: (_kind, name) => /^(?:controllers|CreateTopics|create-topics)/u.test(name),
  tell: (story, variant) => {
    let away: SimNode | undefined;
    return [
      {
        what: 'a follower of the controllers is away',
        begin: () => {
          away = story.world.watch.nodes.find((node) => node !== story.controller() && node !== story.leader());
          away?.crash({ powerLoss: variant === 'power' });
        },
        missing: () => undefined,
      },
      ...['one', 'two', 'three', 'four'].map((topic) => story.makes(topic)),
      story.comesBack(() => away),
      story.goesOnWith(story.makes('made-by-all')),
    ];
  },
});
