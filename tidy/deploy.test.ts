/** What is deployed fits together: names, ports, probes, and settings that the node accepts. */
import { SeededRandom } from '@hapax/base';
import { CONFIG_KEYS, loadConfig, resolveIdentity, resolvePlace, variableOf, type NodePlace } from '@hapax/node';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { at, renderKustomization, type KubernetesObject } from './kustomize.ts';
import { ROOT, textOf } from './repository.ts';

const DEFAULT_PORTS = {
  kafka: Number(CONFIG_KEYS['kafka.port'].defaultText),
  peer: Number(CONFIG_KEYS['peer.port'].defaultText),
  http: Number(CONFIG_KEYS['http.port'].defaultText),
};
const PAGES = textOf('packages/node/src/http-server.ts');

interface ComposeService {
  readonly hostname: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
  readonly depends_on?: unknown;
}

/** Who a node is under an environment and a host name; throws where the node would not start. */
function placeOf(environment: Readonly<Record<string, string>>, hostName: string): NodePlace {
  const config = loadConfig({ environment });
  const identity = resolveIdentity(config, { hostName, found: undefined, random: new SeededRandom(1) });
  const { 'kafka.port': kafkaPort, 'peer.port': peerPort } = config.values;
  return resolvePlace(config, identity, { hostName, kafkaPort, peerPort });
}

describe('compose', () => {
  const compose = parse(textOf('deploy/compose.yaml'), { merge: true }) as Record<string, unknown>;
  const services = Object.entries(compose['services'] as Record<string, ComposeService>);
  const places = services.map(([, service]) => placeOf(service.environment, service.hostname));

  test('old and new versions of compose take it: no top-level name, nobody waits for another', () => {
    expect(Object.keys(compose).filter((key) => !key.startsWith('x-')).sort()).toEqual(['services', 'volumes']);
    for (const [, service] of services) expect(service.depends_on).toBeUndefined();
  });

  test('every node accepts its settings, and each is a controller of one cluster', () => {
    expect(places.map(({ nodeId }) => nodeId)).toEqual([1, 2, 3]);
    expect(new Set(places.map(({ clusterId }) => clusterId)).size).toBe(1);
    for (const place of places) {
      expect(place.roles).toEqual(expect.arrayContaining(['broker', 'controller']));
      const own = place.controllers.find(({ id }) => id === place.nodeId);
      expect(own?.endpoint).toEqual(place.peerEndpoint);
    }
  });

  test('names are those of the services, Kafka ports are the same inside and outside, data is kept', () => {
    for (const [index, [name, service]] of services.entries()) {
      const kafkaPort = places[index]?.kafkaEndpoint.port;
      expect(service.hostname).toBe(name);
      expect(service.ports).toContain(`${kafkaPort}:${kafkaPort}`);
      expect(service.volumes).toEqual([`${name}:/data`]);
      expect(Object.keys(compose['volumes'] as object)).toContain(name);
    }
    expect(new Set(services.flatMap(([, { ports }]) => ports.map((port) => port.split(':')[0]))).size).toBe(6);
  });

  test('health is asked where the node answers', () => {
    for (const [, { healthcheck }] of services) {
      expect(healthcheck.test.join(' ')).toContain(`:${DEFAULT_PORTS.http}/readyz`);
    }
  });
});

