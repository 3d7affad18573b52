/** Between two writes there is a time for a crash: the vote is that of another term. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 8,
  bug: 'hashicorp/raft 661',
  what: 'the vote is written before the term that it belongs to',
  breaks: ['R2'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: 'if (ready.hardState !== undefined) changes.push(put(HARD_STATE, encodeJson(HARD_STATE, ready.hardState)));',
    replace: `if (ready.hardState !== undefined) {
      const { votedFor } = ready.hardState;
      const mixed = encodeJson(HARD_STATE, { ...this.lastHardState, votedFor });
      this.store.write([put(HARD_STATE, mixed)], { sync: true }, () => {});
      this.lastHardState = ready.hardState;
      changes.push(put(HARD_STATE, encodeJson(HARD_STATE, ready.hardState)));
    }`,
  }, {
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: '    const changes = [put(HARD_STATE, encodeJson(HARD_STATE, state.hardState))];',
    replace: `    const changes = [put(HARD_STATE, encodeJson(HARD_STATE, state.hardState))];
    this.lastHardState = state.hardState;`,
  }, {
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: `  private firstStoredIndex: LogIndex = 1;
`,
    replace: `  private firstStoredIndex: LogIndex = 1;
  private lastHardState: HardState = NEW_HARD_STATE;
`,
  }, {
    file: 'packages/broker/src/drivers/raft-store.ts',
    find: `    const hardState = values.get(HARD_STATE);
`,
    replace: `    const hardState = values.get(HARD_STATE);
    if (hardState !== undefined) this.lastHardState = decodeJson(HARD_STATE, hardState) as HardState;
`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
