/** Every API in every version that is advertised is answered, and nothing closes the connection. */
import { apiByKey } from '@hapax/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import { servedApis } from '../src/kafka/dispatch.ts';
import { fitToVersion } from './support/fit-to-version.ts';
import { sampleRequests } from './support/sample-requests.ts';
import { TestCluster } from './support/test-cluster.ts';

const TOPIC = 'sampled';
let cluster: TestCluster;
let samples: ReturnType<typeof sampleRequests>;

beforeAll(() => {
  cluster = new TestCluster();
  cluster.createTopic(TOPIC, { numPartitions: 2, replicationFactor: 3 });
  const presentId = cluster.follower.broker.services.metadata.image.topicByName(TOPIC)?.topicId ?? '';
  samples = sampleRequests({ present: TOPIC, presentId, absent: 'nowhere' });
});

test('there are samples for every API that is served', () => {
  for (const { api } of servedApis()) expect(samples[api.name], api.name).toBeDefined();
});

describe.each(servedApis().map((served) => ({ name: served.api.name, served })))('$name', ({ name, served }) => {
  const { api, servedFrom, advertised } = served;
  const versions = Array.from({ length: advertised[1] - servedFrom + 1 }, (_, at) => servedFrom + at);

  test.each(versions)('version %i is answered by every node, whoever leads', (version) => {
    for (const sample of samples[name] ?? []) {
      const request = fitToVersion(api.request.fields, version, sample);
      for (const node of cluster.nodes) {
        const client = cluster.connect(node);
        const response = client.call(api, version, request as never) as unknown;
        expect(response).toBeTypeOf('object');
        expect(client.isOpen).toBe(true);
        client.close();
      }
    }
  });
});

/** What the controller has to do, and what is asked of it to be done and not only checked. */
const CHANGES = [
  'CreateTopics',
  'DeleteTopics',
  'CreatePartitions',
  'AlterConfigs',
  'IncrementalAlterConfigs',
  'ElectLeaders',
  'AlterPartitionReassignments',
  'UpdateFeatures',
  'InitProducerId',
  'Metadata',
  'FindCoordinator',
];

test('without a controller every change is answered in every version, and refused where it is one', () => {
  const lonely = new TestCluster();
  lonely.createTopic(TOPIC, { replicationFactor: 3 });
  lonely.node(2).kill();
  lonely.node(3).kill();
  lonely.runFor(3000);
  for (const { api, servedFrom, advertised } of servedApis().filter(({ api: { name } }) => CHANGES.includes(name))) {
    for (let version = servedFrom; version <= advertised[1]; version++) {
      for (const sample of samples[api.name] ?? []) {
        const client = lonely.connect(lonely.node(1));
        const response = client.call(api, version, fitToVersion(api.request.fields, version, sample) as never);
        expect(response, `${api.name} ${version}`).toBeTypeOf('object');
        expect(client.isOpen).toBe(true);
        client.close();
      }
    }
  }
});

test('what is advertised can be read and written', () => {
  for (const { api, advertised, servedFrom } of servedApis()) {
    expect(apiByKey(api.key)).toBe(api);
    expect(servedFrom).toBeGreaterThanOrEqual(advertised[0]);
    expect(advertised[1]).toBeLessThanOrEqual(api.maxVersion);
  }
});
