/** Who shut whom out: the last fencings of a coordinator, with both parties. */
import type { ProducerEpoch, ProducerId } from '@hapax/base';

/** A producer, as far as the coordinator knows it. */
export interface FenceParty {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** A client by id and address, or `timeout`; empty where nobody knows any more. */
  readonly who: string;
}

/** A producer that may write no longer, and who made it so. */
export interface Fence {
  readonly wallMs: number;
  readonly transactionalId: string;
  /**
   * new-producer: an InitProducerId took the transactional id over. timeout: its transaction took too long.
   * refused: a request of a producer that had been fenced before was turned away.
   */
  readonly cause: 'new-producer' | 'timeout' | 'refused';
  readonly fenced: FenceParty;
  readonly by: FenceParty;
}

/** Keeps the last `max` fencings. */
export class FenceLog {
  private readonly max: number;
  private entries: Fence[] = [];

  constructor(options: { readonly max: number }) {
    this.max = options.max;
  }

  note(fence: Fence): void {
    this.entries.push(fence);
    // Cut at twice the length, so that it costs nothing on average.
    if (this.entries.length >= this.max * 2) this.entries = this.entries.slice(-this.max);
  }

  /** Oldest first. */
  list(): readonly Fence[] {
    return this.entries.slice(-this.max);
  }
}
