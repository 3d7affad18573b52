/** What happened to each transactional id, as far as it is remembered: bounded, for people who look for a cause. */
import type { Offset, ProducerEpoch } from '@hapax/base';
import { STATES, type TransactionState } from './states.ts';

/** One move of a transactional id. */
export interface TimelineEntry {
  readonly offset: Offset;
  /** Milliseconds since 1970. */
  readonly wallMs: number;
  readonly state: TransactionState;
  readonly producerEpoch: ProducerEpoch;
  readonly partitionCount: number;
  /** A client by id and address, or `timeout`, `expiry`, `markers`; empty where an earlier coordinator wrote it. */
  readonly who: string;
}

const FIELDS = 5;

/** Numbers side by side, because there may be one of these for every id: half a kilobyte at sixteen entries. */
interface Row {
  readonly numbers: number[];
  readonly who: string[];
}

/** The timelines of one coordinator. */
export class Timelines {
  private readonly entriesMax: number;
  private readonly idsMax: number;
  /** In the order of their last moves. */
  private readonly rows = new Map<string, Row>();

  /** At most `entriesMax` moves of each of the `idsMax` ids that moved last. */
  constructor(options: { readonly entriesMax: number; readonly idsMax: number }) {
    this.entriesMax = options.entriesMax;
    this.idsMax = options.idsMax;
  }

  get size(): number {
    return this.rows.size;
  }

  note(transactionalId: string, entry: TimelineEntry): void {
    const row = this.rows.get(transactionalId) ?? { numbers: [], who: [] };
    this.rows.delete(transactionalId);
    this.rows.set(transactionalId, row);
    const { offset, wallMs, state, producerEpoch, partitionCount, who } = entry;
    row.numbers.push(offset, wallMs, STATES.indexOf(state), producerEpoch, partitionCount);
    // The same client most of the time: one string for all its moves.
    row.who.push(row.who.find((known) => known === who) ?? who);
    if (row.who.length > this.entriesMax) {
      row.who.shift();
      row.numbers.splice(0, FIELDS);
    }
    if (this.rows.size <= this.idsMax) return;
    for (const oldest of this.rows.keys()) {
      this.rows.delete(oldest);
      break;
    }
  }

  /** The moves of an id that are remembered, oldest first. */
  of(transactionalId: string): TimelineEntry[] {
    const row = this.rows.get(transactionalId);
    if (row === undefined) return [];
    return row.who.map((who, at) => {
      const [offset = 0, wallMs = 0, state = 0, producerEpoch = 0, partitionCount = 0] =
        row.numbers.slice(at * FIELDS, (at + 1) * FIELDS);
      return { offset, wallMs, state: STATES[state] ?? 'Dead', producerEpoch, partitionCount, who };
    });
  }

  /** Who first moved an id under an epoch, as far as is remembered; empty where nobody knows. */
  holderOf(transactionalId: string, producerEpoch: ProducerEpoch): string {
    return this.of(transactionalId).find((entry) => entry.producerEpoch === producerEpoch)?.who ?? '';
  }
}
