/** A leader that is cut off writes what nobody else has, dies, and cuts it off its log when it comes back. */
import type { SimNode } from '../../sim-node.ts';
import { clusterReference } from './cluster-story.ts';
import { StoryWriter } from './story-writer.ts';

/** Failover with truncation. */
export const failoverReference = clusterReference({
  name: 'failover',
  what: 'a leader that is cut off dies with records of its own, another one leads, and the old one truncates its log',
  variants: ['process', 'power'],
  isPart: (_kind, name) => /^(?:A |push of A|ack of A|attach of A|Produce)/u.test(name),
  tell: (story, variant) => {
    let old: SimNode | undefined;
    const other = new StoryWriter('other', story.world);
    const cutOff = (isCut: boolean): void => {
      const { network } = story.world.clients;
      for (const { host } of story.world.watch.nodes) {
        if (old === undefined || host === old.host) continue;
        if (isCut) {
          network.cut(old.host, host);
          continue;
        }
        // What is on its way is lost with the connections, and does not arrive as the way is free again.
        network.resetBetween(old.host, host);
        network.heal(old.host, host);
      }
    };
    return [
      {
        what: 'the leader dies with a record that nobody else has',
        begin: () => {
          old = story.leader();
          cutOff(true);
          story.writer.send();
          story.world.clients.time.after(ALONE_MS, () => {
            old?.crash({ powerLoss: variant === 'power' });
            cutOff(false);
          });
        },
        missing: () => {
          const { id } = story.leader() ?? {};
          return id === undefined || id === old?.id ? 'nobody else leads' : undefined;
        },
      },
      other.step('the new leader takes a record'),
      {
        what: 'the old leader follows',
        begin: () => {},
        missing: () => {
          old?.start();
          return story.allInSync();
        },
      },
      story.goesOnWith(other.step('a record is written to all')),
    ];
  },
});

/** Long enough to write and sync a record, short enough not to be missed. */
const ALONE_MS = 20;
