/** A transactional producer and its coordinator in one, as one partition sees them: late, doubled and out of date. */
import { assert, ErrorCode, type NodeId, type Random } from '@hapax/base';
import type { VerificationGuard } from '../src/index.ts';
import { makeBatch } from './batches.ts';
import type { Cluster } from './cluster.ts';
import type { StoredBatch } from './memory-log.ts';

/** A batch that the coordinator has confirmed, and that is on its way back to the log. */
interface Confirmed {
  readonly to: NodeId;
  readonly life: number;
  readonly batch: StoredBatch;
  readonly guard: VerificationGuard;
}

const OUTSTANDING_MAX = 3;
/** After these the producer cannot go on with its transaction. */
const HOPELESS: readonly (ErrorCode | string)[] = [
  ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, ErrorCode.INVALID_PRODUCER_EPOCH, ErrorCode.INVALID_TXN_STATE,
];

/** Values are `t<producer>-<transaction>-<epoch>.<sequence>`, and `m<producer>-<transaction>-<outcome>` of markers. */
export class TransactionalClient {
  readonly producerId: number;
  /** Of the transaction protocol: 2 counts epochs from transaction to transaction. */
  readonly version: 0 | 2;
  readonly counts = { committed: 0, aborted: 0, unverified: 0, fencedMarkers: 0 };
  phase: 'idle' | 'ongoing' | 'ending' = 'idle';
  private readonly cluster: Cluster;
  private readonly random: Random;
  private number = 0;
  private epoch = 0;
  private sequence = 0;
  private coordinatorEpoch = 0;
  private mustAbort = false;
  private marker: StoredBatch | undefined;
  private readonly outstanding = new Map<string, StoredBatch>();
  private confirmed: Confirmed[] = [];
  private readonly oldMarkers: StoredBatch[] = [];

  constructor(producerId: number, version: 0 | 2, world: { readonly cluster: Cluster; readonly random: Random }) {
    this.producerId = producerId;
    this.version = version;
    this.cluster = world.cluster;
    this.random = world.random;
  }

  /** One step: begins, sends, sends again, or ends. */
  act(to: NodeId): void {
    if (this.phase === 'idle') this.begin();
    else if (this.phase === 'ending') this.sendMarker(to);
    else if (this.random.nextInt(4) === 0) this.end();
    else this.sendSomething(to);
  }

  /** What the coordinator confirmed reaches the log, perhaps long after. */
  arrive(): void {
    const [one] = this.confirmed.splice(this.random.nextInt(Math.max(1, this.confirmed.length)), 1);
    if (one === undefined || this.cluster.node(one.to).life !== one.life) return;
    this.append(one.to, one.batch, one.guard);
  }

  /** A coordinator that was deposed, or a message that was lost on the way, speaks of a transaction that is over. */
  haunt(to: NodeId): void {
    const old = this.oldMarkers[this.random.nextInt(Math.max(1, this.oldMarkers.length))];
    // Without epochs that count transactions nothing tells such a marker from one for the next transaction. [M13]
    if (old === undefined || this.version < 2) return;
    const outcome = this.cluster.produce(to, old, 200, { kind: 'marker', transactionVersion: this.version });
    if (outcome === ErrorCode.INVALID_PRODUCER_EPOCH || outcome === ErrorCode.TRANSACTION_COORDINATOR_FENCED) {
      this.counts.fencedMarkers += 1;
    }
  }

  onAcknowledged(value: string): void {
    this.outstanding.delete(value);
    if (value !== this.marker?.value) return;
    this.counts[this.marker.marker?.kind === 'commit' ? 'committed' : 'aborted'] += 1;
    this.oldMarkers.push(this.marker);
    this.marker = undefined;
    this.phase = 'idle';
  }

  end(): void {
    assert(this.phase === 'ongoing', 'there is nothing to end');
    const isWhole = this.outstanding.size === 0 && !this.mustAbort;
    const outcome = isWhole && this.random.nextInt(2) === 0 ? 'commit' : 'abort';
    const { producerId, version, coordinatorEpoch } = this;
    // Under version 0 a client that gave up on a batch may go on in the same epoch, and the batch may still arrive.
    if (version === 2 || this.mustAbort || (!isWhole && this.random.nextInt(2) === 0)) {
      this.sequence = 0;
      this.epoch += 1;
    }
    this.marker = makeBatch({
      value: `m${producerId}-${this.number}-${outcome}`, producerId, coordinatorEpoch, marker: outcome,
      // Where a producer cannot go on, its coordinator fences it also under version 0. [P8]
      producerEpoch: this.epoch,
    });
    this.outstanding.clear();
    this.mustAbort = false;
    this.phase = 'ending';
  }

  private begin(): void {
    this.phase = 'ongoing';
    this.number += 1;
    if (this.random.nextInt(5) === 0) this.coordinatorEpoch += 1;
  }

  private sendMarker(to: NodeId): void {
    const { marker, version } = this;
    assert(marker !== undefined, 'there is no marker to send');
    const outcome = this.cluster.produce(to, marker, 200, { kind: 'marker', transactionVersion: version });
    const isFenced = outcome === ErrorCode.INVALID_PRODUCER_EPOCH ||
      outcome === ErrorCode.TRANSACTION_COORDINATOR_FENCED;
    assert(!isFenced, () => `T7: the marker ${marker.value} of the current coordinator is refused with ${outcome}`);
  }

  private sendSomething(to: NodeId): void {
    if (this.outstanding.size < OUTSTANDING_MAX && !this.mustAbort && this.random.nextInt(3) > 0) {
      const records = 1 + this.random.nextInt(2);
      const { producerId, epoch: producerEpoch, sequence: baseSequence } = this;
      const value = `t${producerId}-${this.number}-${producerEpoch}.${baseSequence}`;
      const batch = makeBatch({ value, records, producerId, producerEpoch, baseSequence, isTransactional: true });
      this.sequence += records;
      this.outstanding.set(value, batch);
      return this.send(to, batch);
    }
    for (const batch of this.outstanding.values()) this.send(to, batch);
  }

  private send(to: NodeId, batch: StoredBatch): void {
    const verdict = this.cluster.verificationFor(to, batch);
    if (verdict.kind === 'not-needed') this.append(to, batch, undefined);
    if (verdict.kind === 'refuse' && HOPELESS.includes(verdict.error)) this.mustAbort = true;
    // The coordinator says yes now; much may happen until the log hears of it.
    if (verdict.kind === 'needed') {
      this.confirmed.push({ to, life: this.cluster.node(to).life, batch, guard: verdict.guard });
    }
  }

  private append(to: NodeId, batch: StoredBatch, guard: VerificationGuard | undefined): void {
    const origin = { kind: 'client', guard, isTransactionV2: this.version === 2 } as const;
    const outcome = this.cluster.produce(to, batch, 200, origin);
    if (outcome === ErrorCode.INVALID_TXN_STATE) this.counts.unverified += 1;
    if (HOPELESS.includes(outcome) && this.outstanding.has(batch.value)) this.mustAbort = true;
  }
}
