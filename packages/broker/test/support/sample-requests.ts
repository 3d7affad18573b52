/** For each API, requests that a client may send: about what exists, about what does not, and about nothing at all. */
import { ZERO_UUID } from '@hapax/base';
import { batchOf } from './batches.ts';

type Sample = Readonly<Record<string, unknown>>;
type Samples = Readonly<Record<string, readonly Sample[]>>;

/** A topic that exists, with its id; and the name of one that does not exist. */
export interface SampleTopics {
  readonly present: string;
  readonly presentId: string;
  readonly absent: string;
}

const NO_BYTES = new Uint8Array(0);
const UNKNOWN_ID = 'AAAAAAAAAAAAAAAAAAAAAg';

/** Samples by the name of the API. Every field of every version is there: what a version lacks is left out later. */
export function sampleRequests(topics: SampleTopics): Samples {
  return {
    ...dataRequests(topics), ...groupRequests(topics), ...transactionRequests(topics), ...topicRequests(topics),
    ...clusterRequests(topics),
  };
}

/** The same of the topic that exists and of the one that does not. */
function ofBoth({ present, absent }: SampleTopics, sampleOf: (name: string) => Sample): Sample[] {
  return [present, absent].map(sampleOf);
}

function configured({ present, absent }: SampleTopics, configs: readonly Sample[]): Sample[] {
  return [
    { resourceType: 2, resourceName: present, configs, configurationKeys: null },
    { resourceType: 2, resourceName: absent, configs, configurationKeys: ['retention.ms'] },
    { resourceType: 4, resourceName: '', configs, configurationKeys: [] },
    { resourceType: 4, resourceName: '1', configs, configurationKeys: null },
    { resourceType: 8, resourceName: '1', configs, configurationKeys: null },
  ];
}

function fetched(name: string, topicId: string): Sample {
  const place = { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0, lastFetchedEpoch: -1, partitionMaxBytes: 1000 };
  return { topic: name, topicId, partitions: [place] };
}

/** What producers and consumers ask. */
function dataRequests(topics: SampleTopics): Samples {
  const { present, presentId, absent } = topics;
  return {
    Produce: [-1, 1, 7].map((acks) => ({
      acks,
      timeoutMs: 2000,
      topicData: ofBoth(topics, (name) => ({
        name,
        partitionData: [
          { index: 0, records: batchOf(['a']) },
          { index: 99, records: null },
        ],
      })),
    })),
    Fetch: [
      {
        replicaId: -1,
        maxWaitMs: 0,
        minBytes: 0,
        topics: [fetched(present, presentId), fetched(absent, UNKNOWN_ID)],
        sessionEpoch: -1,
      },
      { replicaId: -1, maxWaitMs: 0, minBytes: 0, topics: [fetched(present, presentId)], sessionEpoch: 0 },
      { replicaId: -1, maxWaitMs: 0, minBytes: 0, topics: [], sessionId: 77, sessionEpoch: 5 },
    ],
    ListOffsets: [0, -1, -2, -3, -4, -5, -9].map((timestamp) => ({
      replicaId: -1,
      topics: ofBoth(topics, (name) => ({
        name,
        partitions: [0, 0, 99].map((partitionIndex) => ({ partitionIndex, timestamp })),
      })),
    })),
    OffsetForLeaderEpoch: [-1, 0, 50].map((leaderEpoch) => ({
      replicaId: -2,
      topics: ofBoth(topics, (topic) => ({
        topic,
        partitions: [0, 99].map((partition) => ({ partition, leaderEpoch })),
      })),
    })),
    InitProducerId: [
      { transactionalId: null, transactionTimeoutMs: 1000 },
      { transactionalId: '', transactionTimeoutMs: 1000 },
      { transactionalId: 'bank', transactionTimeoutMs: 1000, producerId: 5, producerEpoch: -1 },
    ],
    DeleteRecords: [-1, 0, 1_000_000].map((offset) => ({
      topics: ofBoth(topics, (name) => ({
        name,
        partitions: [
          { partitionIndex: 0, offset },
          { partitionIndex: 99, offset },
        ],
      })),
      timeoutMs: 2000,
    })),
    DescribeProducers: [{ topics: ofBoth(topics, (name) => ({ name, partitionIndexes: [0, 99] })) }],
  };
}

