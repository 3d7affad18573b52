/** The answer is on its way before what it says is on the disk. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 10,
  bug: 'NodeDB 161',
  what: 'votes and acknowledgements are sent before they are persisted',
  breaks: ['R9', 'R2'],
  edits: [{
    file: 'packages/broker/src/drivers/raft-driver.ts',
    find: `    for (const message of ready.messages) this.send(message);
    this.persist(ready);`,
    replace: `    for (const message of ready.messages) this.send(message);
    for (const message of ready.messagesAfterPersist) this.send(message);
    this.persist(ready);`,
  }],
  hunt: { workload: 'records' },
} satisfies Mutation;
