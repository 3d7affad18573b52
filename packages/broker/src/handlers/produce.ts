/** Produce: appends batches to partitions that this broker leads. Each partition succeeds or fails alone [KIP-98]. */
import { ErrorCode, errorName, type ProducerEpoch, type ProducerId } from '@hapax/base';
import { isInternalTopic } from '@hapax/metadata';
import type { produce, RequestOf, ResponseInput } from '@hapax/wire';
import type { AppendRefusal, AppendResult, Partition } from '../drivers/partition.ts';
import { transactionalBatch, type PartitionVerification } from '../drivers/partition-verification.ts';
import { currentLeader, type LeaderHint } from '../kafka/leader-hints.ts';
import type { Handler, RequestContext } from '../kafka/served-api.ts';
import { PRODUCE_ADDS_FROM, produceRefusal } from '../kafka/verification-codes.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof produce>;
type TopicResponse = NonNullable<ResponseInput<typeof produce>['responses']>[number];
type PartitionResponse = NonNullable<TopicResponse['partitionResponses']>[number];

/** One partition's part of a request. */
interface Append {
  readonly name: string | undefined;
  readonly index: number;
  readonly records: Uint8Array;
  finish(result: AppendResult): void;
}

/** An append and where it goes. */
interface Placed {
  readonly append: Append;
  readonly partition: Partition;
  readonly verification: PartitionVerification;
}

/** An append that waits until the coordinator has confirmed its partition. */
interface Unverified extends Placed {
  readonly verification: PartitionVerification & { readonly kind: 'needed' };
}

export const handleProduce: Handler<typeof produce> = (services, request, context, answer) => {
  const { acks } = request;
  const hints = new Map<number, LeaderHint>();
  const responses: { name: string; topicId: string; partitionResponses: PartitionResponse[] }[] = [];
  const appends: Append[] = [];
  let waiting = 1;
  let hasError = false;
  const finishOne = (): void => {
    waiting -= 1;
    if (waiting > 0) return;
    if (acks !== 0) return answer({ responses, nodeEndpoints: [...hints.values()] });
    // The only way to tell a client that does not listen that something went wrong is to close its connection.
    if (hasError) context.connection.close('a produce request with acks=0 failed');
    answer('none');
  };
  for (const topic of request.topicData) {
    const name = topicName(services, topic, context.apiVersion);
    const partitionResponses: PartitionResponse[] = [];
    responses.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
    for (const data of topic.partitionData) {
      const { index } = data;
      const at = partitionResponses.length;
      partitionResponses.push({ index });
      waiting += 1;
      const finish = (result: AppendResult): void => {
        const { error } = result;
        if (error !== ErrorCode.NONE) hasError = true;
        partitionResponses[at] = toResponse(index, result);
        if (error !== ErrorCode.NONE && name !== undefined && context.apiVersion >= LEADER_HINTS_FROM) {
          const leader = currentLeader(services, context, { topic: name, index, error }, hints);
          if (leader !== undefined) partitionResponses[at] = { ...partitionResponses[at], currentLeader: leader };
        }
        finishOne();
      };
      appends.push({ name, index, records: data.records ?? NO_RECORDS, finish });
    }
  }
  appendAll(services, request, context, appends);
  finishOne();
};

/** Appends what may be appended now; the rest goes when the coordinator has confirmed it, all in one question. */
function appendAll(services: Services, request: Request, context: RequestContext, appends: readonly Append[]): void {
  const refusal = refusalOfAll(request, appends);
  if (refusal !== undefined) {
    for (const append of appends) append.finish(refusal);
    return;
  }
  const unverified: Unverified[] = [];
  for (const append of appends) {
    const partition = findPartition(services, request.acks, append);
    if ('error' in partition) {
      append.finish(partition);
      continue;
    }
    services.metrics.bytesIn += append.records.length;
    const verification = partition.verificationFor(append.records);
    if (verification.kind === 'refuse') append.finish(verification);
    else if (verification.kind === 'needed') unverified.push({ append, partition, verification });
    else appendOne(request, context, { append, partition, verification });
  }
  if (unverified.length > 0) verify(services, request, context, unverified);
}

