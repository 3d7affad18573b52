/** Produce: appends batches to partitions that this broker leads. Each partition succeeds or fails alone [KIP-98]. */
import { ErrorCode, errorName } from '@hapax/base';
import { isInternalTopic } from '@hapax/metadata';
import type { produce, RequestOf, ResponseInput } from '@hapax/wire';
import type { AppendResult } from '../drivers/partition.ts';
import { currentLeader, type LeaderHint } from '../kafka/leader-hints.ts';
import type { Handler } from '../kafka/served-api.ts';
import type { Services } from '../services.ts';

type Request = RequestOf<typeof produce>;
type TopicResponse = NonNullable<ResponseInput<typeof produce>['responses']>[number];
type PartitionResponse = NonNullable<TopicResponse['partitionResponses']>[number];

export const handleProduce: Handler<typeof produce> = (services, request, context, answer) => {
  const { acks } = request;
  const hints = new Map<number, LeaderHint>();
  const responses: { name: string; topicId: string; partitionResponses: PartitionResponse[] }[] = [];
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
  const deadlineMs = context.receivedMs + Math.max(0, request.timeoutMs);
  for (const topic of request.topicData) {
    const name = topicName(services, topic, context.apiVersion);
    const partitionResponses: PartitionResponse[] = [];
    responses.push({ name: topic.name, topicId: topic.topicId, partitionResponses });
    for (const data of topic.partitionData) {
      const at = partitionResponses.length;
      partitionResponses.push({ index: data.index });
      waiting += 1;
      const finish = (result: AppendResult): void => {
        if (result.error !== ErrorCode.NONE) hasError = true;
        partitionResponses[at] = toResponse(data.index, result);
        if (result.error !== ErrorCode.NONE && name !== undefined && context.apiVersion >= LEADER_HINTS_FROM) {
          const leader = currentLeader(
            services,
            context,
            { topic: name, index: data.index, error: result.error },
            hints,
          );
          if (leader !== undefined) partitionResponses[at] = { ...partitionResponses[at], currentLeader: leader };
        }
        finishOne();
      };
      appendOne(
        { services, name, index: data.index, records: data.records, acks, deadlineMs, apiVersion: context.apiVersion },
        finish,
      );
    }
  }
  finishOne();
};

interface AppendOne {
  readonly services: Services;
  readonly name: string | undefined;
  readonly index: number;
  readonly records: Uint8Array | null;
  readonly acks: number;
  readonly deadlineMs: number;
  readonly apiVersion: number;
}

function appendOne(append: AppendOne, finish: (result: AppendResult) => void): void {
  const { services, name, index, records, acks, deadlineMs, apiVersion } = append;
  if (acks !== -1 && acks !== 0 && acks !== 1) {
    return finish({ error: ErrorCode.INVALID_REQUIRED_ACKS, message: `acks ${acks} is none of -1, 0 and 1` });
  }
  if (name === undefined) return finish({ error: ErrorCode.UNKNOWN_TOPIC_ID, message: null });
  const partition = services.partitions.findByName(name, index);
  if (partition === undefined) return finish({ error: services.metadata.whereIs(name, index), message: null });
  if (isInternalTopic(name)) {
    return finish({ error: ErrorCode.INVALID_TOPIC_EXCEPTION, message: `clients may not write to ${name}` });
  }
  const bytes = records ?? NO_RECORDS;
  services.metrics.bytesIn += bytes.length;
  partition.produce(bytes, { requiredAcks: acks, deadlineMs, apiVersion }, finish);
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
