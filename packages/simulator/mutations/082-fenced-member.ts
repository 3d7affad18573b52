/** A broker that is fenced or about to stop cannot be waited for, nor lead. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 82,
  bug: 'KIP-841, KAFKA-13916',
  what: 'a broker that is fenced or shuts down is taken into the ISR',
  breaks: ['I4', 'I5', 'I6', 'I1', 'I2', 'I3', 'I5', 'I8', 'I9', 'I11'],
  edits: [{
    file: 'packages/metadata/src/handlers/alter-partition.ts',
    find: `  if (broker.fenced) return \`broker \${member.id} is fenced\`;
  if (broker.inControlledShutdown) return \`broker \${member.id} is shutting down\`;
`,
    replace: '',
  }, {
    file: 'packages/replica/src/leader.ts',
    find: `      this.options.brokers.isEligible(follower.nodeId) &&
`,
    replace: '',
  }],
  hunt: { workload: 'records' },
  survives: 'a follower must be fenced while it is caught up, and be proposed before its leader knows of it',
} satisfies Mutation;
