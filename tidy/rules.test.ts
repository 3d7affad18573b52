/** Every rule finds what it is for, and leaves alone what is right: a rule that cannot fail protects nothing. */
import { describe, expect, test } from 'vitest';
import { afterExceptions } from './exceptions.ts';
import { unreachedProblems, unusedExportProblems } from './rules-dead.ts';
import { explorationProblems } from './rules-exploration.ts';
import {
  cycleProblems,
  gateProblems,
  manifestProblems,
  specifierProblems,
  versionProblems,
  wallProblems,
} from './rules-imports.ts';
import { mustBePure, purityProblems } from './rules-purity.ts';
import {
  docstringProblems,
  fileSizeProblems,
  functionSizeProblems,
  indexProblems,
  lineSizeProblems,
  nameProblems,
  openingProblems,
} from './rules-shape.ts';
import {
  anywhereProblems,
  commentWordProblems,
  escapeProblems,
  nameWordProblems,
  skippedTestProblems,
} from './rules-words.ts';
import { sourceFile, type SourceFile } from './source-file.ts';

const RAFT = 'packages/raft/src/leader.ts';

function file(text: string, path: string = RAFT): SourceFile {
  return sourceFile(path, text);
}

describe('conditions of exploration', () => {
  const problemsOf = (...calls: readonly string[]): string[] =>
    explorationProblems(calls.map((call, at) =>
      file(`import { sometimes } from '@hapax/base';\n${call};`, `packages/raft/src/at-${at}.ts`)));

  test('have a literal name that says its area, in one place', () => {
    expect(problemsOf(`sometimes(a < b, 'raft: a is below b')`, `reachable('raft: b')`)).toEqual([]);
    expect(problemsOf(`reachable('raft: b')`, `reachable('raft: b')`)).toEqual([
      expect.stringContaining(`packages/raft/src/at-0.ts:2 has the name 'raft: b' already`),
    ]);
    for (const call of ['reachable(name)', `reachable('b')`, 'sometimes(a, `raft: ${b}`)', 'reachable()']) {
      expect(problemsOf(call)).toHaveLength(1);
    }
  });
});

describe('imports', () => {
  test.each([
    ['raft', '@hapax/wire'],
    ['raft', '@hapax/replica'],
    ['group', '@hapax/metadata'],
    ['client', '@hapax/broker'],
    ['broker', '@hapax/client'],
    ['log', '@hapax/wire'],
    ['bench', '@hapax/node'],
  ])('%s may not import %s', (name, specifier) => {
    const wrong = file(`import { thing } from '${specifier}';`, `packages/${name}/src/thing.ts`);
    expect(wallProblems(wrong)).toEqual([expect.stringContaining(`not ${specifier}`)]);
  });

  test('down the floors is allowed, and the testkit in tests', () => {
    expect(wallProblems(file(`import { Raft } from '@hapax/raft';`, 'packages/broker/src/thing.ts'))).toEqual([]);
    const ofTest = file(`import { runDatadriven } from '@hapax/testkit';`, 'packages/raft/test/thing.test.ts');
    expect(wallProblems(ofTest)).toEqual([]);
    expect(wallProblems(file(`import { x } from '@hapax/testkit';`))).toHaveLength(1);
  });

  test('a package imports itself by relative paths', () => {
    expect(wallProblems(file(`import { Raft } from '@hapax/raft';`))).toEqual([expect.stringContaining('relative')]);
  });

  test('past the exports, without an ending, out of the package and into tests is refused', () => {
    for (const specifier of ['@hapax/wire/src/api.ts', './ready', '../../wire/src/api.ts', '../test/cluster.ts']) {
      expect(specifierProblems(file(`import { x } from '${specifier}';`))).toHaveLength(1);
    }
    expect(specifierProblems(file(`import { x } from './ready.ts'; export * from '@hapax/base';`))).toEqual([]);
  });

  test.each([
    ['node:fs', RAFT],
    ['node:fs', 'packages/client/src/machines/producer/producer.ts'],
    ['level', 'packages/broker/src/drivers/raft-store.ts'],
    ['@grpc/grpc-js', 'packages/broker/src/drivers/peer-link.ts'],
    ['protobufjs/minimal.js', 'packages/broker/src/drivers/peer-link.ts'],
    ['vitest', RAFT],
    ['pino', 'packages/broker/src/metrics.ts'],
    ['fs', 'packages/node/src/fs-disk.ts'],
  ])('%s has no gate in %s', (specifier, path) => {
    expect(gateProblems(file(`import { x } from '${specifier}';`, path))).toHaveLength(1);
    expect(gateProblems(file(`const x = import('${specifier}');`, path))).toHaveLength(1);
  });

  test('the gates are open where they stand', () => {
    expect(gateProblems(file(`import { openSync } from 'node:fs';`, 'packages/node/src/fs-disk.ts'))).toEqual([]);
    expect(gateProblems(file(`import net from 'node:net';`, 'packages/client/src/tcp-dialer.ts'))).toEqual([]);
    const client = 'packages/rpc/src/client/x.ts';
    expect(gateProblems(file(`import { credentials } from '@grpc/grpc-js';`, client))).toEqual([]);
  });

  test('dependencies are declared, used, and exact', () => {
    const manifest = { name: '@hapax/raft', dependencies: { '@hapax/base': '0.1.0', pino: '^10.0.0' } };
    expect(manifestProblems('raft', manifest, [file(`import { x } from 'yaml';`)])).toEqual([
      expect.stringContaining('add yaml'),
      expect.stringContaining('@hapax/base is not imported'),
      expect.stringContaining('pino is not imported'),
    ]);
    expect(versionProblems('package.json', manifest)).toEqual([expect.stringContaining('pino is "^10.0.0"')]);
  });

  test('circles are found, unless only types go round', () => {
    const one = file(`import { b } from './b.ts';`, 'packages/raft/src/a.ts');
    const other = file(`import { a } from './a.ts';`, 'packages/raft/src/b.ts');
    const types = file(`import type { A } from './a.ts';`, 'packages/raft/src/b.ts');
    expect(cycleProblems([one, other])).toHaveLength(1);
    expect(cycleProblems([one, types])).toEqual([]);
  });
});

