/** The mark of a good stop survives into a process that does not stop well. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 97,
  bug: 'KAFKA-10471',
  what: 'the clean-shutdown mark is not removed at the start',
  breaks: ['S1', 'T2', 'I6'],
  edits: [{
    file: 'packages/log/src/store-opening.ts',
    find: 'runTasks([removeMark, ...secureJournal, recover]',
    replace: 'runTasks([...secureJournal, recover]',
  }, {
    file: 'packages/log/src/store-opening.ts',
    find: `  const removeMark = (next: DiskDone): void => removeFile(disk, CLEAN_SHUTDOWN_FILE, next);
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
