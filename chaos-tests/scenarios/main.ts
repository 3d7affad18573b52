/** `npm run chaos -- [list | NAME … | all] [--rounds N] [--json]`: failures of real processes under load. */
import { parseArgs } from 'node:util';
import { renderOutcomes } from './report.ts';
import { runScenario, type Outcome } from './run-scenario.ts';
import { SCENARIOS, scenarioNamed } from './scenarios.ts';

const ROUNDS = 3;

/** Runs what the arguments name and returns the exit code: 0 where every verdict is good. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rounds: { type: 'string', default: String(ROUNDS) }, json: { type: 'boolean' } },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds ${values.rounds}: give a number above 0`);
  if (positionals.length === 0 || positionals[0] === 'list') {
    for (const { name, what } of SCENARIOS) process.stdout.write(`${name.padEnd(18)}${what}\n`);
    return 0;
  }
  const chosen = positionals[0] === 'all' ? SCENARIOS : positionals.map(scenarioNamed);
  const outcomes: Outcome[] = [];
  for (const scenario of chosen) {
    process.stderr.write(`${scenario.name}: ${scenario.what}, ${rounds} times\n`);
    outcomes.push(await runScenario(scenario, rounds));
  }
  process.stdout.write(values.json === true ? `${JSON.stringify(outcomes, null, 2)}\n` : renderOutcomes(outcomes));
  return outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`chaos: ${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
