/** Leaders change their ISRs here, and only here [H7, KIP-497, KIP-841, KIP-903]. */
import { ErrorCode, type NodeId, reachable, sometimes } from '@hapax/base';
import type { ClusterImage } from '../cluster-image.ts';
import { afterChange, changePartition } from '../election.ts';
import { checkBrokerEpoch, type Handler, refusal, SUCCESS } from '../handler-context.ts';
import { changeRecord, electionRules } from '../leadership.ts';
import { type PartitionImage, sameIdSet } from '../partition.ts';
import type { PartitionChangeRecord } from '../records.ts';
import type { AlterPartitionItem, AlterPartitionResult, Result } from '../requests.ts';

export const alterPartition: Handler<'alter-partition'> = ({ image }, request) => {
  const refused = checkBrokerEpoch(image, request.brokerId, request.brokerEpoch);
  if (refused !== undefined) return { records: [], answer: { ...refused, partitions: [] } };
  const records: PartitionChangeRecord[] = [];
  const results: AlterPartitionResult[] = [];
  const seen = new Set<string>();
  for (const item of request.partitions) {
    const key = `${item.topicId}-${item.partition}`;
    if (seen.has(key)) {
      results.push(failed(item, refusal(ErrorCode.INVALID_REQUEST, `partition ${key} is named twice`)));
      continue;
    }
    seen.add(key);
    const { result, record } = alterOne(image, request.brokerId, item);
    results.push(result);
    if (record !== undefined) records.push(record);
  }
  return { records, answer: { ...SUCCESS, partitions: results } };
};

interface Altered {
  readonly result: AlterPartitionResult;
  readonly record?: PartitionChangeRecord;
}

function alterOne(image: ClusterImage, brokerId: NodeId, item: AlterPartitionItem): Altered {
  const partition = image.partition(item.topicId, item.partition);
  if (partition === undefined) return { result: failed(item, unknownPartition(image, item)) };
  const refused = checkEpochs(partition, brokerId, item);
  if (refused !== undefined) return { result: failed(item, refused) };
  if (item.partitionEpoch < partition.partitionEpoch) {
    reachable('metadata: a change of an ISR is by an old partition epoch');
    if (isRepeated(partition, item)) return { result: succeeded(partition) };
    const message = `the partition epoch is ${partition.partitionEpoch}, not ${item.partitionEpoch}`;
    return { result: failed(item, refusal(ErrorCode.INVALID_UPDATE_VERSION, message)) };
  }
  const wrong = checkIsr(image, partition, item);
  if (wrong !== undefined) return { result: failed(item, wrong) };
  const isr = item.isr.map((member) => member.id);
  const target = {
    isr: sameIdSet(isr, partition.isr) ? partition.isr : isr,
    leaderRecoveryState: item.leaderRecoveryState,
  };
  const change = changePartition(partition, target, electionRules(image, partition.topic));
  const after = afterChange(partition, change);
  const record = change === undefined ? {} : { record: changeRecord(partition, change) };
  if (after.leader === brokerId) return { ...record, result: succeeded(after) };
  // The ISR completed a reassignment that takes the leader away: it is done, but no longer this leader's business.
  const moved = `the reassignment completed and leader ${after.leader} took over`;
  return { ...record, result: failed(item, refusal(ErrorCode.NEW_LEADER_ELECTED, moved)) };
}

/** Fencing both ways: a request from the past is refused, one from the future shows that this controller is old. */
function checkEpochs(partition: PartitionImage, brokerId: NodeId, item: AlterPartitionItem): Result | undefined {
  // [bug 87] A leader that knows more was told by a newer controller. It has its leader's term by then, and asks nobody
  // of an older one: this is for who does otherwise.
  if (item.leaderEpoch > partition.leaderEpoch || item.partitionEpoch > partition.partitionEpoch) {
    const known = `leader epoch ${partition.leaderEpoch}, partition epoch ${partition.partitionEpoch}`;
    const asked = `leader epoch ${item.leaderEpoch}, partition epoch ${item.partitionEpoch}`;
    return refusal(ErrorCode.NOT_CONTROLLER, `the request knows ${asked}, this controller only ${known}`);
  }
  if (item.leaderEpoch < partition.leaderEpoch) {
    reachable('metadata: a former leader wants to change an ISR');
    const message = `the leader epoch is ${partition.leaderEpoch}, not ${item.leaderEpoch}`;
    return refusal(ErrorCode.FENCED_LEADER_EPOCH, message);
  }
  if (brokerId !== partition.leader) {
    return refusal(ErrorCode.INVALID_REQUEST, `broker ${brokerId} does not lead, broker ${partition.leader} does`);
  }
  return undefined;
}