describe('purity', () => {
  test.each([
    'const now = Date.now();',
    'const started = new Date();',
    'const draw = Math.random();',
    'async function go() {}',
    'const go = async () => {};',
    'class A { async go() {} }',
    'export {}; for await (const x of xs) {}',
    'const p = Promise.resolve();',
    'let later: Promise<void>;',
    'setTimeout(() => {}, 1);',
    'queueMicrotask(go);',
    'const home = process.env;',
    'console.log(1);',
    'const bytes = Buffer.alloc(1);',
    'const { Date: Clock } = globalThis;',
    'for (const key in options) {}',
    'names.sort((a, b) => a.localeCompare(b));',
  ])('%s has no place in a machine', (text) => {
    expect(purityProblems(file(text))).not.toEqual([]);
  });

  test('names of members, and names that the file imports, are its own', () => {
    expect(purityProblems(file(`import { fetch } from './apis/fetch.ts'; fetch.key;`))).toEqual([]);
    const members = 'interface Broker { process(): void } broker.process(); const a = { Date: 1 };';
    expect(purityProblems(file(members))).toEqual([]);
  });

  test('machines are pure; drivers of client and node need not be', () => {
    const machines = ['raft/src/raft.ts', 'broker/src/drivers/peer-link.ts', 'client/src/machines/call.ts'];
    for (const path of [...machines, 'rpc/src/raft.ts']) expect(mustBePure(file('', `packages/${path}`))).toBe(true);
    for (const path of ['client/src/producer.ts', 'node/src/main.ts', 'raft/test/cluster.ts', 'rpc/src/client/x.ts']) {
      expect(mustBePure(file('', `packages/${path}`))).toBe(false);
    }
  });
});

