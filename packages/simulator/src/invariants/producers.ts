/** P1–P5: each producer's batches are committed once, without a gap, in order, and what producers are told is true. */
import { decodeText, type Offset } from '@hapax/base';
import type { BatchHeader, LogRecord } from '@hapax/wire/records';
import { demand } from './violation.ts';

interface ProducerSeen {
  epoch: number;
  lastSequence: number;
}

/** The record that a value belongs to: producers of the workload number what they send. */
export interface SentRecord {
  readonly producer: string;
  readonly number: number;
}

/** Values are `producer:number:padding`. Undefined for records that are not of the workload. */
function parseValue(value: string): SentRecord | undefined {
  const [producer, number] = value.split(':', 2);
  return producer === undefined || number === undefined ? undefined : { producer, number: Number(number) };
}

/** What the outcome of a record was, as its producer was told. */
export type Fate =
  | { readonly kind: 'acked'; readonly place: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' };

/** The ledger of producers. */
export class ProducerInvariants {
  /** Records that were acknowledged. */
  ackedCount = 0;
  refusedCount = 0;
  unknownCount = 0;
  private readonly sequences = new Map<string, ProducerSeen>();
  private readonly lastNumbers = new Map<string, number>();
  private readonly places = new Map<string, string>();
  private readonly fates = new Map<string, Fate>();

  /** A batch is committed in a partition. */
  onCommittedBatch(partition: string, header: BatchHeader): void {
    if (header.producerId < 0) return;
    const key = `${partition}/${header.producerId}`;
    const seen = this.sequences.get(key);
    const producer = `producer ${header.producerId}/${header.producerEpoch}`;
    const what = `${partition} at ${header.baseOffset}: ${producer} sequence ${header.baseSequence}`;
    // A broker that knows nothing of a producer takes any first sequence: those before may have failed. [KIP-360]
    if (seen === undefined) return this.remember(key, header);
    demand(header.producerEpoch >= seen.epoch, 'P5', () => `${what} comes after epoch ${seen.epoch}`);
    if (header.baseSequence < 0) {
      // A marker, or offsets of a transaction: they have no sequences, but may begin an epoch.
      if (header.producerEpoch > seen.epoch) this.remember(key, header);
      return;
    }
    if (header.producerEpoch > seen.epoch) {
      demand(header.baseSequence === 0, 'P2', () => `${what} is the first of its epoch`);
    } else {
      demand(header.baseSequence > seen.lastSequence, 'P1', () => `${what} comes after sequence ${seen.lastSequence}`);
      demand(header.baseSequence === seen.lastSequence + 1, 'P2', () =>
        `${what} comes after sequence ${seen.lastSequence}`);
    }
    this.remember(key, header);
  }

  /** A record of the workload is committed in a partition. */
  onCommittedRecord(partition: string, offset: Offset, value: string): void {
    const sent = parseValue(value);
    if (sent === undefined) return;
    const id = `${sent.producer}:${sent.number}`;
    const before = this.places.get(id);
    const place = `${partition}@${offset}`;
    demand(before === undefined, 'P1', () => `record ${id} is committed at ${before} and at ${place}`);
    this.places.set(id, place);
    const key = `${partition}/${sent.producer}`;
    const last = this.lastNumbers.get(key) ?? -1;
    demand(sent.number > last, 'P3', () =>
      `record ${id} is committed at ${place}, after number ${last} of its producer`);
    this.lastNumbers.set(key, sent.number);
    this.judge(id, place);
  }

  /** A producer was told what became of a record. */
  onFate(id: string, fate: Fate): void {
    this.fates.set(id, fate);
    if (fate.kind === 'acked') this.ackedCount += 1;
    else if (fate.kind === 'refused') this.refusedCount += 1;
    else this.unknownCount += 1;
    const place = this.places.get(id);
    if (fate.kind === 'acked') demand(place !== undefined, 'P4', () =>
      `record ${id} is acknowledged, but not committed`);
    if (place !== undefined) this.judge(id, place);
  }

  /** What a replica or a replayed state knows of the sequences of a partition must agree with this. */
  lastSequence(partition: string, producerId: number): Readonly<ProducerSeen> | undefined {
    return this.sequences.get(`${partition}/${producerId}`);
  }

  private remember(key: string, header: BatchHeader): void {
    const lastSequence = header.baseSequence < 0 ? -1 : header.baseSequence + header.lastOffsetDelta;
    this.sequences.set(key, { epoch: header.producerEpoch, lastSequence });
  }

  private judge(id: string, place: string): void {
    const fate = this.fates.get(id);
    if (fate === undefined || fate.kind === 'unknown') return;
    demand(fate.kind !== 'refused', 'P4', () => `record ${id} was refused for certain, but is committed at ${place}`);
    // A duplicate that is so old that its offset is forgotten is acknowledged without one.
    const isPlace = fate.kind === 'acked' && (fate.place === place || fate.place.endsWith('@-1'));
    demand(isPlace, 'P4', () =>
      `record ${id} is acknowledged at ${fate.kind === 'acked' ? fate.place : ''}, but lies at ${place}`);
  }
}

/** The text of a record's value; empty where there is none. */
export function valueText(record: Pick<LogRecord, 'value'>): string {
  return record.value === null ? '' : decodeText(record.value);
}
