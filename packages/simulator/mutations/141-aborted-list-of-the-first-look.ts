/** A fetch that waits must look for aborted transactions when it is answered. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 141,
  bug: 'KAFKA-5376',
  what: 'a fetch that has waited tells of what was aborted when it began to wait',
  breaks: ['T2'],
  edits: [{
    file: 'packages/broker/src/handlers/fetch.ts',
    find: `      ? log.abortedTransactions(asked.fetchOffset, read?.nextOffset ?? asked.fetchOffset).map(toAborted)
`,
    replace: `      ? (this.aborted ??= new Map()).get(asked) ?? this.aborted
        .set(asked, log.abortedTransactions(asked.fetchOffset, read?.nextOffset ?? asked.fetchOffset).map(toAborted))
        .get(asked)
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