/** Transactional batches need a transactional id, and one producer for all of them [I11, I12]. */
function refusalOfAll({ transactionalId }: Request, appends: readonly Append[]): AppendRefusal | undefined {
  let producerId: ProducerId | undefined;
  for (const { records } of appends) {
    const batch = transactionalBatch(records);
    if (batch === undefined) continue;
    if (transactionalId === null) {
      const message = 'transactional records came without a transactional id';
      return { error: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message };
    }
    if (producerId !== undefined && producerId !== batch.producerId) {
      const message = `transactional records of producers ${producerId} and ${batch.producerId} came in one request`;
      return { error: ErrorCode.INVALID_PRODUCER_ID_MAPPING, message };
    }
    ({ producerId } = batch);
  }
  return undefined;
}

function findPartition(services: Services, acks: number, { name, index }: Append): Partition | AppendRefusal {
  if (acks !== -1 && acks !== 0 && acks !== 1) {
    return { error: ErrorCode.INVALID_REQUIRED_ACKS, message: `acks ${acks} is none of -1, 0 and 1` };
  }
  if (name === undefined) return { error: ErrorCode.UNKNOWN_TOPIC_ID, message: null };
  const partition = services.partitions.findByName(name, index);
  if (partition === undefined) return { error: services.metadata.whereIs(name, index), message: null };
  if (isInternalTopic(name)) {
    return { error: ErrorCode.INVALID_TOPIC_EXCEPTION, message: `clients may not write to ${name}` };
  }
  return partition;
}

/** Parks the appends until the coordinator has spoken; they are forgotten should the client go meanwhile. */
function verify(
  services: Services, request: Request, context: RequestContext, unverified: readonly Unverified[],
): void {
  const [first] = unverified;
  if (first === undefined) return;
  const { producerId, producerEpoch }: { producerId: ProducerId; producerEpoch: ProducerEpoch } = first.verification;
  const question = {
    // An empty id finds no transaction; null was refused.
    transactionalId: request.transactionalId ?? '',
    producerId,
    producerEpoch,
    mode: context.apiVersion >= PRODUCE_ADDS_FROM ? 'add' : 'verify',
    partitions: unverified.map(({ partition: { topic, index } }) => ({ topic, index })),
    connectionId: context.connectionId,
  } as const;
  const asked = services.verification.ask(question, (errors) => {
    unverified.forEach((one, at) => {
      const error = errors[at] ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      if (error === ErrorCode.NONE) appendOne(request, context, one);
      else one.append.finish(produceRefusal(error, context.apiVersion));
    });
  });
  context.onGone(() => asked.cancel());
}

function appendOne(request: Request, context: RequestContext, { append, partition, verification }: Placed): void {
  const { apiVersion, receivedMs } = context;
  const requiredAcks = request.acks as -1 | 0 | 1;
  const deadlineMs = receivedMs + Math.max(0, request.timeoutMs);
  partition.produce(append.records, { requiredAcks, deadlineMs, apiVersion, verification }, append.finish);
}

const NO_RECORDS = new Uint8Array(0);

function topicName(services: Services, topic: Request['topicData'][number], apiVersion: number): string | undefined {
  return apiVersion >= 13 ? services.metadata.image.topicById(topic.topicId)?.name : topic.name;
}

function toResponse(index: number, result: AppendResult): PartitionResponse {
  if ('baseOffset' in result) {
    const { baseOffset, logAppendTimeMs, logStartOffset } = result;
    return { index, errorCode: 0, baseOffset, logAppendTimeMs, logStartOffset };
  }
  const errorMessage = result.message ?? errorName(result.error);
  return { index, errorCode: result.error, baseOffset: -1, logStartOffset: -1, errorMessage };
}

/** Versions below have no room for the leader. */
const LEADER_HINTS_FROM = 10;
