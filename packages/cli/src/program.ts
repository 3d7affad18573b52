/** The command line `hapax`: its commands, its help, and how it ends. */
import { Command, CommanderError } from 'commander';
import type { CommandContext, Ending } from './command-context.ts';
import { addClusterCommand } from './commands/cluster.ts';
import { addConsumeCommand } from './commands/consume.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addGroupCommand } from './commands/group.ts';
import { addLogCommand } from './commands/log.ts';
import { addPartitionCommand } from './commands/partition.ts';
import { addProduceCommand } from './commands/produce.ts';
import { addStartCommand } from './commands/start.ts';
import { addTopicCommand } from './commands/topic.ts';
import { addTxnCommand } from './commands/txn.ts';
import { addUpCommand } from './commands/up.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { asUsage, reportFailure } from './report-failure.ts';
import { colorsFor, hasColors, type Terminal } from './terminal.ts';

const EXAMPLES: readonly (readonly [string, string])[] = [
  ['hapax up', 'three nodes on this machine, until Ctrl-C'],
  ['hapax topic create orders --partitions 6', 'a topic, replicated as the cluster can'],
  ['seq 100 | hapax produce orders', 'a record for each line'],
  ['hapax consume orders -e -f "%p %o %s\\n"', 'all records there are, one a line'],
  ['hapax group describe billing', 'members, offsets and lag'],
  ['hapax txn find-hanging', 'transactions that block readers and that nobody will end'],
  ['hapax doctor connect broker:9092', 'why a client cannot connect'],
];

const EXIT_CODES = 'Exit codes: 0 done, 1 failed, 2 usage, 3 not ready, 4 verdict failed.';
const HELP_COLUMNS = 110;

/** Runs a command line (without `node` and the script). Resolves with the exit code; never throws. */
export async function runProgram(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  const ending: Ending = { code: ExitCode.ok };
  const program = buildProgram({ terminal, ending, version });
  if (args.length === 0) {
    program.outputHelp();
    return ExitCode.ok;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return ending.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    if (isClosedPipe(error)) return ExitCode.ok;
    const failure = asUsage(error);
    reportFailure(terminal, failure);
    return exitCodeOf(failure);
  }
}

function buildProgram(options: { terminal: Terminal; ending: Ending; version: string }): Command {
  const { terminal, ending, version } = options;
  const program = new Command('hapax');
  configure(program, terminal);
  program
    .description('A Kafka-compatible, replicated log: run it, look into it, read and write it.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'help for any command')
    .helpCommand(false)
    .usage('<command> [options]')
    .addHelpText('after', () => examples(terminal));
  const context: CommandContext = { program, terminal, ending };
  program.commandsGroup('Run:');
  addUpCommand(context);
  addStartCommand(context);
  addDemoCommand(context);
  program.commandsGroup('Read and write:');
  addProduceCommand(context);
  addConsumeCommand(context);
  program.commandsGroup('Administer:');
  addTopicCommand(context);
  addGroupCommand(context);
  addTxnCommand(context);
  addClusterCommand(context);
  program.commandsGroup('Look into:');
  addPartitionCommand(context);
  addLogCommand(context);
  addDoctorCommand(context);
  return program;
}

function configure(program: Command, terminal: Terminal): void {
  const { output, errors } = terminal;
  const colors = colorsFor(terminal, output);
  program
    .exitOverride()
    // An option behind a subcommand is that subcommand's, also where its parent has one of the same name.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for all options)')
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => void output.write(text),
      writeErr: (text) => void errors.write(text),
      outputError: (text, write) => write(text.replace(/^error:/u, colorsFor(terminal, errors).red('error:'))),
      getOutHelpWidth: () => Math.min(output.columns ?? HELP_COLUMNS, HELP_COLUMNS),
      getErrHelpWidth: () => Math.min(errors.columns ?? HELP_COLUMNS, HELP_COLUMNS),
      getOutHasColors: () => hasColors(terminal, output),
      getErrHasColors: () => hasColors(terminal, errors),
    })
    .configureHelp({
      sortOptions: false,
      styleTitle: (text) => colors.bold(text),
      styleCommandText: (text) => colors.cyan(text),
      styleSubcommandTerm: (text) => colors.cyan(text),
      styleOptionTerm: (text) => colors.green(text),
    });
}

function examples(terminal: Terminal): string {
  const colors = colorsFor(terminal, terminal.output);
  const width = Math.max(...EXAMPLES.map(([command]) => command.length));
  const lines = EXAMPLES.map(([command, what]) => `  ${colors.cyan(command.padEnd(width))}  ${what}`);
  return `\n${colors.bold('Examples:')}\n${lines.join('\n')}\n\n${EXIT_CODES}\n`;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
