/**
 * WriteTxnMarkers: an operator ends a transaction in partitions where it hangs. The request names no transactional id,
 * so every coordinator is asked first: a transaction that one of them knows must be ended there [KIP-664, X6].
 */
import { ErrorCode, type NodeId } from '@hapax/base';
import { TRANSACTION_STATE_TOPIC } from '@hapax/metadata';
import type { FoundTransaction, TransactionFound } from '@hapax/rpc';
import { isPrepared, type TransactionState } from '@hapax/txn';
import type { RequestOf, ResponseInput, writeTxnMarkers } from '@hapax/wire';
import { gather } from '../kafka/gather.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Marker = RequestOf<typeof writeTxnMarkers>['markers'][number];
type Result = NonNullable<ResponseInput<typeof writeTxnMarkers>['markers']>[number];

/** One marker for one partition. */
interface Target {
  readonly topic: string;
  readonly index: number;
}

const TIMEOUT_MS = 30_000;
/** Version 1 did not say by which protocol the transaction was made [KIP-1228]. */
const VERSIONED_FROM = 2;

export const handleWriteTxnMarkers: Handler<typeof writeTxnMarkers> = (services, request, context, answer) => {
  const writeOne = (marker: Marker, finish: (result: Result) => void): void => {
    const targets = marker.topics.flatMap(({ name, partitionIndexes }) =>
      partitionIndexes.map((index) => ({ topic: name, index })));
    const write = (refusalOf: (target: Target) => ErrorCode): void => {
      const transactionVersion = context.apiVersion >= VERSIONED_FROM ? marker.transactionVersion : 0;
      const deadlineMs = context.receivedMs + TIMEOUT_MS;
      const writeTo = (target: Target, done: (error: ErrorCode) => void): void => {
        const refusal = refusalOf(target);
        if (refusal !== ErrorCode.NONE) return done(refusal);
        append(services, { marker, transactionVersion, deadlineMs }, target, done);
      };
      gather(targets, writeTo, (errors) => finish(resultOf(marker, errors)));
    };
    prove(services, marker, write);
  };
  gather(request.markers, writeOne, (markers) => answer({ markers }));
};

/** Asks the leaders of all partitions of the transaction log; `then` gets whether each target may have its marker. */
function prove(services: Services, marker: Marker, then: (refusalOf: (target: Target) => ErrorCode) => void): void {
  const topic = services.metadata.image.topicByName(TRANSACTION_STATE_TOPIC);
  const leaders = new Set<NodeId>((topic?.partitions ?? []).map((partition) => partition.leader));
  // Who leads nothing cannot be asked: its transactions may come back with it.
  if (leaders.has(-1)) return then(() => ErrorCode.COORDINATOR_NOT_AVAILABLE);
  const ask = (node: NodeId, done: (found: TransactionFound | undefined) => void): void =>
    services.transactionLinks.call(node, { type: 'find-transaction', producerId: marker.producerId }, done);
  gather([...leaders], ask, (answers) => {
    const searched = new Set(answers.flatMap((found) => found?.searched ?? []));
    const isWhole = (topic?.partitions ?? []).every((partition) => searched.has(partition.partition));
    if (!isWhole) return then(() => ErrorCode.COORDINATOR_NOT_AVAILABLE);
    const known = answers.flatMap((found) => found?.transactions ?? []);
    then((target) => {
      const owner = known.find((found) => owns(found, marker, target));
      if (owner === undefined) return ErrorCode.NONE;
      const { transactionalId, state } = owner;
      const { topic: name, index: partition } = target;
      const fields = { topic: name, partition, transactionalId, state, producerId: marker.producerId };
      services.ports.logger.warn(fields, 'a marker of an operator is refused: end the transaction at its coordinator');
      return ErrorCode.INVALID_TXN_STATE;
    });
  });
}

/**
 * Whether a marker could tear a transaction that a coordinator knows: one that has the partition now, or one that may
 * get it under an epoch that the marker would pass for.
 */
function owns(found: FoundTransaction, marker: Marker, { topic, index }: Target): boolean {
  const { producerEpoch, topics } = found;
  const state = found.state as TransactionState;
  const isOpen = state === 'Ongoing' || isPrepared(state);
  if (isOpen && topics.some((one) => one.topic === topic && one.partitions.includes(index))) return true;
  return producerEpoch <= marker.producerEpoch;
}

function append(
  services: Services,
  { marker, transactionVersion, deadlineMs }: {
    readonly marker: Marker; readonly transactionVersion: number; readonly deadlineMs: number;
  },
  { topic, index }: Target,
  done: (error: ErrorCode) => void,
): void {
  const partition = services.partitions.findByName(topic, index);
  if (partition === undefined) return done(services.metadata.whereIs(topic, index));
  const { producerId, producerEpoch, coordinatorEpoch } = marker;
  const kind = marker.transactionResult ? 'commit' : 'abort';
  partition.appendMarker({ producerId, producerEpoch, coordinatorEpoch, kind, transactionVersion }, deadlineMs, done);
}

/** The errors come in the order of the marker's partitions. */
function resultOf({ producerId, topics }: Marker, errors: readonly ErrorCode[]): Result {
  let at = 0;
  return {
    producerId,
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        errorCode: errors[at++] ?? ErrorCode.UNKNOWN_SERVER_ERROR,
      })),
    })),
  };
}
