/** The events of the protocol that a fault may wait for, by the names that schedules and scenario files use. */

/** What each means. Every event happens on one node. */
export const PROTOCOL_EVENTS = {
  'raft-leader': 'a node becomes the leader of the controllers',
  'raft-stored': 'term, vote or entries of the controllers are durable on a node',
  'metadata-applied': 'a node has applied a change of the metadata',
  'partition-leader': 'a replica becomes the leader of its partition',
  'partition-role': 'a replica learns of a leader, itself or another one',
  'partition-opened': 'a replica is opened, after a start or since it was assigned',
  'high-watermark': 'a replica learns that more is committed',
  'isr-changed': 'a node learns that the in-sync replicas of a partition are others',
  'raft-sent': 'a node sends a message of the controllers, and the message has not left yet',
  'controller-sent': 'a node asks or answers as broker or controller, and the message has not left yet',
  'replication-sent': 'a node sends batches or their acknowledgement, and the message has not left yet',
  'transactions-sent': 'a node sends a message between coordinators and partitions, and it has not left yet',
  'kafka-sent': 'a node answers a client, and the answer has not left yet',
  'disk-written': 'a node has written to a file, and not synced it',
  'disk-synced': 'what a node has written to a file is durable, and it does not know yet',
  'txn-decided': 'the leader of a transaction log learns that a decision to commit or abort is committed in it',
  'txn-completed': 'the leader of a transaction log learns that the end of a transaction is committed in it',
  'recovered': 'a node that starts has read its disk',
} as const;

export type ProtocolEventName = keyof typeof PROTOCOL_EVENTS;

/** Every name. */
export const PROTOCOL_EVENT_NAMES = Object.keys(PROTOCOL_EVENTS) as readonly ProtocolEventName[];

/** Whether a text names an event. */
export function isProtocolEventName(text: string): text is ProtocolEventName {
  return Object.hasOwn(PROTOCOL_EVENTS, text);
}