describe('kubernetes', () => {
  const objects = renderKustomization('deploy/k8s/base');
  const get = (kind: string, name = 'hapax'): KubernetesObject => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
    return found;
  };
  const set = get('StatefulSet');
  const pod = at(set, 'spec', 'template', 'spec');
  const container = at(pod, 'containers', 0);
  const labels = at(set, 'spec', 'template', 'metadata', 'labels') as Record<string, string>;
  const ports = at(container, 'ports') as readonly { readonly name: string; readonly containerPort: number }[];
  const settings = at(container, 'env') as readonly { readonly name: string; readonly value?: string }[];

  test('selectors find the pods', () => {
    expect(at(set, 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(at(get('Service', 'hapax-nodes'), 'spec', 'selector')).toEqual(labels);
    expect(at(get('Service'), 'spec', 'selector')).toEqual(labels);
    expect(at(get('PodDisruptionBudget'), 'spec', 'selector', 'matchLabels')).toEqual(labels);
    expect(at(pod, 'topologySpreadConstraints', 0, 'labelSelector', 'matchLabels')).toEqual(labels);
  });

  test('pods have names before they are ready, and start together', () => {
    expect(at(set, 'spec', 'serviceName')).toBe('hapax-nodes');
    expect(at(get('Service', 'hapax-nodes'), 'spec', 'clusterIP')).toBe('None');
    expect(at(get('Service', 'hapax-nodes'), 'spec', 'publishNotReadyAddresses')).toBe(true);
    expect(at(set, 'spec', 'podManagementPolicy')).toBe('Parallel');
    expect(at(get('PodDisruptionBudget'), 'spec', 'maxUnavailable')).toBe(1);
  });

  test('ports are those on which the node listens, under one name each', () => {
    expect(Object.fromEntries(ports.map(({ name, containerPort }) => [name, containerPort]))).toEqual(DEFAULT_PORTS);
    for (const service of [get('Service'), get('Service', 'hapax-nodes')]) {
      for (const port of at(service, 'spec', 'ports') as readonly { port: number; targetPort: string }[]) {
        expect(ports).toContainEqual({ name: port.targetPort, containerPort: port.port });
      }
    }
  });

  test('probes ask pages that the node serves', () => {
    const paths = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => {
      expect(at(container, probe, 'httpGet', 'port')).toBe('http');
      return String(at(container, probe, 'httpGet', 'path'));
    });
    expect(paths).toEqual(['/livez', '/livez', '/readyz']);
    for (const path of paths) expect(PAGES).toContain(path);
  });

  test('data lies on the volume of the pod', () => {
    const mount = at(container, 'volumeMounts', 0) as { name: string; mountPath: string };
    expect(at(set, 'spec', 'volumeClaimTemplates', 0, 'metadata', 'name')).toBe(mount.name);
    expect(settings).toContainEqual({ name: variableOf('data.dir'), value: mount.mountPath });
  });

  test('every pod accepts its settings, and is the controller that the list names', () => {
    const replicas = Number(at(set, 'spec', 'replicas'));
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const name = `hapax-${ordinal}`;
      const environment = Object.fromEntries(settings.map((setting) => {
        const text = setting.value ?? '';
        return [setting.name, text.replace('$(POD_NAME)', name).replace('$(POD_NAMESPACE)', 'prod')];
      }));
      const place = placeOf(environment, name);
      expect(place.nodeId).toBe(ordinal);
      expect(place.kafkaEndpoint.host).toBe(`${name}.hapax-nodes.prod.svc`);
      expect(place.controllers).toHaveLength(replicas);
      expect(place.controllers[ordinal]?.endpoint).toEqual({ host: `${name}.hapax-nodes`, port: DEFAULT_PORTS.peer });
    }
  });

  test('the image has the version of the release', () => {
    const { version } = JSON.parse(textOf('package.json')) as { version: string };
    expect(at(container, 'image')).toBe(`hapax:${version}`);
  });

  const hasKubectl = spawnSync('kubectl', ['version', '--client']).status === 0;
  test.skipIf(!hasKubectl)('kubectl renders the same objects (skipped where it is not installed)', () => {
    const rendered = execFileSync('kubectl', ['kustomize', join(ROOT, 'deploy/k8s/base')], { encoding: 'utf8' });
    const theirs = parseAllDocuments(rendered).map((document) => document.toJS() as KubernetesObject);
    const byName = (one: KubernetesObject, other: KubernetesObject): number => {
      return `${one.kind}/${one.metadata.name}` < `${other.kind}/${other.metadata.name}` ? -1 : 1;
    };
    expect(theirs.sort(byName)).toEqual([...objects].sort(byName));
  });
});

describe('the image', () => {
  const lines = textOf('deploy/Dockerfile').split('\n');

  test('takes its base as an argument, and does not run as root', () => {
    expect(lines.filter((line) => line.startsWith('FROM')).every((line) => line.includes('${NODE_IMAGE}'))).toBe(true);
    expect(lines.findLast((line) => line.startsWith('USER'))).toBe('USER 10001:10001');
  });

  test('opens the ports of the node and starts what is built', () => {
    expect(lines).toContain(`EXPOSE ${Object.values(DEFAULT_PORTS).join(' ')}`);
    expect(lines).toContain('ENTRYPOINT ["node", "/opt/hapax/packages/node/dist/main.js"]');
    expect(textOf('packages/node/package.json')).toContain('"default": "./dist/main.js"');
  });

  test('what is sent to the builder holds what the build needs', () => {
    const ignore = textOf('.dockerignore').split('\n');
    const needed = ['!package.json', '!package-lock.json', '!.npmrc', '!proto', '!deploy/build.ts', '!packages'];
    for (const line of needed) expect(ignore).toContain(line);
  });
});
