/** A client that asks where partitions end. To it, too, what is committed must not become less. */
import type { LeaderEpoch, Offset } from '@hapax/base';
import { findOffsets, type FoundOffset } from '@hapax/client/machines';
import { demand } from '../invariants/violation.ts';
import type { TopicPlan } from '../swarm.ts';
import { SimClient, type ClientWorld } from './sim-client.ts';

/** The highest end that was told of each partition, and of which leader epoch. */
export class EndsTold {
  private readonly told = new Map<string, { readonly leaderEpoch: LeaderEpoch; readonly offset: Offset }>();

  /** I1: a leader of a later epoch, or the same one later, does not tell a lower end. What it tells old ones may. */
  onTold(partition: string, { leaderEpoch, offset }: Pick<FoundOffset, 'leaderEpoch' | 'offset'>): void {
    const before = this.told.get(partition);
    if (before !== undefined && leaderEpoch < before.leaderEpoch) return;
    demand(before === undefined || offset >= before.offset, 'I1', () =>
      `${partition} ends at ${offset} in leader epoch ${leaderEpoch}, a client was told ${before?.offset} before`);
    this.told.set(partition, { leaderEpoch, offset });
  }
}

/** One process, which asks for one partition at a time. */
export class EndProbing {
  readonly client: SimClient;
  private readonly topics: readonly TopicPlan[];
  private readonly told = new EndsTold();
  private isStopped = false;

  constructor(world: ClientWorld, topics: readonly TopicPlan[]) {
    this.client = new SimClient('ends', world);
    this.topics = topics;
  }

  start(): void {
    this.client.host.after(this.client.drawMs(MEAN_INTERVAL_MS), () => {
      if (!this.isStopped) this.ask();
    });
  }

  stop(): void {
    this.isStopped = true;
  }

  private ask(): void {
    const { random, cluster } = this.client;
    const { name: topic, partitions } = this.topics[random.nextInt(this.topics.length)] as TopicPlan;
    const query = { topic, partition: random.nextInt(partitions), at: 'latest' } as const;
    const options = { lane: 'ends', deadlineMs: DEADLINE_MS, readCommitted: false };
    findOffsets(cluster, [query], options, ([found]) => {
      if (found?.answer !== undefined) this.told.onTold(`${topic}-${query.partition}`, found.answer);
      this.start();
    });
  }
}

const MEAN_INTERVAL_MS = 100;
const DEADLINE_MS = 1000;
