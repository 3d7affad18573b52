/** `npm run sim [-- COMMAND] [options]`: the simulator at the command line. */
import { runCoverageCommand } from './commands/coverage.ts';
import { runExhaustCommand } from './commands/exhaust.ts';
import { runMutantsCommand } from './commands/mutants.ts';
import { runFaultsCommand } from './commands/faults.ts';
import { runMutationsCommand } from './commands/mutations.ts';
import { runScenarioCommand } from './commands/scenario.ts';
import { runSpeedCommand } from './commands/speed.ts';
import { runSeedsCommand } from './commands/seeds.ts';
import { runVersionsCommand } from './commands/versions.ts';

/** By the first word; seeds are run where there is none. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  coverage: runCoverageCommand,
  exhaust: runExhaustCommand,
  mutants: runMutantsCommand,
  mutations: runMutationsCommand,
  faults: runFaultsCommand,
  scenario: runScenarioCommand,
  speed: runSpeedCommand,
  versions: runVersionsCommand,
};

// Whoever reads the output may have had enough of it, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const [name = '', ...rest] = process.argv.slice(2);
const command = COMMANDS[name];
if (command !== undefined) {
  process.exitCode = await command(rest);
} else if (name !== '' && !name.startsWith('-')) {
  const known = Object.keys(COMMANDS).join(', ');
  process.stderr.write(`sim has no command ${JSON.stringify(name)}: give ${known}, or options only to run seeds\n`);
  process.exitCode = 2;
} else {
  process.exitCode = await runSeedsCommand(process.argv.slice(2));
}
