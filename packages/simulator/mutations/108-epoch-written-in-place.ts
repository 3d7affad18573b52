/** A file that is cut and then written is empty for a moment. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 108,
  bug: 'ROCm/spur 635',
  what: 'the broker epoch is written in place, and one that cannot be read counts as none',
  breaks: ['S4', 'R2'],
  edits: [{
    file: 'packages/broker/src/drivers/broker-epoch-file.ts',
    find: `const NEW_PATH = 'broker-epoch.new';`,
    replace: 'const NEW_PATH = PATH;',
  }, {
    file: 'packages/broker/src/drivers/broker-epoch-file.ts',
    find: `    disk.rename(NEW_PATH, PATH);
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
