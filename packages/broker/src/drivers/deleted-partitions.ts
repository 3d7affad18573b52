/** Tells partitions that were deleted from partitions that this node has not heard of yet. */
import { ErrorCode, type LogIndex, type ScheduledCall } from '@hapax/base';
import type { BrokerPorts } from '../ports.ts';
import type { ControllerClient } from './controller-client.ts';
import type { MetadataDriver } from './metadata-driver.ts';

const TIMEOUT_MS = 1000;
/** How often the image is looked at while it catches up, and the controller asked again where it gave no answer. */
const RETRY_MS = 50;

/**
 * A node that has just come to coordinate may read in its log of topics that were created after the last change of the
 * metadata that reached it. To take these for deleted would leave their markers out, and the transaction torn. So a
 * partition counts as deleted only if it is unknown to an image as new as the controller's was when it was missed.
 */
export class DeletedPartitions {
  private readonly ports: BrokerPorts;
  private readonly metadata: Pick<MetadataDriver, 'image'>;
  private readonly controller: ControllerClient;
  private readonly onDeleted: () => void;
  /** Missed since the controller was asked last, and before. */
  private missed = new Set<string>();
  private asked = new Set<string>();
  private deleted: ReadonlySet<string> = new Set();
  private isAsking = false;
  private retry: ScheduledCall | undefined;
  private isStopped = false;

  /** `onDeleted` is called when {@link isDeleted} answers true for partitions that were missed; only meanwhile. */
  constructor(
    ports: BrokerPorts,
    parts: {
      readonly metadata: Pick<MetadataDriver, 'image'>;
      readonly controller: ControllerClient;
      readonly onDeleted: () => void;
    },
  ) {
    this.ports = ports;
    this.metadata = parts.metadata;
    this.controller = parts.controller;
    this.onDeleted = parts.onDeleted;
  }

  /** Whether a partition that the image does not have is deleted; where that is not certain yet, it is found out. */
  isDeleted(topic: string, partition: number): boolean {
    const key = `${topic}/${partition}`;
    if (this.deleted.has(key)) return true;
    this.missed.add(key);
    if (!this.isAsking && this.retry === undefined) this.ask();
    return false;
  }

  stop(): void {
    this.isStopped = true;
    this.retry?.cancel();
  }

  private ask(): void {
    if (this.isStopped) return;
    this.isAsking = true;
    for (const key of this.missed) this.asked.add(key);
    this.missed = new Set();
    let isAnswered = false;
    const answered = (index: LogIndex | undefined): void => {
      if (isAnswered) return;
      isAnswered = true;
      silence.cancel();
      this.isAsking = false;
      if (index === undefined) this.later(() => this.ask());
      else this.await(index);
    };
    // A controller on this node that loses its lead meanwhile says nothing at all.
    const silence = this.ports.scheduler.after(TIMEOUT_MS, () => answered(undefined));
    this.controller.call({ type: 'read-metadata-index' }, TIMEOUT_MS, (outcome) => {
      answered(outcome.ok && outcome.answer.error === ErrorCode.NONE ? outcome.answer.index : undefined);
    });
  }

  private await(index: LogIndex): void {
    const { image } = this.metadata;
    if (image.metadataOffset < index) return this.later(() => this.await(index));
    this.deleted = this.asked;
    this.asked = new Set();
    this.onDeleted();
    this.deleted = new Set();
    if (this.missed.size > 0) this.later(() => this.ask());
  }

  private later(then: () => void): void {
    this.retry = this.ports.scheduler.after(RETRY_MS, () => {
      this.retry = undefined;
      if (!this.isStopped) then();
    });
  }
}
