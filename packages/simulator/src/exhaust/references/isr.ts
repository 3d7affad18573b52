/** A follower stands still, is taken out of the ISR, comes to itself, and is taken in again. */
import type { SimNode } from '../../sim-node.ts';
import { clusterReference } from './cluster-story.ts';

/** The ISR shrinks and grows while records are written. */
export const isrReference = clusterReference({
  name: 'isr',
  what: 'the ISR shrinks as a follower stands still, and grows as it has caught up',
  variants: ['pause', 'crash'],
  shape: { lagTimeMaxMs: 400 },
  isPart: (_kind, name) => /^(?:controllers|alter-partition|A |push of A|ack of A|attach of A|Produce)/iu.test(name),
  tell: (story, variant) => {
    let slow: SimNode | undefined;
    return [
      {
        what: 'the ISR shrinks',
        begin: () => {
          slow = story.follower();
          if (variant === 'pause') slow?.host.pause();
          else slow?.crash({ powerLoss: false });
          story.writer.send();
        },
        missing: () => {
          if (story.partition()?.isr.includes(slow?.id ?? -1) === true) return 'it is still in it';
          return story.writer.outstanding === 0 ? undefined : 'the record that waited for it is not acknowledged';
        },
      },
      story.writer.step('a record is written without the follower'),
      {
        what: 'the ISR grows',
        begin: () => slow?.host.resume(),
        missing: () => {
          slow?.start();
          return story.allInSync();
        },
      },
      story.goesOnWith(story.writer.step('a record is written to all')),
    ];
  },
});
