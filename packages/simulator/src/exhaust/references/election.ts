/** An election of the controllers' leader, and a change of the cluster by the one that is elected. */
import type { SimNode } from '../../sim-node.ts';
import { clusterReference } from './cluster-story.ts';

/** The leader dies, or hands over as it stops. */
export const electionReference = clusterReference({
  name: 'election',
  what: 'the controllers\' leader dies or stops, another one is elected, and a topic is made',
  variants: ['crash', 'stop'],
  isPart: (_kind, name) => /^(?:controllers|CreateTopics|create-topics)/u.test(name),
  tell: (story, variant) => {
    let old: SimNode | undefined;
    return [
      {
        what: 'another node leads the controllers',
        begin: () => {
          old = story.controller();
          if (variant === 'crash') old?.crash({ powerLoss: false });
          else old?.stop(() => {});
        },
        missing: () => (story.controller() === old ? 'nobody else has been elected' : undefined),
      },
      story.makes('made-by-the-new-leader'),
      story.comesBack(() => old),
      story.goesOnWith(story.makes('made-by-all')),
    ];
  },
});