/**
 * The answer to a change was lost, and its leader asks again [bug 88]. Only the very next epoch counts: were there a
 * change between (of min.insync.replicas, say), the leader must learn of it from the log before it may go on.
 */
function isRepeated(partition: PartitionImage, item: AlterPartitionItem): boolean {
  return (
    item.partitionEpoch === partition.partitionEpoch - 1 &&
    item.leaderRecoveryState === partition.leaderRecoveryState &&
    sameIdSet(item.isr.map((member) => member.id), partition.isr)
  );
}

function checkIsr(image: ClusterImage, partition: PartitionImage, item: AlterPartitionItem): Result | undefined {
  const invalid = (message: string): Result => refusal(ErrorCode.INVALID_REQUEST, message);
  const isr = item.isr.map((member) => member.id);
  if (new Set(isr).size < isr.length) return invalid(`the ISR [${isr}] names a broker twice`);
  const stranger = isr.find((id) => !partition.replicas.includes(id));
  if (stranger !== undefined) return invalid(`broker ${stranger} is none of the replicas [${partition.replicas}]`);
  if (!isr.includes(partition.leader)) return invalid(`the ISR [${isr}] lacks the leader ${partition.leader}`);
  if (item.leaderRecoveryState === 'recovering') {
    if (isr.length > 1) return invalid(`the leader is recovering, so that nobody else may be in the ISR [${isr}]`);
    if (partition.leaderRecoveryState === 'recovered') return invalid('a recovered leader cannot begin to recover');
  }
  for (const member of item.isr) {
    const reason = ineligible(image, member);
    if (reason !== undefined) return refusal(ErrorCode.INELIGIBLE_REPLICA, reason);
  }
  return undefined;
}

/** Checked once, here, against the controller's own state [bugs 82, 83, 84]. */
function ineligible(image: ClusterImage, member: AlterPartitionItem['isr'][number]): string | undefined {
  const broker = image.broker(member.id);
  if (broker === undefined) return `broker ${member.id} is not registered`;
  if (broker.fenced) return `broker ${member.id} is fenced`;
  if (broker.inControlledShutdown) return `broker ${member.id} is shutting down`;
  sometimes(broker.brokerEpoch !== member.epoch, 'metadata: a member of an ISR is of a former life of its broker');
  if (broker.brokerEpoch === member.epoch) return undefined;
  return `broker ${member.id} has epoch ${broker.brokerEpoch}, not ${member.epoch}`;
}

function unknownPartition(image: ClusterImage, item: AlterPartitionItem): Result {
  const topic = image.topicById(item.topicId);
  if (topic === undefined) return refusal(ErrorCode.UNKNOWN_TOPIC_ID, `no topic has the id ${item.topicId}`);
  const message = `topic ${topic.name} has ${topic.partitions.length} partitions, but not ${item.partition}`;
  return refusal(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message);
}

function succeeded(partition: PartitionImage): AlterPartitionResult {
  const { topicId, leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch } = partition;
  const state = { leader, leaderEpoch, isr, leaderRecoveryState, partitionEpoch };
  return { ...SUCCESS, topicId, partition: partition.partition, ...state };
}

function failed(item: AlterPartitionItem, result: Result): AlterPartitionResult {
  const { topicId, partition } = item;
  const none = { leader: -1, leaderEpoch: -1, isr: [], leaderRecoveryState: 'recovered' as const, partitionEpoch: -1 };
  return { ...result, topicId, partition, ...none };
}
