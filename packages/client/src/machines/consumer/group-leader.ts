/** What the leader of a group does beside being a member: divides the partitions, and watches for more of them. */
import { AppError } from '@hapax/base';
import { Alarm } from '../alarm.ts';
import type { Cluster } from '../cluster.ts';
import { isRetriable } from '../protocol-failure.ts';
import { decodeSubscription, encodeAssignment, type Assignor, type Subscriber } from './assignor.ts';

/** A member as the coordinator told of it. */
interface JoinedMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly metadata: Uint8Array;
}

/** A member's part, as the coordinator takes it. */
export interface EncodedAssignment {
  readonly memberId: string;
  readonly assignment: Uint8Array;
}

/** Knows the topics of all members while this one leads. */
export class GroupLeader {
  readonly #cluster: Cluster;
  readonly #onChanged: () => void;
  readonly #topics = new Set<string>();
  readonly #alarm: Alarm;
  #stopListening: (() => void) | undefined;
  #pending: (() => void) | undefined;
  #counts: string | undefined;

  /** `onChanged` hears that topics have other numbers of partitions than those that were divided. */
  constructor(cluster: Cluster, onChanged: () => void) {
    this.#cluster = cluster;
    this.#onChanged = onChanged;
    this.#alarm = new Alarm(cluster.ports, () => this.#takePending()?.());
  }

  /** Divides as soon as all topics are known, or after `timeoutMs` with those that are. */
  assign(
    assignor: Assignor,
    members: readonly JoinedMember[],
    timeoutMs: number,
    done: (assignments: readonly EncodedAssignment[]) => void,
  ): void {
    const subscribers = members.map((member) => this.#read(member));
    this.#track(new Set(subscribers.flatMap((one) => one.topics)));
    this.#stopListening ??= this.#cluster.onUpdate(() => this.#onMetadata());
    this.#pending = () => {
      const partitions = this.#partitions();
      this.#counts = describe(partitions);
      const assignment = assignor.assign(subscribers, partitions);
      done([...assignment].map(([memberId, items]) => ({ memberId, assignment: encodeAssignment(items) })));
    };
    this.#alarm.setAt(this.#cluster.ports.clock.nowMs() + timeoutMs);
    if (this.#knowsAll()) this.#cluster.ports.scheduler.defer(() => this.#takePending()?.());
  }

  /** Another member leads, or nobody. */
  stop(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#pending = undefined;
    this.#counts = undefined;
    this.#alarm.cancel();
    this.#track(new Set());
  }

  #read(member: JoinedMember): Subscriber {
    try {
      return decodeSubscription(member.memberId, member.groupInstanceId, member.metadata);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      // A member that nobody understands gets nothing; the others can go on.
      const { memberId, groupInstanceId } = member;
      this.#cluster.ports.logger.warn(
        { memberId, reason: error.message },
        'a member sent a subscription that makes no sense',
      );
      return { memberId, groupInstanceId, topics: [], owned: [], generation: -1 };
    }
  }

  #onMetadata(): void {
    if (this.#pending !== undefined) {
      if (this.#knowsAll()) this.#takePending()?.();
      return;
    }
    if (this.#counts !== undefined && this.#counts !== describe(this.#partitions())) this.#onChanged();
  }

  #takePending(): (() => void) | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    this.#alarm.cancel();
    return pending;
  }

  /** Topics that are gone for good count as known. */
  #knowsAll(): boolean {
    for (const topic of this.#topics) {
      const known = this.#cluster.cache.topics.get(topic);
      if (known === undefined || (known.partitions.length === 0 && isRetriable(known.errorCode))) return false;
    }
    return true;
  }

  #partitions(): Map<string, number> {
    const partitions = new Map<string, number>();
    for (const topic of this.#topics) {
      const count = this.#cluster.cache.topics.get(topic)?.partitions.length ?? 0;
      if (count > 0) partitions.set(topic, count);
    }
    return partitions;
  }

  #track(topics: ReadonlySet<string>): void {
    for (const topic of topics) if (!this.#topics.has(topic)) this.#cluster.track(topic);
    for (const topic of this.#topics) if (!topics.has(topic)) this.#cluster.untrack(topic);
    this.#topics.clear();
    for (const topic of topics) this.#topics.add(topic);
  }
}

function describe(partitions: ReadonlyMap<string, number>): string {
  return [...partitions]
    .sort()
    .map(([topic, count]) => `${topic}:${count}`)
    .join(' ');
}
