/** What did not fit was never written, and nobody tries again. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 106,
  bug: 'etcd 2819',
  what: 'appends are taken without room for them, and a write that does not fit is passed over',
  breaks: ['S1', 'S3', 'S2', 'fail-stop'],
  edits: [{
    file: 'packages/log/src/log-store.ts',
    find: `    this.space.take(batches.length);
`,
    replace: '',
  }, {
    file: 'packages/log/src/log-operations.ts',
    find: '    file.write(first.position, run.map((write) => write.bytes));',
    replace: `    try {
      file.write(first.position, run.map((write) => write.bytes));
    } catch (error) {
      if ((error as { code?: string }).code !== 'disk-full') throw error;
    }`,
  }],
  hunt: { workload: 'records' },
  survives: 'the reserve is never used up: what the workload writes between two looks at the free space is less than ' +
    'it',
} satisfies Mutation;
