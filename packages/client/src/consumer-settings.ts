/** What people set of a consumer, with defaults: checked once, here. */
import {
  cooperativeStickyAssignor,
  rangeAssignor,
  roundRobinAssignor,
  type ConsumerOptions,
} from './machines/index.ts';
import type { GroupListener } from './consumer.ts';
import { invalid, positive } from './options.ts';

/** How a consumer reads. */
export interface ConsumerSettings extends GroupListener {
  /** Consumers of one group share the partitions of their topics. Left out: partitions are assigned by hand. */
  readonly groupId?: string;
  /** Lets a member come back with its partitions after a restart. Default: none. */
  readonly groupInstanceId?: string;
  /** In order of preference. Default `cooperative-sticky`. All members of a group must share one. */
  readonly assignors?: readonly AssignorName[];
  /** Default 45 s: silent for longer, the member is removed. */
  readonly sessionTimeoutMs?: number;
  /** Default 3 s. */
  readonly heartbeatIntervalMs?: number;
  /** How long a rebalance waits for this member, and how long it may take nothing. Default 5 min. */
  readonly takeIntervalMaxMs?: number;
  /** Default 5 s; `false`: only `commit` commits. */
  readonly autoCommitIntervalMs?: number | false;
  /** Where to begin without a committed offset. Default `latest`; `none` fails. */
  readonly offsetReset?: 'earliest' | 'latest' | 'none';
  /**
   * Default `read_committed`: nothing of transactions that are open or were aborted, and nothing behind the first open
   * one. `read_uncommitted`: everything.
   */
  readonly isolationLevel?: 'read_committed' | 'read_uncommitted';
  /** How long a broker may wait for records. Default 500 ms. */
  readonly fetchMaxWaitMs?: number;
  /** Default 1: any record ends the wait. */
  readonly fetchMinBytes?: number;
  /** Default 50 MiB for an answer. */
  readonly fetchMaxBytes?: number;
  /** Default 1 MiB. A larger batch comes nonetheless. */
  readonly partitionMaxBytes?: number;
  /** Default 64 MiB, fetched ahead of the application. */
  readonly bufferBytes?: number;
  /** Default 30 s. */
  readonly requestTimeoutMs?: number;
}

/** The assignors by the names that Kafka gives them. */
export type AssignorName = 'range' | 'roundrobin' | 'cooperative-sticky';

const ASSIGNORS = {
  'range': rangeAssignor,
  'roundrobin': roundRobinAssignor,
  'cooperative-sticky': cooperativeStickyAssignor,
} as const;

/** Settings of a consumer with defaults. Throws `config-invalid`. */
export function consumerOptions(settings: ConsumerSettings): ConsumerOptions {
  const sessionTimeoutMs = positive('sessionTimeoutMs', settings.sessionTimeoutMs ?? 45_000);
  const heartbeatIntervalMs = positive('heartbeatIntervalMs', settings.heartbeatIntervalMs ?? 3000);
  if (heartbeatIntervalMs >= sessionTimeoutMs) {
    throw invalid(
      'heartbeatIntervalMs',
      heartbeatIntervalMs,
      `choose less than sessionTimeoutMs (${sessionTimeoutMs})`,
    );
  }
  if (settings.groupId === '') throw invalid('groupId', '', 'name the group, or leave it out');
  const takeIntervalMaxMs = positive('takeIntervalMaxMs', settings.takeIntervalMaxMs ?? 300_000);
  const autoCommitIntervalMs = settings.autoCommitIntervalMs ?? 5000;
  return {
    groupId: settings.groupId ?? null,
    groupInstanceId: settings.groupInstanceId ?? null,
    assignors: assignorsOf(settings.assignors ?? ['cooperative-sticky']),
    sessionTimeoutMs,
    heartbeatIntervalMs,
    rebalanceTimeoutMs: takeIntervalMaxMs,
    takeIntervalMaxMs,
    autoCommitIntervalMs:
      autoCommitIntervalMs === false ? null : positive('autoCommitIntervalMs', autoCommitIntervalMs),
    offsetReset: oneOf('offsetReset', settings.offsetReset ?? 'latest', ['earliest', 'latest', 'none']),
    isolationLevel: oneOf('isolationLevel', settings.isolationLevel ?? 'read_committed', [
      'read_committed',
      'read_uncommitted',
    ]),
    fetchMaxWaitMs: positive('fetchMaxWaitMs', settings.fetchMaxWaitMs ?? 500),
    fetchMinBytes: positive('fetchMinBytes', settings.fetchMinBytes ?? 1),
    fetchMaxBytes: positive('fetchMaxBytes', settings.fetchMaxBytes ?? 52_428_800),
    partitionMaxBytes: positive('partitionMaxBytes', settings.partitionMaxBytes ?? 1_048_576),
    bufferBytes: positive('bufferBytes', settings.bufferBytes ?? 67_108_864),
    requestTimeoutMs: positive('requestTimeoutMs', settings.requestTimeoutMs ?? 30_000),
  };
}

function assignorsOf(names: readonly AssignorName[]): ConsumerOptions['assignors'] {
  if (names.length === 0) throw invalid('assignors', names, 'name at least one');
  return names.map((name) => ASSIGNORS[oneOf('assignors', name, Object.keys(ASSIGNORS) as AssignorName[])]);
}

function oneOf<T extends string>(option: string, value: T, allowed: readonly T[]): T {
  if (!allowed.includes(value)) throw invalid(option, value, `choose one of ${allowed.join(', ')}`);
  return value;
}
