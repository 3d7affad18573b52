/** Records that come after their marker begin a transaction that nobody ends. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 128,
  bug: 'KIP-890, KAFKA-14402',
  what: 'a leader asks no coordinator whether a partition is part of a transaction of version 1',
  breaks: ['T3', 'T4', 'T11', 'liveness'],
  edits: [{
    file: 'packages/broker/src/handlers/produce.ts',
    find: `else if (verification.kind === 'needed') unverified.push`,
    replace: `else if (verification.kind === 'needed' && context.apiVersion >= PRODUCE_ADDS_FROM) unverified.push`,
  }],
  hunt: { workload: 'txn' },
  survives: 'no client of the project sends a record that it does not wait for; one that does, under version 1, is ' +
    'not in the workload',
} satisfies Mutation;
