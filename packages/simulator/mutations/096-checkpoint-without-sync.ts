/** A file that gets its name before its bytes are safe is empty or torn after a loss of power. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 96,
  bug: 'KAFKA-16541',
  what: 'files are renamed into their place before they are synced',
  breaks: ['S4', 'I3'],
  edits: [{
    file: 'packages/log/src/replace-file.ts',
    find: 'runTasks([(next) => file.sync(next), rename], { concurrency: 1 }, done);',
    replace: 'runTasks([rename], { concurrency: 1 }, done);',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
