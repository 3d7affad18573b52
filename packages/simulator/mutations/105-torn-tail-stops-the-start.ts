/** Half a batch at the end of a log is what every loss of power may leave. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 105,
  bug: 'etcd 5230',
  what: 'a torn end of a segment is a damage with which a node does not start',
  breaks: ['fail-stop', 'S1'],
  edits: [{
    file: 'packages/log/src/segment-loader.ts',
    find: `      end = { kind: 'bad', hasMore: hasBatchAfter(file`,
    replace: `      if (segment !== undefined) throw corruptBatch(segment.path, position);
      end = { kind: 'bad', hasMore: hasBatchAfter(file`,
  }, {
    file: 'packages/log/src/segment-loader.ts',
    find: `import { batchAt } from './batch-check.ts';`,
    replace: `import { batchAt, corruptBatch } from './batch-check.ts';`,
  }],
  hunt: { workload: 'records' },
  survives: 'a torn end comes with a loss of power within a round; with the journal, what is torn in a segment is ' +
    'written again before anybody looks',
} satisfies Mutation;
