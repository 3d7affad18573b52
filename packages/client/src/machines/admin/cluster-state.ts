/** The cluster as a whole: its brokers, its quorum of controllers, its features. */
import { apiVersions, describeCluster, describeQuorum, metadata, updateFeatures, type ResponseOf } from '@hapax/wire';
import { call } from '../call.ts';
import { success, type Done } from '../outcome.ts';
import { allOrFailure, type AdminContext } from './admin-context.ts';

/** A broker in a description. */
export interface BrokerDescription {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

/** The cluster's name, controller and brokers. */
export interface ClusterDescription {
  readonly clusterId: string;
  /** −1 where there is none. */
  readonly controllerId: number;
  readonly brokers: readonly BrokerDescription[];
}

/** Describes the cluster; brokers too old for DescribeCluster are asked for metadata. */
export function readCluster(context: AdminContext, done: Done<ClusterDescription>): void {
  const { cluster, lane, timeoutMs } = context;
  const shared = { target: { kind: 'any' } as const, lane, deadlineMs: timeoutMs };
  call(
    cluster,
    {
      ...shared,
      api: describeCluster,
      maxVersion: 1,
      what: 'DescribeCluster',
      build: () => ({}),
      errorOf: (response) => response.errorCode,
      messageOf: (response) => response.errorMessage,
    },
    (outcome) => {
      if (outcome.ok) {
        const { clusterId, controllerId, brokers } = outcome.value.response;
        done(
          success({
            clusterId,
            controllerId,
            brokers: brokers.map(({ brokerId, ...rest }) => ({ nodeId: brokerId, ...rest })),
          }),
        );
        return;
      }
      if (outcome.error.code !== 'unsupported-version') {
        done(outcome);
        return;
      }
      call(
        cluster,
        {
          ...shared,
          api: metadata,
          what: 'Metadata',
          minVersion: 2,
          maxVersion: 12,
          build: () => ({ topics: [] }),
          errorOf: () => 0,
        },
        (second) => {
          if (!second.ok) {
            done(second);
            return;
          }
          const { clusterId, controllerId, brokers } = second.value.response;
          done(success({ clusterId: clusterId ?? '', controllerId, brokers }));
        },
      );
    },
  );
}

/** The state of the metadata quorum, as the protocol tells of it. */
export type QuorumDescription = ResponseOf<typeof describeQuorum>['topics'][number]['partitions'][number];

/** Voters, observers, the leader, and how far each of them is. [KIP-595] */
export function readQuorum(context: AdminContext, done: Done<QuorumDescription | undefined>): void {
  call(
    context.cluster,
    {
      api: describeQuorum,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'DescribeQuorum',
      deadlineMs: context.timeoutMs,
      build: () => ({ topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }),
      errorOf: (response) =>
        response.errorCode === 0 ? (response.topics[0]?.partitions[0]?.errorCode ?? 0) : response.errorCode,
    },
    (outcome) => done(outcome.ok ? success(outcome.value.response.topics[0]?.partitions[0]) : outcome),
  );
}

/** A feature of the cluster, and the level it is to have; 0 switches it off. */
export interface FeatureUpdate {
  readonly feature: string;
  readonly maxVersionLevel: number;
  /** Whether a lower level than now is allowed, and if so, whether at the price of lost metadata. */
  readonly upgradeType: 'upgrade' | 'safe-downgrade' | 'unsafe-downgrade';
}

const UPGRADE_TYPES = { 'upgrade': 1, 'safe-downgrade': 2, 'unsafe-downgrade': 3 } as const;

/** A feature of the cluster: what its brokers could do, and what is in force. */
export interface FeatureDescription {
  readonly feature: string;
  readonly supportedMin: number;
  readonly supportedMax: number;
  /** 0 where it is switched off. */
  readonly finalizedLevel: number;
}

/** Reads supported and finalized features, as one broker tells of them. [KIP-584] */
export function readFeatures(context: AdminContext, done: Done<readonly FeatureDescription[]>): void {
  call(
    context.cluster,
    {
      api: apiVersions,
      minVersion: 3,
      target: { kind: 'any' },
      lane: context.lane,
      what: 'ApiVersions',
      deadlineMs: context.timeoutMs,
      build: () => ({ clientSoftwareName: 'hapax', clientSoftwareVersion: '0.1.0' }),
      errorOf: (response) => response.errorCode,
    },
    (outcome) => {
      if (!outcome.ok) {
        done(outcome);
        return;
      }
      const { supportedFeatures, finalizedFeatures } = outcome.value.response;
      const levels = new Map(finalizedFeatures.map((one) => [one.name, one.maxVersionLevel]));
      const described = supportedFeatures.map(({ name, minVersion, maxVersion }) => ({
        feature: name,
        supportedMin: minVersion,
        supportedMax: maxVersion,
        finalizedLevel: levels.get(name) ?? 0,
      }));
      done(success(described));
    },
  );
}

/** Changes the finalized levels of features, all or none. [KIP-584] */
export function changeFeatures(
  context: AdminContext,
  updates: readonly FeatureUpdate[],
  options: { readonly validateOnly: boolean },
  done: Done<null>,
): void {
  call(
    context.cluster,
    {
      api: updateFeatures,
      minVersion: 1,
      target: { kind: 'controller' },
      lane: context.lane,
      what: 'UpdateFeatures',
      deadlineMs: context.timeoutMs,
      build: () => ({
        timeoutMs: context.timeoutMs,
        featureUpdates: updates.map(({ feature, maxVersionLevel, upgradeType }) => ({
          feature,
          maxVersionLevel,
          upgradeType: UPGRADE_TYPES[upgradeType],
        })),
        validateOnly: options.validateOnly,
      }),
      errorOf: (response) => response.errorCode,
      messageOf: (response) => response.errorMessage,
    },
    (outcome) => {
      const results = outcome.ok ? outcome.value.response.results : [];
      done(
        outcome.ok
          ? allOrFailure(
              'UpdateFeatures',
              results.map((one) => ({ ...one, name: `feature ${one.feature}` })),
            )
          : outcome,
      );
    },
  );
}
