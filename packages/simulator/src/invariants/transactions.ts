/**
 * T1–T7, T9–T12: what transactions promise, on the committed logs as they grow. A transaction's records in a partition
 * lie between its first one and its marker; every part of it ends alike, and nobody sees it before.
 */
import type { Offset, ProducerEpoch, ProducerId } from '@hapax/base';
import type { Compression } from '@hapax/base';
import { readControlBatch, readRecords, type BatchHeader } from '@hapax/wire/records';
import { ClientTransactions, type ClientTransaction, type TransactionOutcome } from './client-transactions.ts';
import { CoordinatorLog } from './coordinator-log.ts';
import { TransactionalOffsets } from './transactional-offsets.ts';
import { demand } from './violation.ts';

/** The part of one transaction in one partition. */
interface Span {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly firstOffset: Offset;
  /** Whose records are in it, where these are of the workload. */
  owner: ClientTransaction | undefined;
  outcome: TransactionOutcome | 'open';
}

interface PartitionSpans {
  readonly open: Map<ProducerId, Span>;
  /** By the offset of each record in a transaction. */
  readonly byOffset: Map<Offset, Span>;
  /** The highest coordinator epoch of a producer's markers. */
  readonly coordinatorEpochs: Map<ProducerId, number>;
}

/** The ghost of all transactions. */
export class TransactionInvariants {
  readonly clients = new ClientTransactions();
  readonly coordinators = new CoordinatorLog(this.clients);
  readonly offsets = new TransactionalOffsets();
  private readonly partitions = new Map<string, PartitionSpans>();
  private readonly compression: Compression;
  private readonly isThere: (partition: string) => boolean;

  /** `isThere` tells whether a partition has not been deleted. */
  constructor(compression: Compression, isThere: (partition: string) => boolean) {
    this.compression = compression;
    this.isThere = isThere;
  }

  /** A batch is committed in a partition; `values` are those of the workload's records. */
  onCommittedBatch(
    partition: string, header: BatchHeader, bytes: Uint8Array, values: ReadonlyMap<Offset, string>,
  ): void {
    if (header.isControl) return this.onControl(partition, header, bytes);
    if (header.isTransactional) this.onData(partition, header, values);
    const isTransactionLog = partition.startsWith('__transaction_state-');
    if (!isTransactionLog && !partition.startsWith('__consumer_offsets-')) return;
    for (const record of readRecords(bytes, this.compression, MAX_BYTES)) {
      if (isTransactionLog) this.coordinators.onRecord(record, this.isThere);
      else {
        const producerId = header.isTransactional ? header.producerId : undefined;
        this.offsets.onRecord(partition, record, producerId, this.isThere);
      }
    }
  }

  /** T2: a committed reader was given a record. */
  onConsumed(partition: string, offset: Offset): void {
    const span = this.partitions.get(partition)?.byOffset.get(offset);
    demand(span === undefined || span.outcome === 'commit', 'T2', () =>
      `a committed reader got ${partition}@${offset}, whose transaction is ${span?.outcome === 'open' ? '' : 'an '}` +
      `${span?.outcome}: ${describeSpan(span as Span)}`);
  }

  /** T4: nothing that is open is stable. */
  checkStable(partition: string, node: number, lastStableOffset: Offset): void {
    for (const span of this.partitions.get(partition)?.open.values() ?? []) {
      demand(lastStableOffset <= span.firstOffset, 'T4', () =>
        `node ${node} takes ${partition} for stable up to ${lastStableOffset}, but open is ${describeSpan(span)}`);
    }
  }

  /** Whether a committed reader is to be given a record. */
  isVisible(partition: string, offset: Offset): boolean {
    const span = this.partitions.get(partition)?.byOffset.get(offset);
    return span === undefined || span.outcome === 'commit';
  }

  /** Why not everything has ended; undefined when it has. */
  unfinished(): string | undefined {
    for (const [partition, { open }] of this.partitions) {
      if (!this.isThere(partition)) continue;
      for (const span of open.values()) return `T11: in ${partition}, open is ${describeSpan(span)}`;
    }
    return this.coordinators.unfinished();
  }

