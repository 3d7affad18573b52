/** `npm run conformance [-- --client NAME …] [--check TEXT] [--json] [--keep]`: clients against capabilities. */
import { parseArgs } from 'node:util';
import { CHECKS, type Check } from './checks.ts';
import { installJavaDriver, installKcat, installPythonDriver } from './install.ts';
import { renderMatrix } from './matrix.ts';
import { checksFor, CLIENTS, closeClient, runCheck, type ClientName, type Outcome } from './run-checks.ts';
import { TestBed } from '../cluster/test-bed.ts';

const INSTALLERS: Partial<Record<ClientName, () => unknown>> = {
  kcat: installKcat, librdkafka: installPythonDriver, java: installJavaDriver,
};

/** Runs the matrix and returns the exit code: 0 where everything passed. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      client: { type: 'string', multiple: true }, check: { type: 'string' }, json: { type: 'boolean' },
      keep: { type: 'boolean' },
    },
  });
  const names = (values.client ?? Object.keys(CLIENTS)).map(clientName);
  const checks = CHECKS.filter(({ name }) => name.includes(values.check ?? ''));
  if (checks.length === 0) {
    throw new Error(`no check is called like ${values.check}; there are ${CHECKS.map(({ name }) => name).join('; ')}`);
  }
  // Before the nodes run: a compiler or a package manager beside them would make them late.
  const missing = names.flatMap(missingClient);
  const present = names.filter((name) => missing.every(({ client }) => client !== name));
  const outcomes = [...missing];
  const bed = await TestBed.start();
  try {
    for (const name of present) outcomes.push(...(await checkClient(name, bed, checks)));
  } finally {
    await bed.stop({ keepsData: values.keep ?? false });
    if (values.keep === true) process.stderr.write(`data and logs are in ${bed.cluster.directory}\n`);
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(outcomes, null, 2)}\n` : renderMatrix(outcomes));
  return outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;
}

/** Installs a client; one that cannot be had is a failure like any other, and told so. */
function missingClient(name: ClientName): Outcome[] {
  try {
    INSTALLERS[name]?.();
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`✗ ${name}: cannot be had: ${reason}\n`);
    return [{ client: name, version: '', notes: [], check: 'can be had', isPassed: false, durationMs: 0, reason }];
  }
}

async function checkClient(name: ClientName, bed: TestBed, checks: readonly Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const client = await CLIENTS[name](bed.bootstrap);
  for (const check of checksFor(client, checks)) {
    const outcome = await runCheck(client, bed, check);
    outcomes.push(outcome);
    process.stderr.write(`${outcome.isPassed ? '✓' : '✗'} ${name}: ${check.name} (${outcome.durationMs} ms)\n`);
    if (outcome.reason !== undefined) process.stderr.write(`    ${outcome.reason}\n`);
  }
  await closeClient(client);
  return outcomes;
}

function clientName(text: string): ClientName {
  if (text in CLIENTS) return text as ClientName;
  throw new Error(`${text} is none of the clients ${Object.keys(CLIENTS).join(', ')}`);
}

const code = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`conformance: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
// A client that hangs may keep timers: the verdict is out.
process.exit(code);
