/** Pages whose write-back failed count as clean: the next sync has nothing to do and succeeds. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 110,
  bug: 'Rebello et al., ATC 2020',
  what: 'a failed sync of the journal is tried again',
  breaks: ['S2', 'S3', 'I2'],
  edits: [{
    file: 'packages/log/src/journal.ts',
    find: 'const own: Task = (done) => this.fileAt(this.current).sync(done);',
    replace: `const own: Task = (done) => this.fileAt(this.current).sync((error) => {
      if (error === undefined) done();
      else this.fileAt(this.current).sync(done);
    });`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
