/** `npm run conformance [-- --client NAME …] [--check TEXT] [--json] [--keep]`: every client against every capability. */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { CHECKS } from './checks.ts';
import { kcatVersion } from './kcat-client.ts';
import { renderMatrix } from './matrix.ts';
import { checksFor, CLIENTS, closeClient, runCheck, type ClientName, type Outcome } from './run-checks.ts';
import { TestBed } from '../cluster/test-bed.ts';

/** Runs the matrix and returns the exit code: 0 where everything passed. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { client: { type: 'string', multiple: true }, check: { type: 'string' }, json: { type: 'boolean' }, keep: { type: 'boolean' } },
  });
  const names = (values.client ?? Object.keys(CLIENTS)).map(clientName);
  const checks = CHECKS.filter(({ name }) => name.includes(values.check ?? ''));
  if (checks.length === 0) {
    throw new Error(`no check is called like ${values.check}; there are ${CHECKS.map(({ name }) => name).join('; ')}`);
  }
  if (names.includes('kcat')) installKcat();
  const outcomes: Outcome[] = [];
  const bed = await TestBed.start();
  try {
    for (const name of names) {
      const client = await CLIENTS[name](bed.bootstrap);
      for (const check of checksFor(client, checks)) {
        const outcome = await runCheck(client, bed, check);
        outcomes.push(outcome);
        process.stderr.write(`${outcome.isPassed ? '✓' : '✗'} ${name}: ${check.name} (${outcome.durationMs} ms)\n`);
      }
      await closeClient(client);
    }
  } finally {
    await bed.stop({ keepsData: values.keep ?? false });
    if (values.keep === true) process.stderr.write(`data and logs are in ${bed.cluster.directory}\n`);
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(outcomes, null, 2)}\n` : renderMatrix(outcomes));
  return outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;
}

function clientName(text: string): ClientName {
  if (text in CLIENTS) return text as ClientName;
  throw new Error(`${text} is none of the clients ${Object.keys(CLIENTS).join(', ')}`);
}

/** kcat comes from the distribution's packages where it is missing; that needs root. */
function installKcat(): void {
  if (kcatVersion() !== undefined) return;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'kcat']]) {
    process.stderr.write(`kcat is not here: apt-get ${args.join(' ')}\n`);
    const { status, stderr } = spawnSync('apt-get', args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
    if (status !== 0) throw new Error(`install kcat by hand, or choose other clients by --client: ${stderr}`);
  }
}

const code = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`conformance: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
// A client that hangs may keep timers: the verdict is out.
process.exit(code);
