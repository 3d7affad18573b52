/** Keeps the messages of a run, the last ones where they are too many. */
import type { Host } from '@hapax/testkit';
import { labelOf, type PartitionNamed, type RecordedEnd } from './message-label.ts';
import { RecentList } from './recent-list.ts';
import type { MessageListener } from './recorded-network.ts';
import { MESSAGE_LANES } from './message-lanes.ts';
import type { MessageStory } from './run-story.ts';

interface RecordedMessage {
  readonly sentMs: number;
  arrivedMs: number | undefined;
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly lane: RecordedEnd['lane'];
  readonly isRoutine: boolean;
  readonly learned: readonly (readonly [number, string])[];
}

/** Hears of every message. */
export class MessageRecorder implements MessageListener {
  private readonly nowMs: () => number;
  private readonly named: PartitionNamed;
  private readonly messages = new RecentList<RecordedMessage>(MESSAGES_MAX);
  /** By themselves, so that they do not drive out what says more. */
  private readonly routine = new RecentList<RecordedMessage>(ROUTINE_MAX);
  private readonly byBytes = new WeakMap<Uint8Array, RecordedMessage>();

  constructor(nowMs: () => number, named: PartitionNamed) {
    this.nowMs = nowMs;
    this.named = named;
  }

  onSent(end: RecordedEnd, from: Host, to: Host, bytes: Uint8Array): void {
    const { name, isRoutine = false, learned = [] } = labelOf(end, bytes, this.named);
    const message: RecordedMessage = {
      sentMs: this.nowMs(),
      arrivedMs: undefined,
      from: hostLane(from.name),
      to: hostLane(to.name),
      name,
      lane: end.lane,
      isRoutine,
      learned,
    };
    (isRoutine ? this.routine : this.messages).add(message);
    this.byBytes.set(bytes, message);
  }

  onArrived(end: RecordedEnd, bytes: Uint8Array): void {
    const message = this.byBytes.get(bytes);
    if (message !== undefined) message.arrivedMs ??= this.nowMs();
    for (const [number, name] of message?.learned ?? this.learnedLate(end, bytes)) end.memory.set(number, name);
  }

  /** Of what a client has sent before the other end was there to be seen, which then is not drawn. */
  private learnedLate(end: RecordedEnd, bytes: Uint8Array): RecordedMessage['learned'] {
    if (end.lane !== 'kafka' || end.hasDialled) return [];
    return labelOf({ ...end, hasDialled: true }, bytes, this.named).learned ?? [];
  }

  /** All that was kept, by the time at which it was sent. */
  story(): MessageStory {
    const lists = [this.messages, this.routine];
    const kept = lists.flatMap((list) => [...list.items()]).toSorted((a, b) => a.sentMs - b.sentMs);
    const names = new Numbering();
    const hosts = new Numbering();
    const rows = kept.flatMap(({ sentMs, arrivedMs, from, to, name, lane, isRoutine }) => [
      hundredths(sentMs),
      arrivedMs === undefined ? -1 : hundredths(arrivedMs) - hundredths(sentMs),
      hosts.of(from),
      hosts.of(to),
      names.of(name),
      MESSAGE_LANES.indexOf(lane),
      isRoutine ? 1 : 0,
    ]);
    const isCut = this.messages.dropped > 0;
    const keptFromMs = isCut ? this.messages.items()[0]?.sentMs ?? 0 : 0;
    return { names: names.all(), hosts: hosts.all(), rows, keptFromMs };
  }
}

/** Numbers texts in the order in which they come. */
class Numbering {
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.numbers.size);
    return this.numbers.size - 1;
  }

  all(): string[] {
    return [...this.numbers.keys()];
  }
}

/** Every node has a lane; clients share one with those that do the same. */
function hostLane(host: string): string {
  return host.startsWith('node-') ? host : host.replace(/[-.\d]+$/u, '');
}

function hundredths(timeMs: number): number {
  return Math.round(timeMs * 100);
}

const MESSAGES_MAX = 45_000;
const ROUTINE_MAX = 12_000;
