/** Committed batches for the checkers of transactions: records, markers, and what coordinators write. */
import { encodeText, type Offset } from '@hapax/base';
import { encodeGroupRecord } from '@hapax/group';
import { encodeTransactionRecord, type Transaction, type TransactionState } from '@hapax/txn';
import { BatchBuilder, encodeEndTxnMarker, readBatchHeader } from '@hapax/wire/records';
import { nodeCompression } from '@hapax/client';
import { TransactionInvariants } from '../src/invariants/transactions.ts';

/** Who writes, and where. */
export interface Writer {
  readonly producerId?: number;
  readonly producerEpoch?: number;
}

const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA';

/** Some partitions whose logs grow as a test says. */
export class GrowingLogs {
  readonly invariants = new TransactionInvariants(nodeCompression, () => true);
  private readonly ends = new Map<string, Offset>();

  /** A client begins; by default as producer 1 in epoch 0, with version 2. */
  begin(owner: string, more: Writer & { readonly version?: 1 | 2; readonly transactionalId?: string } = {}): void {
    const { producerId = 1, producerEpoch = 0, version = 2, transactionalId = 'id' } = more;
    this.invariants.clients.onBegun(owner, { transactionalId, version, producerId, producerEpoch });
  }

  /** A record of a client's transaction is committed; gives its offset. */
  record(partition: string, owner: string, { producerId = 1, producerEpoch = 0 }: Writer = {}): Offset {
    const builder = new BatchBuilder();
    const value = `p:0:${owner}:`;
    builder.append({ timestampMs: 1, key: null, value: encodeText(value) });
    const baseOffset = this.take(partition);
    const producer = { producerId, producerEpoch, baseSequence: 0 };
    const bytes = builder.build({ baseOffset, partitionLeaderEpoch: 0, ...producer, transactional: true });
    const values = new Map([[baseOffset, value]]);
    this.invariants.onCommittedBatch(partition, readBatchHeader(bytes), bytes, values);
    return baseOffset;
  }

  /** A marker is committed. */
  marker(
    partition: string, outcome: 'commit' | 'abort', more: Writer & { readonly coordinatorEpoch?: number } = {},
  ): void {
    const { producerId = 1, producerEpoch = 1, coordinatorEpoch = 0 } = more;
    const baseOffset = this.take(partition);
    const bytes = encodeEndTxnMarker({
      outcome, producerId, producerEpoch, coordinatorEpoch, timestampMs: 1, baseOffset, partitionLeaderEpoch: 0,
    });
    this.invariants.onCommittedBatch(partition, readBatchHeader(bytes), bytes, new Map());
  }

  /** The transaction log says something about `id`. */
  state(
    state: TransactionState | null, more: Partial<Transaction> & { readonly partitions?: readonly number[] } = {},
  ): void {
    const { partitions = [0], ...fields } = more;
    const value: Transaction = {
      transactionalId: 'id', producerId: 1, producerEpoch: 0, lastProducerEpoch: -1, previousProducerId: -1,
      nextProducerId: -1, timeoutMs: 1000, state: state ?? 'Empty', startMs: 1, lastUpdateMs: 1, transactionVersion: 2,
      topics: state === 'Empty' || partitions.length === 0 ? [] : [{ topic: 't', partitions }],
      ...fields,
    };
    const record = { transactionalId: 'id', value: state === null ? null : value, who: '' };
    this.append('__transaction_state-0', encodeTransactionRecord(record, 2));
  }

  /** The log of a group says that an offset is committed, or with null that it is gone; in a transaction, or not. */
  offset(groupId: string, offset: Offset | null, writer?: Writer): void {
    const value = offset === null ? null : {
      offset, leaderEpoch: -1, metadata: '', commitTimestampMs: 1, expireTimestampMs: -1, topicId: ZERO_UUID,
    };
    const encoded = encodeGroupRecord({ kind: 'offset', groupId, topic: 'input', partition: 0, value });
    this.append('__consumer_offsets-0', encoded, writer);
  }

  /** The log of a group says that a generation has begun. */
  generation(groupId: string, generation: number): void {
    const value = {
      protocolType: 'consumer', generation, protocol: null, leader: null, currentStateTimestampMs: 1, members: [],
    };
    this.append('__consumer_offsets-0', encodeGroupRecord({ kind: 'group', groupId, value }));
  }

  private append(
    partition: string, record: { readonly key: Uint8Array; readonly value: Uint8Array | null }, writer?: Writer,
  ): void {
    const builder = new BatchBuilder();
    builder.append({ timestampMs: 1, ...record });
    const baseOffset = this.take(partition);
    const { producerId = 1, producerEpoch = 0 } = writer ?? {};
    const producer = writer === undefined ? {} : { producerId, producerEpoch, baseSequence: -1, transactional: true };
    const bytes = builder.build({ baseOffset, partitionLeaderEpoch: 0, ...producer });
    this.invariants.onCommittedBatch(partition, readBatchHeader(bytes), bytes, new Map());
  }

  private take(partition: string): Offset {
    const offset = this.ends.get(partition) ?? 0;
    this.ends.set(partition, offset + 1);
    return offset;
  }
}
