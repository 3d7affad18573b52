/** Records a run for a page that shows it. It only looks: the trace is that of a run which nobody records. */
import type { Random } from '@hapax/base';
import type { FaultStep } from '@hapax/faults';
import type { NetworkWeather, SimNetwork, VirtualTime } from '@hapax/testkit';
import type { ClusterWatch } from '../cluster-watch.ts';
import type { SimNode } from '../sim-node.ts';
import { MessageRecorder } from './message-recorder.ts';
import { NodeRecorder } from './node-recorder.ts';
import { PartitionRecorder } from './partition-recorder.ts';
import { RecentList } from './recent-list.ts';
import { RecordedNetwork } from './recorded-network.ts';
import type { FaultStory, PhaseStory, RunStory } from './run-story.ts';
import { TransactionRecorder } from './transaction-recorder.ts';

/** What is recorded of one run; a recorder is of no use for a second one. */
export class RunRecorder {
  private time: VirtualTime | undefined;
  private watch: ClusterWatch | undefined;
  private nodes: NodeRecorder | undefined;
  private partitions: PartitionRecorder | undefined;
  private transactions: TransactionRecorder | undefined;
  private readonly messages = new MessageRecorder(
    () => this.nowMs, (topicId, partition) => this.partitionName(topicId, partition),
  );
  private readonly phases: PhaseStory[] = [];
  private readonly faults: FaultStory[] = [];
  private readonly lines = new RecentList<string>(LINES_MAX);
  private nextNodesMs = 0;
  private nextPartitionsMs = 0;

  /** A network of which the messages are recorded. */
  network(time: VirtualTime, random: Random, weather: NetworkWeather): SimNetwork {
    return new RecordedNetwork(this.messages, time, random, weather);
  }

  /** The world is made, and nothing has happened. */
  begin(time: VirtualTime, watch: ClusterWatch, network: SimNetwork): void {
    this.time = time;
    this.watch = watch;
    this.nodes = new NodeRecorder(watch, network);
    this.partitions = new PartitionRecorder(watch);
    this.transactions = new TransactionRecorder(watch, () => time.nowMs);
    // A leader may die in the very event in which it commits something: what it came to is to be seen all the same.
    for (const event of ['high-watermark', 'partition-leader'] as const) {
      watch.events.listen(event, () => this.partitions?.look(time.nowMs));
    }
  }

  /** An event is over. */
  onEvent(): void {
    const { nowMs } = this;
    if (nowMs >= this.nextNodesMs) {
      this.nextNodesMs = nowMs + NODES_EVERY_MS;
      this.nodes?.look(nowMs);
    }
    if (nowMs < this.nextPartitionsMs) return;
    this.nextPartitionsMs = nowMs + PARTITIONS_EVERY_MS;
    this.partitions?.look(nowMs);
  }

  /** The run goes over to something else. */
  onPhase(name: string): void {
    this.phases.push({ atMs: this.nowMs, name });
  }

  onLine(line: string): void {
    this.lines.add(line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line);
  }

  onFault(step: FaultStep, nodes: readonly SimNode[]): void {
    const { kind, target, forMs, other, when, parameters = {} } = step;
    const details = [
      ...(other === undefined ? [] : [`other ${other}`]),
      ...(when === undefined ? [] : [`at ${when.event} number ${when.nth} on ${when.on ?? 'any node'}`]),
      ...Object.entries(parameters).map(([name, value]) => `${name} ${value}`),
    ];
    const atMs = this.nowMs;
    const ids = nodes.map(({ id }) => id);
    this.faults.push({ atMs, untilMs: atMs + forMs, kind, target, nodes: ids, details: details.join(', ') });
  }

  /** All of it. To be asked when the run is over. */
  story(): RunStory {
    const { nowMs } = this;
    this.nodes?.look(nowMs);
    this.partitions?.look(nowMs);
    return {
      endMs: nowMs,
      phases: this.phases,
      nodes: this.nodes?.story() ?? [],
      faults: this.faults,
      partitions: this.partitions?.story() ?? [],
      transactions: this.transactions?.story() ?? [],
      messages: this.messages.story(),
      lines: this.lines.items(),
      linesDropped: this.lines.dropped,
    };
  }

  private get nowMs(): number {
    return this.time?.nowMs ?? 0;
  }

  private partitionName(topicId: string, partition: number): string {
    const state = this.watch?.inSync.partitions().find((one) => one.topicId === topicId && one.partition === partition);
    return state === undefined ? 'unknown' : `${state.topic}-${partition}`;
  }
}

const NODES_EVERY_MS = 1;
const PARTITIONS_EVERY_MS = 5;
const LINES_MAX = 8000;
const LINE_MAX = 240;
