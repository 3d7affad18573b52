/** Generates `src/generated/hapax.js` and `.d.ts` from `proto/`: `npm run generate` writes them, the test compares. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROTO = fileURLToPath(new URL('../../../proto/', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/generated/', import.meta.url));

/** Left out is what nobody calls: the messages are made and read only by the typed functions of this package. */
const OPTIONS = [
  '--target=static-module', '--wrap=esm', '--dependency=protobufjs/minimal.js', '--force-number', '--no-create',
  '--no-verify', '--no-convert', '--no-delimited', '--no-typeurl', '--no-service', '--lint=eslint-disable',
];

/** The generated files by name: code without comments, and the declarations, which pbjs can only make from comments. */
export function generate(): Map<string, string> {
  const pbjs = createRequire(import.meta.url).resolve('protobufjs-cli/bin/pbjs');
  const folder = mkdtempSync(join(tmpdir(), 'hapax-proto-'));
  const sources = readdirSync(join(PROTO, 'hapax/v1')).toSorted().map((name) => `hapax/v1/${name}`);
  const run = (name: string, more: readonly string[]) => {
    const places = [`--path=${PROTO}`, `--out=${join(folder, name)}`];
    execFileSync(process.execPath, [pbjs, ...OPTIONS, ...more, ...places, ...sources], { cwd: PROTO });
  };
  try {
    run('hapax.js', ['--no-comments']);
    run('typed.js', ['--dts']);
    return new Map([
      ['hapax.js', readFileSync(join(folder, 'hapax.js'), 'utf8')],
      ['hapax.d.ts', readFileSync(join(folder, 'typed.d.ts'), 'utf8')],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) for (const [name, text] of generate()) writeFileSync(join(TARGET, name), text);
