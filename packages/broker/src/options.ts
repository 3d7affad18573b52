/**
 * Everything that a broker can be told. Values come from the node's configuration, validated; there are no defaults
 * here.
 */
import type { Endpoint, NodeId } from '@hapax/base';
import type { GroupConfig } from '@hapax/group';
import type { LogStoreOptions } from '@hapax/log';
import type { ControllerConfig } from '@hapax/metadata';
import type { TransactionConfig } from '@hapax/txn';

/** What a node does: keeps partitions and serves clients, or takes part in the controller's quorum, or both. */
export type NodeRole = 'broker' | 'controller';

export interface BrokerOptions {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  readonly roles: readonly NodeRole[];
  /** Where other nodes reach this node. */
  readonly peerEndpoint: Endpoint;
  /** Where Kafka clients reach this node: what is advertised, unless `advertise` says otherwise for a client. */
  readonly kafkaEndpoint: Endpoint;
  /** The rack that replicas are spread over; null for none. */
  readonly rack: string | null;
  /** The controllers that the cluster begins with, the same list on every node. */
  readonly controllers: readonly { readonly id: NodeId; readonly endpoint: Endpoint }[];
  readonly raft: {
    readonly electionTimeoutMs: number;
    readonly heartbeatIntervalMs: number;
    readonly snapshotEveryEntries: number;
    /** Entries in one message, and handed to the metadata in one go. A single larger entry still goes. */
    readonly maxAppendBytes: number;
    /** Messages with entries to one node that may be without an answer. */
    readonly maxInflightAppends: number;
  };
  readonly controller: ControllerConfig;
  readonly lifecycle: {
    readonly heartbeatIntervalMs: number;
    /** How long a stop may wait for leaderships to move away. */
    readonly controlledShutdownTimeoutMs: number;
  };
  readonly log: Pick<
    LogStoreOptions,
    | 'checkpointIntervalMs'
    | 'flush'
    | 'journalBypassBytes'
    | 'journalBypassRoundBytes'
    | 'journalFileBytes'
    | 'maxOpenFiles'
    | 'reserveBytes'
    | 'tailCacheBytes'
    | 'verify'
  >;
  readonly replication: {
    readonly lagTimeMaxMs: number;
    readonly maxInflightBytesPerFollower: number;
    /** How much one push message carries at most, over all its partitions. */
    readonly pushBytes: number;
  };
  readonly limits: {
    readonly fetchMaxBytes: number;
    readonly requestsInFlightPerConnection: number;
    readonly fetchSessions: number;
    readonly parkedRequests: number;
  };
  readonly groups: GroupConfig;
  /** What the cluster's own settings say (`transaction.max.timeout.ms` and the like) is read from them at every use. */
  readonly transactions: Omit<TransactionConfig, 'idExpirationMs' | 'maxTimeoutMs'>;
  readonly topics: {
    readonly autoCreate: boolean;
  };
}