/** What transactional producers ask, and those who look after them. */
function transactionRequests(topics: SampleTopics): Samples {
  const { present } = topics;
  const asWhom = { producerId: 5, producerEpoch: 0 };
  const partitions = ofBoth(topics, (name) => ({ name, partitions: [0, 99] }));
  const ids = ['bank', ''];
  return {
    AddPartitionsToTxn: ids.map((transactionalId) => ({
      transactions: [true, false].map((verifyOnly) => ({
        transactionalId, ...asWhom, verifyOnly, topics: verifyOnly ? [{ name: present, partitions: [0] }] : partitions,
      })),
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: asWhom.producerId,
      v3AndBelowProducerEpoch: asWhom.producerEpoch,
      v3AndBelowTopics: [{ name: present, partitions: [0] }],
    })),
    AddOffsetsToTxn: ids.map((transactionalId) => ({ transactionalId, ...asWhom, groupId: 'samples' })),
    EndTxn: ids.map((transactionalId) => ({ transactionalId, ...asWhom, committed: true })),
    TxnOffsetCommit: ['samples', ''].map((groupId) => ({
      transactionalId: 'bank', groupId, ...asWhom,
      topics: ofBoth(topics, (name) => ({
        name, partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }],
      })),
    })),
    WriteTxnMarkers: [
      { markers: [] },
      {
        markers: [true, false].map((transactionResult) => ({
          producerId: 77, producerEpoch: 0, transactionResult, coordinatorEpoch: 0,
          topics: ofBoth(topics, (name) => ({ name, partitionIndexes: [0, 99] })),
        })),
      },
    ],
    DescribeTransactions: [{ transactionalIds: ['bank', 'unknown', ''] }, { transactionalIds: [] }],
    ListTransactions: [
      { stateFilters: [], producerIdFilters: [], durationFilter: -1, transactionalIdPattern: null },
      { stateFilters: ['Ongoing', '?'], producerIdFilters: [5], durationFilter: 0, transactionalIdPattern: '(' },
    ],
  };
}

/** What members of groups ask, and those who look at groups. */
function groupRequests(topics: SampleTopics): Samples {
  const { present } = topics;
  return {
    OffsetCommit: ['samples', ''].map((groupId) => ({
      groupId,
      topics: ofBoth(topics, (name) => ({
        name,
        partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: null }],
      })),
    })),
    OffsetFetch: ['samples', 'unknown', ''].map((groupId) => ({
      groupId,
      topics: [{ name: present, partitionIndexes: [0, 7] }],
      groups: [
        { groupId, topics: [{ name: present, partitionIndexes: [0, 7] }] },
        { groupId: 'unknown', topics: null },
      ],
    })),
    FindCoordinator: [0, 1, 2].map((keyType) => ({ key: 'samples', keyType, coordinatorKeys: ['samples', 'other'] })),
    JoinGroup: ['', 'member'].map((memberId) => ({
      groupId: `joined-${memberId}`,
      sessionTimeoutMs: 5000,
      rebalanceTimeoutMs: 5000,
      memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: NO_BYTES }],
    })),
    Heartbeat: [{ groupId: 'samples', generationId: 1, memberId: 'member' }],
    LeaveGroup: [{ groupId: 'samples', memberId: 'member', members: [{ memberId: 'member' }] }],
    SyncGroup: [{ groupId: 'samples', generationId: 1, memberId: 'member', assignments: [] }],
    DescribeGroups: [{ groups: ['samples', 'unknown', ''], includeAuthorizedOperations: true }, { groups: [] }],
    ListGroups: [{}, { statesFilter: ['Empty', 'nonsense'] }],
    DeleteGroups: [{ groupsNames: ['unknown', ''] }],
    OffsetDelete: [
      { groupId: 'samples', topics: [{ name: present, partitions: [{ partitionIndex: 0 }] }] },
      { groupId: 'unknown', topics: [] },
    ],
  };
}

