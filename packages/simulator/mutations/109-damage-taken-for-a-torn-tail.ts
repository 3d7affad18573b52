/** Behind the damage there is more, which was committed. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 109,
  bug: 'Alagappan et al., FAST 2018',
  what: 'a log is cut at damage in its middle as if the rest had never been there',
  breaks: ['S1', 'R5', 'I5', 'I2'],
  edits: [{
    file: 'packages/log/src/log-recovery.ts',
    find: `const isCorrupt = end.kind === 'bad' && (end.hasMore || hasNext || segment.endOffset < this.promisedEnd());`,
    replace: 'const isCorrupt = false;',
  }, {
    file: 'packages/log/src/log-recovery.ts',
    find: `        this.files.setAside(bases.slice(at));
        return;`,
    replace: `        for (const later of bases.slice(at)) this.files.removeSegment(later);
        return;`,
  }, {
    file: 'packages/log/src/log-recovery.ts',
    find: '    if (!mayCut) throw new LossFound(`${path}, ${position}: ${reason}`);',
    replace: '',
  }, {
    file: 'packages/log/src/log-recovery.ts',
    find: '    this.corrupt.push({ topicId, topic, partition, offset, path, position, reason });',
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
