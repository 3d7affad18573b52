/** Which address a client is told, by how it came in. */
import { describe, expect, test } from 'vitest';
import { advertisedEndpoint, plainAddress } from '../src/advertised.ts';
import { defaultGateways, gatewaysOf } from '../src/gateways.ts';

const broker = { host: 'node-2', port: 9094 };
const rule = { auto: true, gateways: ['172.18.0.1'] };

describe('with advertised=auto', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '172.18.0.1', '::ffff:172.18.0.1'])(
    'a client that comes from %s is told localhost and the port of each node',
    (client) => expect(advertisedEndpoint(broker, client, rule)).toEqual({ host: 'localhost', port: 9094 }),
  );

  test.each(['172.18.0.5', '10.0.0.1', 'fe80::1%eth0', '127.0.0.1.example.com', '1270.0.0.1'])(
    'a client that comes from %s is told the name of each node',
    (client) => expect(advertisedEndpoint(broker, client, rule)).toEqual(broker),
  );
});

test('with an explicit address every client is told what nodes registered', () => {
  for (const client of ['127.0.0.1', '172.18.0.1', '10.0.0.1']) {
    expect(advertisedEndpoint(broker, client, { ...rule, auto: false })).toEqual(broker);
  }
});

test('addresses are compared without IPv4-in-IPv6 prefix and zone', () => {
  expect(['::FFFF:10.0.0.1', 'FE80::1%eth0', '::1'].map(plainAddress)).toEqual(['10.0.0.1', 'fe80::1', '::1']);
});

describe('gateways', () => {
  test('are those of default routes, once each', () => {
    const table = [
      'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
      'eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth1\t00000000\t010012AC\t0003\t0\t0\t1\t00000000\t0\t0\t0',
      'eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
      'ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0',
    ].join('\n');
    expect(gatewaysOf(table)).toEqual(['172.18.0.1']);
    expect(gatewaysOf('')).toEqual([]);
  });

  test('of this host can be asked for', () => {
    for (const gateway of defaultGateways()) expect(gateway).toMatch(/^\d+\.\d+\.\d+\.\d+$/u);
  });
});
