/** `npm run build`: compiles every package and puts the result into its dist/, where its `exports` expect it. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const emitted = join(root, '.build');

rmSync(emitted, { recursive: true, force: true });
execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
for (const name of readdirSync(join(root, 'packages'))) {
  const sources = join(root, 'packages', name, 'src');
  const compiled = join(emitted, name, 'src');
  if (!existsSync(compiled)) continue;
  const target = join(root, 'packages', name, 'dist');
  rmSync(target, { recursive: true, force: true });
  renameSync(compiled, target);
  // Generated code is JavaScript already: the compiler leaves it where it is.
  const generated = join(sources, 'generated');
  if (existsSync(generated)) cpSync(generated, join(target, 'generated'), { recursive: true });
}
rmSync(emitted, { recursive: true, force: true });
