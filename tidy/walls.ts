/** The floors of the house as data: which package may import what, and where the outside world may come in. */

/** What stands between one package and the others. */
export interface Wall {
  readonly floor: number;
  /** What the sources may import, by specifier: `@hapax/wire/records` does not open `@hapax/wire`. */
  readonly may: readonly string[];
  /** What its tests may import beside that. */
  readonly testsMay?: readonly string[];
}

const MACHINES = [
  '@hapax/raft', '@hapax/replica', '@hapax/state-machine', '@hapax/log', '@hapax/metadata', '@hapax/group',
  '@hapax/txn',
];
const WIRE = ['@hapax/wire', '@hapax/wire/records'];

/** Imports only go down. A package that is not in this table cannot be added to the house. */
export const WALLS: Readonly<Record<string, Wall>> = {
  simulator: {
    floor: 6,
    may: [
      '@hapax/base', ...WIRE, ...MACHINES, '@hapax/rpc', '@hapax/broker', '@hapax/client/machines', '@hapax/testkit',
      '@hapax/history', '@hapax/faults',
      // For its codecs, which are deterministic; none of its other drivers.
      '@hapax/client',
    ],
  },
  bench: {
    floor: 6,
    may: ['@hapax/base', ...WIRE, '@hapax/client', '@hapax/node/local-cluster'],
  },
  cli: {
    floor: 6,
    may: [
      '@hapax/base', ...WIRE, '@hapax/node', '@hapax/node/main', '@hapax/node/local-cluster', '@hapax/client',
      '@hapax/rpc/client', '@hapax/log', '@hapax/simulator', '@hapax/simulator/main', '@hapax/bench/main',
    ],
  },
  node: {
    floor: 5,
    may: ['@hapax/base', ...WIRE, ...MACHINES, '@hapax/rpc', '@hapax/broker'],
    testsMay: ['@hapax/rpc/client'],
  },
  client: { floor: 4, may: ['@hapax/base', ...WIRE], testsMay: ['@hapax/node/local-cluster'] },
  broker: { floor: 4, may: ['@hapax/base', ...WIRE, ...MACHINES, '@hapax/rpc'] },
  log: { floor: 3, may: ['@hapax/base', '@hapax/wire/records', '@hapax/replica'] },
  metadata: { floor: 3, may: ['@hapax/base', '@hapax/state-machine'] },
  group: { floor: 3, may: ['@hapax/base', ...WIRE, '@hapax/state-machine'] },
  txn: { floor: 3, may: ['@hapax/base', ...WIRE, '@hapax/state-machine'] },
  raft: { floor: 2, may: ['@hapax/base'] },
  replica: { floor: 2, may: ['@hapax/base', '@hapax/wire/records'] },
  'state-machine': { floor: 2, may: ['@hapax/base'] },
  history: { floor: 2, may: ['@hapax/base'] },
  faults: { floor: 2, may: ['@hapax/base'] },
  wire: { floor: 1, may: ['@hapax/base'] },
  rpc: { floor: 1, may: ['@hapax/base'] },
  base: { floor: 0, may: [] },
  testkit: { floor: 0, may: ['@hapax/base'] },
};

/** Where something of the outside may be imported, as a pattern for the file's path; and what to do elsewhere. */
export interface Gate {
  readonly what: RegExp;
  readonly where: RegExp;
  readonly instead: string;
}

const EVERY_TEST = String.raw`packages/[^/]+/(?:test|scripts)/|tidy/|deploy/|chaos-tests/|vitest\.config\.ts`;

/** What of the simulator runs as a program or a thread; the rest is the simulated world. */
const SIMULATOR_PROGRAMS = String.raw`packages/simulator/src/` +
  String.raw`(?:main|seed-pool|seed-worker|exhaust/exhaust-(?:pool|worker)|(?:commands|mutations|mutants)/.*)[.]ts$`;

/** Whatever is imported from outside the repository goes through one of these; the first that fits decides. */
export const GATES: readonly Gate[] = [
  {
    what: /^node:/u,
    where: new RegExp(
      String.raw`^(?:packages/(?:node|cli|bench|testkit)/src/|packages/rpc/src/client/|packages/client/src/[^/]+$|` +
        String.raw`${SIMULATOR_PROGRAMS}|${EVERY_TEST})`,
      'u',
    ),
    instead: 'take it through a port of @hapax/base, and implement the port in packages/node',
  },
  {
    what: /^(?:level|classic-level)$/u,
    where: /^packages\/node\//u,
    instead: 'use the KeyValueStore port of @hapax/base',
  },
  {
    what: /^@grpc\//u,
    where: /^packages\/(?:node\/|rpc\/src\/client\/)/u,
    instead: 'use the peer network port, or @hapax/rpc/client',
  },
  {
    what: /^protobufjs(?:-cli)?(?:\/|$)/u,
    where: /^packages\/rpc\//u,
    instead: 'use the encode and decode functions of @hapax/rpc',
  },
  {
    what: /^(?:vitest|fast-check)(?:\/|$)/u,
    where: new RegExp(String.raw`^(?:packages/testkit/src/|${EVERY_TEST})`, 'u'),
    instead: 'move it to a test',
  },
  {
    // What computes and does nothing else may be used by machines too.
    what: /^murmurhash$/u,
    where: /^packages\/client\//u,
    instead: 'partitioning is the business of the client',
  },
  {
    what: /./u,
    where: new RegExp(
      String.raw`^(?:packages/(?:node|cli|bench)/src/|packages/rpc/src/client/|packages/client/src/[^/]+$|` +
        `${SIMULATOR_PROGRAMS}|${EVERY_TEST})`,
      'u',
    ),
    instead: 'machines import nothing from outside; take it through a port of @hapax/base',
  },
];

/** Where everything must be synchronous and pure: floors 0 to 4, but for the client's drivers and the gRPC client. */
export const PURE = new RegExp(
  String.raw`^packages/(?:(?:base|wire|raft|replica|state-machine|metadata|group|txn|log|broker|history|faults)/src/|` +
    String.raw`client/src/machines/|rpc/src/(?!client/)[^/]+$)`,
  'u',
);
