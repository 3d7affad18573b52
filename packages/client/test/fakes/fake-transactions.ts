/** The transaction coordinator of the fake cluster: the rules of both versions, over one state per transactional id. */
import { ErrorCode } from '@hapax/base';
import type { FakeCluster } from './fake-cluster.ts';

export type FakeState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

export interface FakeTransaction {
  readonly id: string;
  producerId: number;
  epoch: number;
  /** The epoch before, for retries; −1 where there is none. */
  lastEpoch: number;
  state: FakeState;
  timeoutMs: number;
  startMs: number;
  partitions: Set<string>;
  groups: Set<string>;
  markerVersion: 1 | 2;
}

/** Who is asking, in every request about a transaction. */
export interface Asking {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** All transactions, coordinated by one broker. */
export class FakeTransactions {
  readonly #cluster: FakeCluster;
  readonly byId = new Map<string, FakeTransaction>();
  coordinator = 1;
  /** The finalized `transaction.version`; 0 tells of no features. */
  finalized = 0;
  /** Transactions of version 1 that were ended by a request which is older than they are: KAFKA-17754. */
  anomalies = 0;
  /** How long markers are on their way. */
  markerDelayMs = 2;

  constructor(cluster: FakeCluster) {
    this.#cluster = cluster;
  }

  /** [P4]–[P8]; `wanted` is the identity that is expected, if one is. */
  init(
    id: string,
    timeoutMs: number,
    wanted: { producerId: number; producerEpoch: number },
  ): { errorCode: number; producerId: number; producerEpoch: number } {
    const refuse = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 });
    const known = this.byId.get(id);
    if (timeoutMs > 900_000) return refuse(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    if (known === undefined) {
      const fresh: FakeTransaction = {
        id,
        producerId: this.#cluster.nextProducerId++,
        epoch: 0,
        lastEpoch: -1,
        state: 'Empty',
        timeoutMs,
        startMs: -1,
        partitions: new Set(),
        groups: new Set(),
        markerVersion: 1,
      };
      this.byId.set(id, fresh);
      return { errorCode: 0, producerId: fresh.producerId, producerEpoch: 0 };
    }
    if (known.state === 'PrepareCommit' || known.state === 'PrepareAbort')
      return refuse(ErrorCode.CONCURRENT_TRANSACTIONS);
    if (wanted.producerId >= 0) {
      if (wanted.producerId !== known.producerId) return refuse(ErrorCode.PRODUCER_FENCED);
      if (wanted.producerEpoch === known.lastEpoch)
        return { errorCode: 0, producerId: known.producerId, producerEpoch: known.epoch };
      if (wanted.producerEpoch !== known.epoch) return refuse(ErrorCode.PRODUCER_FENCED);
    }
    if (known.state === 'Ongoing') {
      known.epoch += 1;
      known.lastEpoch = -1;
      this.#prepare(known, false, 1);
      return refuse(ErrorCode.CONCURRENT_TRANSACTIONS);
    }
    known.lastEpoch = wanted.producerId >= 0 ? known.epoch : -1;
    known.epoch += 1;
    known.state = 'Empty';
    known.timeoutMs = timeoutMs;
    return { errorCode: 0, producerId: known.producerId, producerEpoch: known.epoch };
  }

