/** A snapshot stands for whole groups of records, or for none of a group. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 53,
  bug: 'KAFKA-17713 167e2f71f05',
  what: 'a snapshot is taken after a group counts as applied, and before it is',
  breaks: ['R10', 'I10'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: `    this.state.apply(entries.filter((entry) => entry.type === 'command'));
    const last = entries.at(-1);
    if (last === undefined) return;
    this.raft.onApplied(last.index);
`,
    replace: `    const last = entries.at(-1);
    if (last === undefined) return;
    this.raft.onApplied(last.index);
    this.maybeSnapshot(last.index);
    this.state.apply(entries.filter((entry) => entry.type === 'command'));
`,
  }],
  hunt: { workload: 'raft' },
} satisfies Mutation;
