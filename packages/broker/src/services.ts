/** What handlers work with: the parts of a broker, by what they are for. */
import type { GroupCoordinators } from './drivers/group-coordinators.ts';
import type { ControllerClient } from './drivers/controller-client.ts';
import type { FetchWaits } from './drivers/fetch-waits.ts';
import type { Lifecycle } from './drivers/lifecycle.ts';
import type { MarkerDriver } from './drivers/marker-driver.ts';
import type { MetadataDriver } from './drivers/metadata-driver.ts';
import type { PartitionTable } from './drivers/partition-table.ts';
import type { ProducerIds } from './drivers/producer-ids.ts';
import type { RaftDriver } from './drivers/raft-driver.ts';
import type { TransactionCoordinators } from './drivers/transaction-coordinators.ts';
import type { TransactionLinks } from './drivers/transaction-links.ts';
import type { TransactionVerification } from './drivers/transaction-verification.ts';
import type { FetchSessions } from './kafka/fetch-sessions.ts';
import type { ServedApi } from './kafka/served-api.ts';
import type { RequestTimers } from './kafka/request-timers.ts';
import type { BrokerMetrics } from './metrics.ts';
import type { BrokerOptions } from './options.ts';
import type { BrokerPorts } from './ports.ts';

export interface Services {
  readonly options: BrokerOptions;
  readonly ports: BrokerPorts;
  readonly metadata: MetadataDriver;
  readonly raft: RaftDriver;
  readonly controller: ControllerClient;
  readonly lifecycle: Lifecycle;
  readonly partitions: PartitionTable;
  readonly groups: GroupCoordinators;
  readonly transactions: TransactionCoordinators;
  readonly verification: TransactionVerification;
  readonly markers: MarkerDriver;
  readonly transactionLinks: TransactionLinks;
  readonly fetchWaits: FetchWaits;
  readonly fetchSessions: FetchSessions;
  readonly producerIds: ProducerIds;
  readonly timers: RequestTimers;
  readonly metrics: BrokerMetrics;
  /** Everything that clients may ask for. */
  readonly servedApis: readonly ServedApi[];
}