  /** Adds partitions (`topic-3`) or a group, all or none. [A1] */
  add(asking: Asking, partitions: readonly string[], groupId?: string): number {
    const known = this.byId.get(asking.transactionalId);
    if (known === undefined || known.producerId !== asking.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    if (known.epoch !== asking.producerEpoch) return ErrorCode.PRODUCER_FENCED;
    if (known.state === 'PrepareCommit' || known.state === 'PrepareAbort') return ErrorCode.CONCURRENT_TRANSACTIONS;
    if (known.state !== 'Ongoing') known.startMs = this.#cluster.time.nowMs();
    known.state = 'Ongoing';
    for (const partition of partitions) known.partitions.add(partition);
    if (groupId !== undefined) known.groups.add(groupId);
    return 0;
  }

  /** Whether a partition or group is part of the open transaction. [A5] */
  verify(asking: Asking, partition: string | undefined, groupId?: string): number {
    const known = this.byId.get(asking.transactionalId);
    if (known === undefined || known.producerId !== asking.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    if (known.epoch !== asking.producerEpoch) return ErrorCode.INVALID_PRODUCER_EPOCH;
    if (known.state === 'PrepareCommit' || known.state === 'PrepareAbort') return ErrorCode.NOT_ENOUGH_REPLICAS;
    const isIn =
      known.state === 'Ongoing' &&
      (partition === undefined || known.partitions.has(partition)) &&
      (groupId === undefined || known.groups.has(groupId));
    return isIn ? 0 : ErrorCode.TRANSACTION_ABORTABLE;
  }

  /** EndTxn up to version 4: the table of [N1]. */
  endV1(asking: Asking, committed: boolean, sentMs: number): number {
    const known = this.byId.get(asking.transactionalId);
    if (known === undefined || known.producerId !== asking.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    if (known.epoch !== asking.producerEpoch) return ErrorCode.PRODUCER_FENCED;
    if (known.state === 'Ongoing') {
      if (sentMs < known.startMs) this.anomalies += 1;
      this.#prepare(known, committed, 1);
      return 0;
    }
    const [prepared, complete] = committed
      ? (['PrepareCommit', 'CompleteCommit'] as const)
      : (['PrepareAbort', 'CompleteAbort'] as const);
    if (known.state === prepared) return ErrorCode.CONCURRENT_TRANSACTIONS;
    return known.state === complete ? 0 : ErrorCode.INVALID_TXN_STATE;
  }

  /** EndTxn from version 5 on: the table of [W2]. */
  endV2(asking: Asking, committed: boolean): { errorCode: number; producerId: number; producerEpoch: number } {
    const refuse = (errorCode: number) => ({ errorCode, producerId: -1, producerEpoch: -1 });
    const known = this.byId.get(asking.transactionalId);
    if (known === undefined || known.producerId !== asking.producerId)
      return refuse(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    const next = () => ({ errorCode: 0, producerId: known.producerId, producerEpoch: known.epoch });
    const { state } = known;
    const isRetry = known.epoch === asking.producerEpoch + 1;
    if (isRetry && state !== 'Empty' && state !== 'Ongoing') {
      const isSame = committed === (state === 'PrepareCommit' || state === 'CompleteCommit');
      if (!isSame) return refuse(ErrorCode.INVALID_TXN_STATE);
      const isPrepared = state === 'PrepareCommit' || state === 'PrepareAbort';
      return isPrepared ? refuse(ErrorCode.CONCURRENT_TRANSACTIONS) : next();
    }
    if (known.epoch !== asking.producerEpoch || state === 'PrepareCommit' || state === 'PrepareAbort')
      return refuse(ErrorCode.PRODUCER_FENCED);
    if (state !== 'Ongoing' && committed) return refuse(ErrorCode.INVALID_TXN_STATE);
    known.lastEpoch = known.epoch;
    known.epoch += 1;
    this.#prepare(known, committed, 2);
    return next();
  }

  /** The coordinator aborts what has been open for too long. [N2], [N3] */
  timeOut(id: string): void {
    const known = this.byId.get(id);
    if (known?.state !== 'Ongoing') return;
    known.lastEpoch = this.finalized >= 2 ? known.epoch : -1;
    known.epoch += 1;
    this.#prepare(known, false, this.finalized >= 2 ? 2 : 1);
  }

  #prepare(transaction: FakeTransaction, committed: boolean, version: 1 | 2): void {
    transaction.state = committed ? 'PrepareCommit' : 'PrepareAbort';
    transaction.markerVersion = version;
    const { epoch, producerId } = transaction;
    this.#cluster.time.after(this.markerDelayMs, () => {
      for (const partition of transaction.partitions) {
        const at = partition.lastIndexOf('-');
        const log = this.#cluster.log(partition.slice(0, at), Number(partition.slice(at + 1)));
        log.endTransaction(producerId, epoch, committed, this.#cluster.time.wallMs());
      }
      for (const groupId of transaction.groups)
        this.#cluster.groups.endTransaction(groupId, producerId, epoch, committed);
      transaction.partitions = new Set();
      transaction.groups = new Set();
      transaction.state = committed ? 'CompleteCommit' : 'CompleteAbort';
      transaction.startMs = -1;
    });
  }
}
