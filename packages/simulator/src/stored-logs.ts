/** The logs of nodes as checkers see them. */
import type { Broker } from '@hapax/broker';
import type { StoredLog } from './invariants/storage.ts';
import type { SimNode } from './sim-node.ts';

type OwnLog = ReturnType<Broker['services']['partitions']['logs']['logs']>[number];

/** A log as it was written: what has become of it since on the disk, its owner must find out. */
export function storedLog(node: SimNode, log: OwnLog): StoredLog {
  const { topicId, topic, partition } = log;
  return {
    topicId, topic, partition,
    get startOffset() {
      return log.startOffset;
    },
    get endOffset() {
      return log.endOffset;
    },
    get durableOffset() {
      return log.durableOffset;
    },
    get isDamageKept() {
      return node.disk.list(log.directory).some((name) => name.endsWith('.corrupt'));
    },
    read: (fromOffset, limits) => node.disk.asWritten(() => log.read(fromOffset, limits)),
  };
}

/** All logs of a node, as they were written. */
export function logsOf(node: SimNode, broker: Broker): readonly StoredLog[] {
  return broker.services.partitions.logs.logs().map((log) => storedLog(node, log));
}
