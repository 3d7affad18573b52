/** Whether some of the nodes, well again while all others are still gone, do alone what they can do alone. */
import type { ClusterWatch } from '../cluster-watch.ts';
import type { SimNode } from '../sim-node.ts';

/** The progress of a core. */
export class CoreProgress {
  private readonly watch: ClusterWatch;
  private readonly core: readonly SimNode[];
  /** High watermarks of partitions when the core first led them, and partitions that have gone on since. */
  private readonly firstMarks = new Map<string, number>();
  private readonly hasMoved = new Set<string>();

  constructor(watch: ClusterWatch, core: readonly SimNode[]) {
    this.watch = watch;
    this.core = core;
  }

  /** Why it is not there yet; undefined when every partition that the core can lead is led, and commits if it can. */
  missing(): string | undefined {
    const unready = this.core.filter((node) => node.broker?.isReady !== true);
    if (unready.length > 0) return `R13: nodes [${unready.map(({ id }) => id).join(', ')}] of the core are not ready`;
    const ids = this.core.map(({ id }) => id);
    for (const state of this.watch.inSync.partitions()) {
      // Without any node of its ISR a partition waits for one: whoever else led it might lack what is committed.
      if (!state.isr.some((id) => ids.includes(id))) continue;
      const name = `${state.topic}-${state.partition}`;
      const replica = this.watch.replica(state.leader, state.topicId, state.partition);
      if (!ids.includes(state.leader) || replica?.isLeader !== true) return `I12: nobody of the core leads ${name}`;
      const { highWatermark, log, minInsyncReplicas } = replica;
      if (state.replicas.filter((id) => ids.includes(id)).length < minInsyncReplicas) continue;
      if (!this.commits(name, highWatermark, log.endOffset)) {
        return `I12: ${name} commits nothing: its end is ${log.endOffset}, its high watermark ${highWatermark}`;
      }
    }
    return undefined;
  }

  /** It has gone on since the core led it, or there is nothing left to commit. */
  private commits(name: string, highWatermark: number, endOffset: number): boolean {
    const first = this.firstMarks.get(name) ?? highWatermark;
    this.firstMarks.set(name, first);
    if (highWatermark > first || highWatermark === endOffset) this.hasMoved.add(name);
    return this.hasMoved.has(name);
  }
}
