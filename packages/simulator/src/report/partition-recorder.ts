/** Looks at every partition again and again, and keeps what has changed: who leads, who is in sync, how far it is. */
import type { ClusterWatch } from '../cluster-watch.ts';
import type { LeaderSpan, PartitionStory } from './run-story.ts';

interface RecordedPartition {
  readonly name: string;
  readonly replicas: number;
  readonly leaders: LeaderSpan[];
  readonly logEnd: number[];
  readonly highWatermark: number[];
  readonly lastStable: number[];
}

/** What is kept of the partitions. */
export class PartitionRecorder {
  private readonly watch: ClusterWatch;
  private readonly partitions = new Map<string, RecordedPartition>();

  constructor(watch: ClusterWatch) {
    this.watch = watch;
  }

  look(atMs: number): void {
    for (const state of this.watch.inSync.partitions()) {
      const { topicId, topic, partition, leader, leaderEpoch, isr } = state;
      const key = `${topicId}/${partition}`;
      const recorded = this.partitions.get(key) ?? {
        name: `${topic}-${partition}`,
        replicas: state.replicas.length,
        leaders: [],
        logEnd: [],
        highWatermark: [],
        lastStable: [],
      };
      this.partitions.set(key, recorded);
      noteLeader(recorded.leaders, { atMs, leader, leaderEpoch, isr });
      const replica = this.watch.replica(leader, topicId, partition);
      if (replica?.isLeader !== true) continue;
      noteStep(recorded.logEnd, atMs, replica.log.endOffset);
      noteStep(recorded.highWatermark, atMs, replica.highWatermark);
      noteStep(recorded.lastStable, atMs, replica.lastStableOffset);
    }
  }

  /** By name, those of the clients first. */
  story(): PartitionStory[] {
    const isOfCluster = ({ name }: PartitionStory): number => Number(name.startsWith('__'));
    const all: readonly PartitionStory[] = [...this.partitions.values()];
    return all.toSorted((a, b) => isOfCluster(a) - isOfCluster(b) || (a.name < b.name ? -1 : 1));
  }
}

function noteLeader(leaders: LeaderSpan[], span: LeaderSpan): void {
  const last = leaders.at(-1);
  const isSame = last?.leader === span.leader && last.leaderEpoch === span.leaderEpoch &&
    last.isr.join() === span.isr.join();
  if (!isSame) leaders.push(span);
}

function noteStep(steps: number[], atMs: number, value: number): void {
  if (steps.at(-1) === value) return;
  steps.push(Math.round(atMs * 10) / 10, value);
  if (steps.length >= STEPS_MAX * 2) thin(steps);
}

/** Every second of the older steps goes: what is close to the end stays exact. */
function thin(steps: number[]): void {
  const older = Math.floor(steps.length / 4) * 2;
  const kept = steps.slice(0, older).filter((_, at) => at % 4 < 2);
  steps.splice(0, older, ...kept);
}

const STEPS_MAX = 2500;
