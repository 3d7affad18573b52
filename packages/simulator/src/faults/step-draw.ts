/** Draws what is in a step. */
import type { Random } from '@hapax/base';
import { PROTOCOL_EVENT_NAMES, type EventTrigger } from '@hapax/faults';
import type { Plan } from '../swarm.ts';

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
    if (role === 1) return `leader(${this.partition()})`;
    return `node(${this.random.nextInt(this.plan.shape.nodes)})`;
  }

  /** A partition of the workload, as targets name it. */
  partition(): string {
    const topic = this.pick(this.plan.workload.topics);
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

  /** An event, rare ones at their first or second time, those that come by the hundred anywhere. */
  trigger(on?: string): EventTrigger {
    const event = this.pick(PROTOCOL_EVENT_NAMES);
    const isFrequent = event.endsWith('-sent') || event.startsWith('disk-') || event === 'raft-stored';
    const nth = 1 + this.random.nextInt(isFrequent ? 50 : 3);
    return on === undefined ? { event, nth } : { event, nth, on };
  }
}
