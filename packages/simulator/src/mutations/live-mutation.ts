/** For `node --import`: a live process that is deliberately broken, by the mutation that `MUTATION` names. */
import { installMutation } from './install-mutation.ts';
import type { Mutation } from './mutation.ts';

const name = process.env['MUTATION'] ?? '';
if (!/^\d{3}-[a-z0-9-]+$/u.test(name)) {
  throw new Error(`MUTATION must name a mutation, and is ${JSON.stringify(name)}: npm run sim -- mutations --list`);
}
const file = new URL(`../../mutations/${name}.ts`, import.meta.url);
const { default: mutation } = await import(file.href) as { readonly default: Mutation };
installMutation(mutation);
process.stderr.write(`this process is broken on purpose: ${mutation.what}\n`);
