/** What a node does when it is called about transactions: by another node over the lane, or by itself. */
import { ErrorCode } from '@hapax/base';
import type {
  AddPartitions, FoundTransaction, TransactionAnswer, TransactionFound, TransactionRequest, WriteMarkers,
} from '@hapax/rpc';
import type { AddPartitionsAnswer } from '@hapax/txn';
import type { BrokerPorts } from '../ports.ts';
import type { MetadataDriver } from './metadata-driver.ts';
import type { PartitionTable } from './partition-table.ts';
import type { TransactionCoordinators } from './transaction-coordinators.ts';
import type { TransactionService } from './transaction-links.ts';

/** How long a marker may wait for its commit; the coordinator sends it again [M8]. */
const MARKER_TIMEOUT_MS = 30_000;

/** Writes markers into the partitions that this node leads, and asks the coordinators that it has. */
export class LocalTransactions implements TransactionService {
  private readonly ports: BrokerPorts;
  private readonly metadata: MetadataDriver;
  private readonly partitions: PartitionTable;
  private readonly coordinators: TransactionCoordinators;

  constructor(
    ports: BrokerPorts,
    parts: {
      readonly metadata: MetadataDriver;
      readonly partitions: PartitionTable;
      readonly coordinators: TransactionCoordinators;
    },
  ) {
    this.ports = ports;
    this.metadata = parts.metadata;
    this.partitions = parts.partitions;
    this.coordinators = parts.coordinators;
  }

  serve(request: TransactionRequest, answer: (answer: TransactionAnswer) => void): void {
    switch (request.type) {
      case 'write-markers':
        return this.writeMarkers(request, (errors) => answer({ type: 'markers-written', errors }));
      case 'add-partitions':
        return this.addPartitions(request, (errors) => answer({ type: 'partitions-added', errors }));
      case 'find-transaction':
        return answer(this.find(request.producerId));
    }
  }

  /** All at once; answered when each is committed or refused. */
  private writeMarkers({ markers }: WriteMarkers, done: (errors: readonly ErrorCode[]) => void): void {
    const errors: ErrorCode[] = [];
    let waiting = 1;
    const finishOne = (): void => {
      waiting -= 1;
      if (waiting === 0) done(errors);
    };
    const deadlineMs = this.ports.clock.nowMs() + MARKER_TIMEOUT_MS;
    for (const { topics, commit, ...rest } of markers) {
      const marker = { ...rest, kind: commit ? 'commit' : 'abort' } as const;
      for (const { topic, partitions } of topics) {
        for (const index of partitions) {
          const at = errors.push(ErrorCode.UNKNOWN_SERVER_ERROR) - 1;
          waiting += 1;
          const partition = this.partitions.findByName(topic, index);
          const finish = (error: ErrorCode): void => {
            errors[at] = error;
            finishOne();
          };
          if (partition === undefined) finish(this.metadata.whereIs(topic, index));
          else partition.appendMarker(marker, deadlineMs, finish);
        }
      }
    }
    finishOne();
  }

  private addPartitions(request: AddPartitions, done: (errors: readonly ErrorCode[]) => void): void {
    const { transactionalId, producerId, producerEpoch, verifyOnly } = request;
    const fail = (error: ErrorCode): void =>
      done(request.topics.flatMap(({ partitions }) => partitions.map(() => error)));
    // What this node does not know yet it would take for deleted when markers are due, and leave the transaction open.
    if (!verifyOnly && !this.knowsAll(request)) return fail(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    const topics = request.topics.map(({ topic, partitions }) => ({ name: topic, partitions }));
    const asked = { transactionalId, producerId, producerEpoch, verifyOnly, transactionVersion: 2, topics } as const;
    const context = { ...this.coordinators.instant(), clientId: 'broker', clientHost: '' };
    const error = this.coordinators.forId(transactionalId, (coordinator) => {
      const token = (given: object): void => {
        const { topicResults } = given as AddPartitionsAnswer;
        done(topicResults.flatMap((one) => one.resultsByPartition.map((result) => result.partitionErrorCode)));
      };
      coordinator.addPartitions(token, asked, context);
    });
    if (error !== ErrorCode.NONE) fail(error);
  }

  private knowsAll({ topics }: AddPartitions): boolean {
    return topics.every(({ topic, partitions }) => {
      const count = this.metadata.image.topicByName(topic)?.partitions.length ?? 0;
      return partitions.every((index) => index < count);
    });
  }

  /** Transactions of a producer id, over all partitions of the transaction log that this node leads and has loaded. */
  private find(producerId: number): TransactionFound {
    const searched: number[] = [];
    const transactions: FoundTransaction[] = [];
    for (const { partition, coordinator } of this.coordinators.led()) {
      if (coordinator.phase !== 'active') continue;
      searched.push(partition.index);
      for (const { transactionalId, producerEpoch, state, topics } of coordinator.findByProducerId(producerId)) {
        transactions.push({ transactionalId, producerEpoch, state, topics });
      }
    }
    return { type: 'transaction-found', searched, transactions };
  }
}
