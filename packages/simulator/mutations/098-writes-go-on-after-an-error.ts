/** What failed is tried again with the next produce request, as if nothing had happened. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 98,
  bug: 'KAFKA-10778',
  what: 'a failed write of the journal is swallowed, and appends are taken as before',
  breaks: ['S2', 'I8', 'assertion'],
  edits: [{
    file: 'packages/log/src/journal.ts',
    find: `      if (!(error instanceof AppError)) throw error;
      this.fail(error);`,
    replace: '      if (!(error instanceof AppError)) throw error;',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
