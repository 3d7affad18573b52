/** Who and where a node is, when the configuration leaves it open. */
import { SeededRandom } from '@hapax/base';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { resolveIdentity, resolvePlace } from '../src/node-place.ts';

const random = new SeededRandom(1);
const alone = { hostName: 'laptop', found: undefined, random };
const bound = { hostName: 'laptop', kafkaPort: 9092, peerPort: 9192 };
const three = 'controllers: [0@a-0:1, 1@a-1:1, 2@a-2:1]\ncluster.id: c\n';

function config(text: string): ReturnType<typeof loadConfig> {
  return loadConfig({ file: { name: 'f', text } });
}

describe('the identity of a node', () => {
  test('comes from the configuration, else from the host name, else from the data directory, else it is 1', () => {
    const found = { clusterId: 'c', nodeId: 7 };
    const idOf = (text: string, hostName: string, known?: typeof found): number =>
      resolveIdentity(config(text), { hostName, found: known, random }).nodeId;
    expect(idOf('node.id: 5', 'hapax-2', found)).toBe(5);
    expect(idOf('', 'hapax-2', found)).toBe(2);
    expect(idOf('', 'hapax-0', found)).toBe(0);
    expect(idOf('', 'laptop', found)).toBe(7);
    expect(idOf('', 'laptop')).toBe(1);
  });

  test('has a cluster of its own where the node is its only controller, the same after a restart', () => {
    const first = resolveIdentity(config(''), alone);
    expect(first.clusterId).toHaveLength(22);
    expect(resolveIdentity(config(''), { ...alone, found: first })).toEqual(first);
    expect(resolveIdentity(config('controllers: 1@here:1'), alone).clusterId).toHaveLength(22);
  });

  test('needs the name of the cluster where there are several controllers', () => {
    expect(() => resolveIdentity(config('controllers: [1@a:1, 2@b:1]'), alone)).toThrow('cluster.id is empty');
    expect(resolveIdentity(config(three), { ...alone, hostName: 'a-1' })).toEqual({ clusterId: 'c', nodeId: 1 });
  });
});

describe('the place of a node', () => {
  const placeOf = (text: string, nodeId = 1) => resolvePlace(config(text), { clusterId: 'c', nodeId }, bound);

  test('is the host name and the ports on which it listens, and alone it is its own controller', () => {
    expect(placeOf('')).toEqual({
      clusterId: 'c',
      nodeId: 1,
      roles: ['broker', 'controller'],
      peerEndpoint: { host: 'laptop', port: 9192 },
      kafkaEndpoint: { host: 'laptop', port: 9092 },
      controllers: [{ id: 1, endpoint: { host: 'laptop', port: 9192 } }],
    });
  });

  test('may be given: the name for nodes, the address for clients', () => {
    const { peerEndpoint, kafkaEndpoint } = placeOf('node.host: n1\nadvertised: public:1');
    expect([peerEndpoint.host, kafkaEndpoint]).toEqual(['n1', { host: 'public', port: 1 }]);
    expect(placeOf('node.host: n1').kafkaEndpoint).toEqual({ host: 'n1', port: 9092 });
  });

  test('has the role controller exactly where it is named as one', () => {
    expect(placeOf(three).roles).toEqual(['broker', 'controller']);
    expect(placeOf(three, 9).roles).toEqual(['broker']);
    expect(placeOf(`${three}roles: controller`).roles).toEqual(['controller']);
    const named = 'controllers names this node (1), but roles holds no controller';
    expect(() => placeOf(`${three}roles: broker`)).toThrow(named);
    expect(() => placeOf(`${three}roles: controller`, 9)).toThrow('controllers does not name this node (9)');
  });
});
