/** AddPartitionsToTxn and AddOffsetsToTxn: partitions join a transaction, or are looked for in it. [A1–A6] */
import { ErrorCode, reachable, sometimes } from '@hapax/base';
import type { AddPartitionsRequest } from '../requests.ts';
import { isPrepared } from '../states.ts';
import {
  concurrent, done, fencedProducer, refusal, unknownId, wrongProducerId, type HandlerView, type Step, type Verdict,
} from '../step.ts';
import { EPOCH_MAX, includesPartition, unionOf, type TopicPartitions, type Transaction } from '../transaction.ts';
import { withAdded } from '../transitions.ts';

/** What is wrong with a request whatever the state; undefined for nothing. [A1] */
export function invalidAddPartitions(request: AddPartitionsRequest): Verdict | undefined {
  if (request.transactionalId !== '') return undefined;
  return refusal(ErrorCode.INVALID_REQUEST, 'the transactional id is empty');
}

/** Adds, which begins a transaction where none is open; or verifies, which changes nothing. */
export function onAddPartitions(
  transaction: Transaction | undefined,
  request: AddPartitionsRequest,
  view: HandlerView,
): Step {
  const { transactionalId, producerId, producerEpoch, transactionVersion } = request;
  if (transaction === undefined) return unknownId(transactionalId);
  if (transaction.producerId !== producerId) return wrongProducerId(transaction, producerId);
  if (transaction.producerEpoch !== producerEpoch || producerEpoch === EPOCH_MAX) {
    return fencedProducer(transaction, producerEpoch);
  }
  // A verification is for records that may be late: it is not to wait until a transaction comes that they fit.
  sometimes(isPrepared(transaction.state), 'txn: a transaction begins before the last one has its markers');
  if (isPrepared(transaction.state)) return concurrent(transaction, !request.verifyOnly);
  const asked = request.topics.map(({ name, partitions }) => ({ topic: name, partitions }));
  if (request.verifyOnly) return verify(transaction, asked);
  const isKnown = transaction.state === 'Ongoing' && unionOf(transaction.topics, asked) === transaction.topics;
  const next = isKnown ? [] : [withAdded(transaction, asked, { transactionVersion, wallMs: view.wallMs })];
  return done(next, producerId, producerEpoch);
}

/** Partitions that are not in the transaction have TRANSACTION_ABORTABLE, each for itself. [A5] */
function verify(transaction: Transaction, asked: readonly TopicPartitions[]): Step {
  const known = transaction.state === 'Ongoing' ? transaction.topics : [];
  const missing = asked
    .map(({ topic, partitions }) => ({
      topic, partitions: partitions.filter((partition) => !includesPartition(known, topic, partition)),
    }))
    .filter(({ partitions }) => partitions.length > 0);
  const step = done([], transaction.producerId, transaction.producerEpoch);
  if (missing.length === 0) return step;
  reachable('txn: a verification misses a partition');
  const names = missing.map(({ topic, partitions }) => `${topic}-${partitions.join(',')}`).join(' ');
  const { transactionalId, state } = transaction;
  const message = `not part of the transaction of ${transactionalId}, which is ${state}: ${names}`;
  return { ...step, verdict: { ...step.verdict, message, missing } };
}
