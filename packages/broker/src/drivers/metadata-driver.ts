/** Keeps this node's image of the cluster in step with Raft's log and tells whoever cares what changed. */
import { ErrorCode, type LogIndex, type Logger, type Term } from '@hapax/base';
import {
  changesBetween, ClusterImage, decodeBatch, decodeImage, encodeImage, type ImageChanges,
} from '@hapax/metadata';
import type { Entry } from '@hapax/raft';
import type { ReplicatedState, RaftRole } from './raft-driver.ts';

const TRACKED = { trackChanges: true };

/** Hears of changes after all of them are in the image. */
export interface MetadataListener {
  onMetadata(image: ClusterImage, changes: ImageChanges): void;
}

/** Hears of leadership and of progress of Raft's log: the controller. */
export interface MetadataLogListener {
  onRole(role: RaftRole): void;
  onApplied(index: LogIndex, term: Term): void;
}

/** The committed state of the cluster on this node. Every node has one; it never holds anything uncommitted. */
export class MetadataDriver implements ReplicatedState {
  private readonly logger: Logger;
  private readonly wallMs: () => number;
  private readonly listeners: MetadataListener[] = [];
  private readonly logListeners: MetadataLogListener[] = [];
  private current = new ClusterImage(TRACKED);

  constructor(options: { readonly logger: Logger; wallMs(): number }) {
    this.logger = options.logger;
    this.wallMs = options.wallMs;
  }

  get image(): ClusterImage {
    return this.current;
  }

  /** Why a partition is not here: it is kept elsewhere, or there is no such partition. */
  whereIs(topic: string, partition: number): ErrorCode {
    const partitions = this.current.topicByName(topic)?.partitions;
    return partitions?.[partition] === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** Listeners hear in the order in which they were added. */
  addListener(listener: MetadataListener): void {
    this.listeners.push(listener);
  }

  addLogListener(listener: MetadataLogListener): void {
    this.logListeners.push(listener);
  }

  apply(entries: readonly Entry[]): void {
    const timestampMs = this.wallMs();
    for (const entry of entries) this.current.replay(decodeBatch(entry.data), { offset: entry.index, timestampMs });
    this.tell(this.current.takeChanges());
  }

  /** Every entry, whatever its type, moves the applied index: a new leader waits for its own empty one. */
  onApplied(index: LogIndex, term: Term): void {
    this.current.passOver(index);
    for (const listener of this.logListeners) listener.onApplied(index, term);
  }

  restore(data: Uint8Array, index: LogIndex): void {
    const before = this.current;
    this.current = data.length === 0 ? new ClusterImage(TRACKED) : decodeImage(data, TRACKED);
    this.logger.info({ index, topics: this.current.topicCount }, 'the cluster image was restored from a snapshot');
    this.tell(changesBetween(before, this.current));
  }

  snapshot(): Uint8Array {
    return encodeImage(this.current);
  }

  onRole(role: RaftRole): void {
    for (const listener of this.logListeners) listener.onRole(role);
  }

  private tell(changes: ImageChanges): void {
    for (const brokerId of changes.brokersChanged) {
      const { fenced, inControlledShutdown, brokerEpoch } = this.current.broker(brokerId) ?? {};
      this.logger.info({ brokerId, brokerEpoch, fenced, inControlledShutdown }, 'a broker changed');
    }
    for (const listener of this.listeners) listener.onMetadata(this.current, changes);
  }
}
