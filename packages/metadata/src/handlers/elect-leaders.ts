/** Elects leaders on request: the preferred ones, or unclean ones where there is none [D6]. */
import { ErrorCode, NONE } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { changePartition } from '../election.ts';
import { type Handler, refusal, SUCCESS } from '../handler-context.ts';
import { changeRecord, electionRules } from '../leadership.ts';
import type { PartitionImage } from '../partition.ts';
import type { MetadataRecord } from '../records.ts';
import type { ElectLeadersRequest, PartitionResult, Result } from '../requests.ts';

export const electLeaders: Handler<'elect-leaders'> = ({ image }, request) => {
  const records: MetadataRecord[] = [];
  const partitions: PartitionResult[] = [];
  const seen = new Set<string>();
  for (const { topic, partition } of chosen(image, request)) {
    const key = `${topic}-${partition}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const known = image.topicByName(topic)?.partitions[partition];
    const outcome = known === undefined ? { result: unknownPartition(topic, partition) } : elect(image, known, request);
    if (outcome.record !== undefined) records.push(outcome.record);
    if (request.topics === null && outcome.result.error === ErrorCode.ELECTION_NOT_NEEDED) continue;
    partitions.push({ topic, partition, ...outcome.result });
  }
  return { records, answer: { partitions } };
};

interface Elected {
  readonly result: Result;
  readonly record?: MetadataRecord;
}

interface Choice {
  readonly topic: string;
  readonly partition: number;
}

function chosen(image: ClusterImage, { topics }: ElectLeadersRequest): Choice[] {
  if (topics === null) {
    return image.topics().flatMap(({ name, partitions }) => {
      return partitions.map(({ partition }) => ({ topic: name, partition }));
    });
  }
  return topics.flatMap(({ name, partitions }) => partitions.map((partition) => ({ topic: name, partition })));
}

function elect(image: ClusterImage, partition: PartitionImage, { kind }: ElectLeadersRequest): Elected {
  const { leader, replicas } = partition;
  if (kind === 'preferred' && leader === replicas[0]) {
    return { result: refusal(ErrorCode.ELECTION_NOT_NEEDED, `broker ${leader} is preferred and leads`) };
  }
  if (kind === 'unclean' && leader !== NONE) {
    return { result: refusal(ErrorCode.ELECTION_NOT_NEEDED, `broker ${leader} leads`) };
  }
  const change = changePartition(partition, {}, electionRules(image, partition.topic, kind));
  const elected = change?.leader ?? NONE;
  if (change !== undefined && (kind === 'unclean' ? elected !== NONE : elected === replicas[0])) {
    return { result: SUCCESS, record: changeRecord(partition, change) };
  }
  if (kind === 'unclean') {
    const message = `no live broker is among the replicas [${replicas}]`;
    return { result: refusal(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, message) };
  }
  const message = `the preferred leader ${replicas[0]} is not live and in sync: the ISR is [${partition.isr}]`;
  return { result: refusal(ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE, message) };
}

/** No such partition, whatever is asked of it. */
export function unknownPartition(topic: string, partition: number): Result {
  return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `partition ${topic}-${partition} does not exist`);
}
