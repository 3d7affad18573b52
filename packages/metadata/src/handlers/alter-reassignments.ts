/** Begins, replaces and cancels reassignments of partitions to other brokers [KIP-455, D6]. */
import { ErrorCode, type NodeId } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { changePartition, type PartitionTarget } from '../election.ts';
import { type Handler, type HandlerContext, refusal, SUCCESS } from '../handler-context.ts';
import { changeRecord, electionRules } from '../leadership.ts';
import { isReassigning, type PartitionImage, sameIds } from '../partition.ts';
import type { MetadataRecord } from '../records.ts';
import type { PartitionResult, Result } from '../requests.ts';
import { unknownPartition } from './elect-leaders.ts';
import { replicasProblem } from './new-partitions.ts';

export const alterReassignments: Handler<'alter-reassignments'> = (context, request) => {
  const { image, config } = context;
  const records: MetadataRecord[] = [];
  const partitions: PartitionResult[] = [];
  const seen = new Set<string>();
  let room = config.reassignmentsMax - reassignmentCount(image);
  for (const topic of request.topics) {
    for (const { partition: index, replicas } of topic.partitions) {
      const partition = image.topicByName(topic.name)?.partitions[index];
      const key = `${topic.name}-${index}`;
      const wish = { partition, replicas, name: topic.name, index, room, isRepeated: seen.has(key) };
      const outcome = decide(context, wish);
      seen.add(key);
      if (outcome.record !== undefined) records.push(outcome.record);
      if (outcome.begins) room -= 1;
      partitions.push({ topic: topic.name, partition: index, ...outcome.result });
    }
  }
  return { records, answer: { partitions } };
};

/** How many partitions have replicas to add or to remove. */
function reassignmentCount(image: ClusterImage): number {
  let count = 0;
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) if (isReassigning(partition)) count += 1;
  }
  return count;
}

interface Wish {
  readonly partition: PartitionImage | undefined;
  readonly replicas: readonly NodeId[] | null;
  readonly name: string;
  readonly index: number;
  readonly room: number;
  readonly isRepeated: boolean;
}

interface Decided {
  readonly result: Result;
  readonly record?: MetadataRecord;
  readonly begins: boolean;
}

function decide(context: HandlerContext, wish: Wish): Decided {
  const refuse = (error: ErrorCode, message: string): Decided => ({ result: refusal(error, message), begins: false });
  const { partition, replicas } = wish;
  if (partition === undefined) return { result: unknownPartition(wish.name, wish.index), begins: false };
  const name = `${wish.name}-${wish.index}`;
  if (wish.isRepeated) return refuse(ErrorCode.INVALID_REQUEST, `partition ${name} is named twice`);
  if (replicas === null && !isReassigning(partition)) {
    return refuse(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, `partition ${name} is not being reassigned`);
  }
  if (replicas !== null) {
    const problem = replicasProblem(context, replicas);
    if (problem !== undefined) return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, problem);
  }
  const target = targetOf(partition, replicas);
  const survivors = [...target.isr, ...partition.elr.filter((id) => target.replicas.includes(id))];
  if (survivors.length === 0) {
    const message = `none of [${target.replicas}] holds all records of ${name}: going back would lose some`;
    return refuse(ErrorCode.INVALID_REPLICA_ASSIGNMENT, message);
  }
  const begins = !isReassigning(partition) && target.addingReplicas.length + target.removingReplicas.length > 0;
  if (begins && wish.room <= 0) {
    const highest = context.config.reassignmentsMax;
    return refuse(ErrorCode.POLICY_VIOLATION, `${highest} partitions are being reassigned: wait until some are done`);
  }
  const change = changePartition(partition, target, electionRules(context.image, wish.name));
  return { result: SUCCESS, begins, ...(change === undefined ? {} : { record: changeRecord(partition, change) }) };
}

type ReassignmentTarget = Required<Omit<PartitionTarget, 'leaderRecoveryState'>>;

/**
 * The partition goes back to what it was before any reassignment, and from there towards the new replicas. Without
 * new ones it stays there.
 */
function targetOf(partition: PartitionImage, replicas: readonly NodeId[] | null): ReassignmentTarget {
  const original = partition.replicas.filter((id) => !partition.addingReplicas.includes(id));
  const wanted = replicas ?? original;
  const addingReplicas = wanted.filter((id) => !original.includes(id));
  const removingReplicas = original.filter((id) => !wanted.includes(id));
  const merged = [...wanted, ...removingReplicas];
  const isr = partition.isr.filter((id) => merged.includes(id));
  return { isr: sameIds(isr, partition.isr) ? partition.isr : isr, replicas: merged, addingReplicas, removingReplicas };
}
