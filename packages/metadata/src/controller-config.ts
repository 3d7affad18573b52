/** What the controller may be told: timeouts, and the limits that keep it bounded. */
import type { Uuid } from '@hapax/base';

export interface ControllerConfig {
  /** The id that a fresh cluster takes; null: draw one. */
  readonly clusterId: Uuid | null;
  /** What a fresh cluster configures for all brokers, by key. */
  readonly initialConfigs: Readonly<Record<string, string>>;
  /** The silence after which a broker is fenced: a paused or cut-off one must be replaced within 3 s. */
  readonly sessionTimeoutMs: number;
  /** How often brokers report. A suspected broker is not fenced before its next report is overdue. */
  readonly heartbeatIntervalMs: number;
  /** How long a suspected broker has for its report, from when it is due. */
  readonly suspectGraceMs: number;
  /** The most time that may seem to pass between two looks at the clock: a stall of the controller fences nobody. */
  readonly clockStepMaxMs: number;
  /** How often leadership goes back to preferred replicas. */
  readonly leaderBalanceIntervalMs: number;
  /** How many leaders move in one go. */
  readonly leaderMovesMax: number;
  /** How long an answer waits for its commit before it becomes REQUEST_TIMED_OUT. */
  readonly commitTimeoutMs: number;
  /** How many answers may wait for their commit. */
  readonly parkedMax: number;
  /** How many nodes the cluster shall have: decides the default replication factor before all have registered. */
  readonly nodesExpected: number;
  readonly brokersMax: number;
  readonly partitionsMax: number;
  readonly partitionsPerRequestMax: number;
  readonly replicationFactorMax: number;
  /** How many partitions may be in reassignment at a time. */
  readonly reassignmentsMax: number;
}

/** For the node to start from; a killed broker is then replaced within 0.6 s of the hint, a silent one within 2.6 s. */
export const DEFAULT_CONTROLLER_CONFIG: ControllerConfig = {
  clusterId: null,
  initialConfigs: {},
  sessionTimeoutMs: 2500,
  heartbeatIntervalMs: 300,
  suspectGraceMs: 250,
  clockStepMaxMs: 250,
  leaderBalanceIntervalMs: 10_000,
  leaderMovesMax: 1000,
  commitTimeoutMs: 30_000,
  parkedMax: 10_000,
  nodesExpected: 1,
  brokersMax: 200,
  partitionsMax: 50_000,
  partitionsPerRequestMax: 10_000,
  replicationFactorMax: 15,
  reassignmentsMax: 2000,
};
