/** To lose a log and to gain it are two events with an order. */
import type { Mutation } from '../src/mutations/mutation.ts';

export default {
  row: 142,
  bug: 'KAFKA-10614',
  what: 'a group coordinator is unloaded late, even where it has been loaded again meanwhile',
  breaks: ['T10', 'T9', 'T8', 'group', 'liveness'],
  edits: [{
    file: 'packages/broker/src/drivers/group-coordinators.ts',
    find: `    const shard = this.shards.get(partition.index) ?? this.makeShard(partition);
    this.depose(shard);
`,
    replace: `    const shard = this.shards.get(partition.index) ?? this.makeShard(partition);
    if (partition.leads()) this.depose(shard);
    else this.ports.scheduler.after(1000, () => this.depose(shard));
`,
  }],
  hunt: { workload: 'txn' },
} satisfies Mutation;