describe('shape', () => {
  test('sizes', () => {
    expect(fileSizeProblems(file('\n'.repeat(400)))).toEqual([]);
    expect(fileSizeProblems(file('\n'.repeat(401)))).toHaveLength(1);
    expect(lineSizeProblems(file(`// ${'x'.repeat(117)}`))).toEqual([]);
    expect(lineSizeProblems(file(`// ${'x'.repeat(118)}`))).toHaveLength(1);
    expect(functionSizeProblems(file(`function a() {${'\n'.repeat(69)}}`))).toEqual([]);
    expect(functionSizeProblems(file(`function a() {${'\n'.repeat(70)}}`))).toHaveLength(1);
    expect(functionSizeProblems(file(`describe('x', () => {${'\n'.repeat(300)}});`))).toEqual([]);
  });

  test('names', () => {
    for (const name of ['Leader.ts', 'log_view.ts', 'raft-utils.ts', 'helpers.ts', 'manager.ts', 'Roles/leader.ts']) {
      expect(nameProblems(`packages/raft/src/${name}`)).not.toEqual([]);
    }
    expect(nameProblems('packages/raft/src/log-view.ts')).toEqual([]);
  });

  test('openings and docstrings', () => {
    expect(openingProblems(file('import x from "y";'))).toHaveLength(1);
    expect(openingProblems(file('/** leader */'))).toHaveLength(1);
    expect(openingProblems(file('/** What a leader does. */'))).toEqual([]);
    expect(docstringProblems(file('/** What a leader does. */\n\nexport function lead() {}'))).toHaveLength(1);
    const documented = '/** What a leader does. */\n\n/** Leads. */\nexport function lead() {}';
    expect(docstringProblems(file(documented))).toEqual([]);
  });

  test('an index lists', () => {
    const path = 'packages/raft/src/index.ts';
    expect(indexProblems(file(`export * from './raft.ts'; export { a } from './a.ts';`, path))).toEqual([]);
    expect(indexProblems(file('export const a = 1;', path))).toHaveLength(1);
  });
});

describe('words', () => {
  test('abbreviations in names that are given here', () => {
    expect(nameWordProblems(file('const maxIdx = 1; function send(msg) {}'))).toHaveLength(2);
    expect(nameWordProblems(file('logger.msg; const index = { msg: 1 }; const tidy = 1;'))).toEqual([]);
  });

  test('fillers in comments', () => {
    expect(commentWordProblems(file('// Obviously, this holds.'))).toHaveLength(1);
  });

  test('what is unfinished, and what belongs to one machine', () => {
    expect(anywhereProblems('a.md', 'TODO: write this')).toHaveLength(1);
    expect(anywhereProblems('a.ts', `const home = '/root/cluster';`)).toHaveLength(1);
    expect(anywhereProblems('a.md', 'the root of the tree lies in packages/root/src')).toEqual([]);
  });

  test('tests that do not run', () => {
    const path = 'packages/raft/test/raft.test.ts';
    for (const call of ['test.skip', 'describe.only', 'test.todo', 'test.concurrent.skip']) {
      expect(skippedTestProblems(file(`${call}('x', () => {});`, path))).toHaveLength(1);
    }
    expect(skippedTestProblems(file(`test.skipIf(absent)('x', () => {});`, path))).toEqual([]);
  });

  test('escapes from the type checker', () => {
    expect(escapeProblems(file('let a: any;\n// @ts-ignore\nlet b = 1;'))).toHaveLength(2);
    expect(escapeProblems(file('// @ts-expect-error it must not compile', 'packages/raft/test/a.test.ts'))).toEqual([]);
  });
});

describe('dead code', () => {
  const used = file('export function used() {}\nexport function unused() {}', 'packages/raft/src/a.ts');
  const user = file(`import { used } from './a.ts';\nused();`, 'packages/raft/src/b.ts');

  test('files that nothing reaches', () => {
    const lost = file('const c = 1;', 'packages/raft/src/c.ts');
    const problems = unreachedProblems([used, user, lost], new Set([user.path]), () => undefined);
    expect(problems).toEqual([expect.stringContaining(lost.path)]);
  });

  test('exports that nobody names', () => {
    expect(unusedExportProblems([used, user])).toEqual([expect.stringContaining('nobody uses unused')]);
  });
});

describe('the ratchet', () => {
  const allowed = { size: { 'a.ts': 2 } };

  test('holds what there is, and refuses more', () => {
    expect(afterExceptions('size', ['a.ts:1: x', 'a.ts:2: x'], allowed)).toEqual([]);
    expect(afterExceptions('size', ['a.ts:1: x', 'a.ts:2: x', 'a.ts:3: x'], allowed)).toHaveLength(3);
    expect(afterExceptions('size', ['b.ts:1: x', 'a.ts:1: x', 'a.ts:1: x'], allowed)).toEqual(['b.ts:1: x']);
  });

  test('falls when something is mended', () => {
    expect(afterExceptions('size', ['a.ts:1: x'], allowed)).toEqual([expect.stringContaining('UPDATE_RATCHET=1')]);
  });
});