/** What is asked of topics and their settings. */
function topicRequests(topics: SampleTopics): Samples {
  const { present, absent } = topics;
  return {
    CreateTopics: [
      {
        topics: [
          { name: present, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
          { name: 'too wide', numPartitions: 0, replicationFactor: 9, assignments: [], configs: [] },
          {
            name: 'ok',
            numPartitions: -1,
            replicationFactor: -1,
            assignments: [],
            configs: [{ name: 'retention.ms', value: null }],
          },
          { name: 'valid', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] },
        ],
        timeoutMs: 1000,
        validateOnly: true,
      },
    ],
    DeleteTopics: [
      {
        topics: [{ name: absent }, { name: null, topicId: UNKNOWN_ID }, { name: null, topicId: ZERO_UUID }],
        topicNames: [absent, ''],
        timeoutMs: 1000,
      },
    ],
    CreatePartitions: [
      {
        topics: [
          { name: present, count: 1, assignments: null },
          { name: absent, count: 3, assignments: [{ brokerIds: [1] }] },
          { name: present, count: 30, assignments: null },
        ],
        timeoutMs: 1000,
        validateOnly: true,
      },
    ],
    DescribeConfigs: [true, false].map((includeSynonyms) => ({
      resources: configured(topics, []),
      includeSynonyms,
      includeDocumentation: includeSynonyms,
    })),
    AlterConfigs: [
      {
        resources: configured(topics, [
          { name: 'retention.ms', value: '5' },
          { name: 'x', value: null },
        ]),
        validateOnly: true,
      },
    ],
    IncrementalAlterConfigs: [0, 1, 2, 3, 4].map((configOperation) => ({
      resources: configured(topics, [{ name: 'cleanup.policy', configOperation, value: 'delete' }]),
      validateOnly: true,
    })),
    DescribeTopicPartitions: [
      { topics: [], responsePartitionLimit: 1 },
      {
        topics: ofBoth(topics, (name) => ({ name })),
        responsePartitionLimit: 10,
        cursor: { topicName: present, partitionIndex: 0 },
      },
      { topics: [], cursor: { topicName: present, partitionIndex: -1 } },
    ],
  };
}

/** What is asked of the cluster, its brokers and where partitions are. */
function clusterRequests(topics: SampleTopics): Samples {
  const { presentId } = topics;
  return {
    Metadata: [
      { topics: null },
      { topics: [] },
      { topics: ofBoth(topics, (name) => ({ name })), allowAutoTopicCreation: false },
      { topics: [{ name: 'not a name' }], allowAutoTopicCreation: true },
      {
        topics: [
          { name: null, topicId: presentId },
          { name: null, topicId: UNKNOWN_ID },
        ],
        includeTopicAuthorizedOperations: true,
      },
    ],
    ApiVersions: [
      { clientSoftwareName: 'test', clientSoftwareVersion: '1.0' },
      { clientSoftwareName: '!', clientSoftwareVersion: '' },
    ],
    DescribeLogDirs: [{ topics: null }, { topics: ofBoth(topics, (topic) => ({ topic, partitions: [0, 99] })) }],
    ElectLeaders: [
      {
        electionType: 0,
        topicPartitions: ofBoth(topics, (topic) => ({ topic, partitions: [0, 99] })),
        timeoutMs: 1000,
      },
      { electionType: 1, topicPartitions: null, timeoutMs: 1000 },
      { electionType: 9, topicPartitions: [], timeoutMs: 1000 },
    ],
    AlterPartitionReassignments: [true, false].map((allowReplicationFactorChange) => ({
      timeoutMs: 1000,
      allowReplicationFactorChange,
      topics: ofBoth(topics, (name) => ({
        name,
        partitions: [
          { partitionIndex: 0, replicas: null },
          { partitionIndex: 99, replicas: [1, 99] },
        ],
      })),
    })),
    ListPartitionReassignments: [
      { topics: null },
      { topics: ofBoth(topics, (name) => ({ name, partitionIndexes: [0, 99] })) },
    ],
    DescribeQuorum: [
      { topics: ofBoth(topics, (topicName) => ({ topicName, partitions: [{ partitionIndex: 0 }] })) },
      { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }] },
    ],
    UpdateFeatures: [
      {
        timeoutMs: 1000,
        featureUpdates: [{ feature: 'transaction.version', maxVersionLevel: 0, allowDowngrade: true, upgradeType: 2 }],
        validateOnly: true,
      },
      { timeoutMs: 1000, featureUpdates: [{ feature: 'nonsense', maxVersionLevel: 3, upgradeType: 7 }] },
    ],
    DescribeCluster: [1, 2, 3].map((endpointType) => ({ endpointType, includeClusterAuthorizedOperations: true })),
  };
}
