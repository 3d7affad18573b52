/** What must be true once all faults are healed and the cluster is at rest: I12, and replicas equal byte for byte. */
import type { ClusterWatch } from '../cluster-watch.ts';
import { batchesOf, describeBatch, isSameBatch } from './committed-log.ts';
import { demand } from './violation.ts';

/** Why the cluster is not at rest; undefined when it is. */
export function unsettled(watch: ClusterWatch): string | undefined {
  let unstable: string | undefined;
  for (const state of watch.inSync.partitions()) {
    const name = `${state.topic}-${state.partition}`;
    if (state.leader === -1) return `I12: ${name} has no leader`;
    if (state.addingReplicas.length + state.removingReplicas.length > 0) return `I12: ${name} is still being moved`;
    if (state.isr.length < state.replicas.length) {
      return `I12: the ISR of ${name} is [${state.isr.join(', ')}] of [${state.replicas.join(', ')}]`;
    }
    const end = watch.inSync.committed(state.topicId, state.partition)?.endOffset ?? 0;
    for (const node of state.replicas) {
      const replica = watch.replica(node, state.topicId, state.partition);
      if (replica === undefined) return `I12: node ${node} has no ${name}`;
      if (replica.isLeader !== (node === state.leader)) {
        return `I12: node ${node} and the metadata differ about the leader of ${name}`;
      }
      const { highWatermark, lastStableOffset, log } = replica;
      if (log.endOffset !== end || highWatermark !== end) {
        const marks = `end ${log.endOffset} and high watermark ${highWatermark}`;
        return `I12: node ${node} has ${name} with ${marks}, committed is up to ${end}`;
      }
      unstable ??= lastStableOffset === end ? undefined
        : `T11: node ${node} takes ${name} for stable up to ${lastStableOffset}, committed is up to ${end}`;
    }
  }
  return watch.transactions.unfinished() ?? unstable;
}

/** I3: all replicas are equal, byte for byte. P6: what each knows of the producers is what the log says. */
export function checkSettled(watch: ClusterWatch): void {
  watch.checkCoordinators();
  for (const state of watch.inSync.partitions()) {
    const truth = watch.inSync.committed(state.topicId, state.partition);
    if (truth === undefined) continue;
    for (const node of state.replicas) {
      const replica = watch.replica(node, state.topicId, state.partition);
      demand(replica !== undefined, 'liveness', () => `node ${node} has no ${truth.name}`);
      const held = batchesOf(replica.log, replica.log.startOffset, replica.log.endOffset);
      demand(held.length === truth.batches.length, 'I3', () =>
        `node ${node} has ${held.length} batches of ${truth.name}, committed are ${truth.batches.length}`);
      held.forEach(({ bytes }, at) => {
        const expected = truth.batches[at]?.bytes;
        demand(expected !== undefined && isSameBatch(bytes, expected), 'I3', () =>
          `node ${node} has ${describeBatch(bytes)} of ${truth.name} where ${describeBatch(expected)} is committed`);
      });
      for (const { producerId, producerEpoch, lastSequence } of replica.activeProducers()) {
        const known = watch.producers.lastSequence(truth.name, producerId);
        const isSame = known?.epoch === producerEpoch && known.lastSequence === lastSequence;
        demand(known === undefined || isSame, 'P6', () =>
          `node ${node} takes producer ${producerId} of ${truth.name} for ${producerEpoch}/${lastSequence}, ` +
          `committed is ${known?.epoch}/${known?.lastSequence}`);
      }
    }
  }
}
