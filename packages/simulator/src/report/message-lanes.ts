/** The lanes of messages, in the order in which rows of a page refer to them. */

/** Names of lanes. */
export const MESSAGE_LANES = ['kafka', 'raft', 'replication', 'transactions', 'controller', 'admin'];
