/** Draws what is in a step. */
import type { Random } from '@hapax/base';
import { PROTOCOL_EVENT_NAMES, type EventTrigger, type ProtocolEventName } from '@hapax/faults';
import type { Plan, TopicPlan } from '../swarm.ts';

/** Events that come again and again while clients work. */
const FREQUENT: ReadonlySet<ProtocolEventName> = new Set([
  'raft-stored', 'metadata-applied', 'high-watermark', 'raft-sent', 'controller-sent', 'replication-sent', 'kafka-sent',
  'disk-written', 'disk-synced', 'txn-decided', 'txn-completed',
]);

/** Draws for one step of a plan. */
export class StepDraw {
  readonly plan: Plan;
  readonly random: Random;

  constructor(plan: Plan, random: Random) {
    this.plan = plan;
    this.random = random;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.random.nextInt(choices.length)] as T;
  }

  /** Exponentially distributed around a mean, in whole milliseconds. */
  ms(meanMs: number): number {
    return Math.ceil(-Math.log(1 - this.random.nextFloat()) * meanMs);
  }

  /** A node; now and then the one that has a role when the fault comes. */
  node(): string {
    const role = this.random.nextInt(8);
    if (role === 0) return 'controller.leader';
    if (role === 1 && this.plan.quorum === null) return `leader(${this.partition()})`;
    return `node(${this.random.nextInt(this.plan.shape.nodes)})`;
  }

  /** A partition of the workload, as targets name it. */
  partition(): string {
    return this.partitionOf(this.pick(this.plan.workload.topics));
  }

  partitionOf(topic: TopicPlan): string {
    return `${topic.name}-${this.random.nextInt(topic.partitions)}`;
  }

  /** All nodes in a drawn order. */
  shuffledNodes(): number[] {
    const ids = Array.from({ length: this.plan.shape.nodes }, (_, id) => id);
    for (let at = ids.length - 1; at > 0; at--) {
      const other = this.random.nextInt(at + 1);
      [ids[at], ids[other]] = [ids[other] as number, ids[at] as number];
    }
    return ids;
  }

  /** One or more of the nodes, and never all of them where there are several. */
  someNodes(): string {
    const ids = this.shuffledNodes();
    return `nodes(${ids.slice(0, 1 + this.random.nextInt(Math.max(1, ids.length - 1))).join(',')})`;
  }

  /** Two nodes; undefined where there are not two. */
  pair(): readonly [string, string] | undefined {
    const [one, other] = this.shuffledNodes();
    return one === undefined || other === undefined ? undefined : [`node(${one})`, `node(${other})`];
  }

  /** An event: those that come by the hundred at any time, rare ones at their first or second. */
  trigger(on?: string): EventTrigger {
    const isFrequent = this.random.nextInt(3) > 0;
    const hasTransactions = this.plan.transactions !== null;
    const event = this.pick(PROTOCOL_EVENT_NAMES.filter((name) =>
      FREQUENT.has(name) === isFrequent && (hasTransactions || !name.startsWith('txn-'))));
    const nth = 1 + this.random.nextInt(isFrequent ? 50 : 2);
    return on === undefined ? { event, nth } : { event, nth, on };
  }
}