  private onData(partition: string, header: BatchHeader, values: ReadonlyMap<Offset, string>): void {
    const { producerId, producerEpoch, baseOffset, lastOffset } = header;
    const spans = this.spansOf(partition);
    let span = spans.open.get(producerId);
    if (span === undefined) {
      // Its coordinator owes it no marker: nobody would end it, or the next transaction would take it in.
      demand(this.coordinators.mayBegin(producerId, producerEpoch, partition), 'T3', () =>
        `producer ${producerId}/${producerEpoch} begins at ${partition}@${baseOffset} a transaction that its ` +
        'coordinator knows nothing of, or has ended');
      span = { producerId, producerEpoch, firstOffset: baseOffset, owner: undefined, outcome: 'open' };
      spans.open.set(producerId, span);
    }
    demand(span.producerEpoch === producerEpoch, 'T3', () =>
      `${partition}@${baseOffset} of epoch ${producerEpoch} is in the transaction of ${describeSpan(span)}`);
    for (let offset = baseOffset; offset <= lastOffset; offset++) spans.byOffset.set(offset, span);
    if (partition.startsWith('__')) span.owner ??= this.clients.newestOf(producerId, producerEpoch);
    for (const [offset, value] of values) this.checkOwner(partition, offset, span, value);
  }

  /** T3: a record is in the transaction that its client began for it, and in no other. */
  private checkOwner(partition: string, offset: Offset, span: Span, value: string): void {
    const owner = this.clients.find(value.split(':', 3)[2] ?? '');
    if (owner === undefined) return;
    span.owner ??= owner;
    if (span.owner.isHitByDelayedEnd || owner.isHitByDelayedEnd) return;
    demand(span.owner === owner, 'T3', () =>
      `${partition}@${offset} of ${owner.owner} is in the transaction of ${describeSpan(span)}`);
    demand(owner.producerId === span.producerId && owner.producerEpoch === span.producerEpoch, 'T3', () =>
      `${partition}@${offset} of ${owner.owner}, begun as ${owner.producerId}/${owner.producerEpoch}, is in ` +
      describeSpan(span));
  }

  private onControl(partition: string, header: BatchHeader, bytes: Uint8Array): void {
    const control = readControlBatch(header, bytes);
    if (control.kind !== 'end-txn') return;
    const { outcome, coordinatorEpoch } = control;
    const { producerId, producerEpoch, baseOffset } = header;
    const what = `the marker (${outcome}, ${producerId}/${producerEpoch}) at ${partition}@${baseOffset}`;
    const spans = this.spansOf(partition);
    const highest = spans.coordinatorEpochs.get(producerId) ?? -1;
    demand(coordinatorEpoch >= highest, 'T7', () =>
      `${what} is of coordinator epoch ${coordinatorEpoch}, after one of ${highest}`);
    spans.coordinatorEpochs.set(producerId, coordinatorEpoch);
    const decision = this.coordinators.decisionOf(producerId, producerEpoch);
    demand(decision !== undefined, 'T7', () => `${what} was decided by nobody`);
    demand(decision.outcome === outcome, 'T5', () => `${what} contradicts the decision to ${decision.outcome}`);
    decision.marked.add(partition);
    const span = spans.open.get(producerId);
    spans.open.delete(producerId);
    if (partition.startsWith('__consumer_offsets-')) this.offsets.onMarker(partition, producerId, outcome);
    if (span === undefined) return;
    span.outcome = outcome;
    if (span.owner !== undefined) this.clients.onEnded(span.owner, outcome, partition);
  }

  private spansOf(partition: string): PartitionSpans {
    let spans = this.partitions.get(partition);
    if (spans === undefined) {
      spans = { open: new Map(), byOffset: new Map(), coordinatorEpochs: new Map() };
      this.partitions.set(partition, spans);
    }
    return spans;
  }
}

function describeSpan({ owner, producerId, producerEpoch, firstOffset, outcome }: Span): string {
  return `${owner?.owner ?? 'somebody'} (${producerId}/${producerEpoch} from ${firstOffset}, ${outcome})`;
}

const MAX_BYTES = 16 << 20;
