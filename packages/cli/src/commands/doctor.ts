/** `hapax doctor …`: finds out why something does not work. */
import { Option } from 'commander';
import { walkConnection, type Step } from '../connection-walk.ts';
import type { CommandContext } from '../command-context.ts';
import { ExitCode, usage } from '../exit-code.ts';
import { printResult } from '../output.ts';
import { colorsFor, type Colors, type Terminal } from '../terminal.ts';
import { outputOption, parseDuration, type OutputFlags } from '../with-cluster.ts';

/** Registers `hapax doctor`. */
export function addDoctorCommand({ program, terminal, ending }: CommandContext): void {
  const doctor = program.command('doctor').description('Finds out why something does not work: connect.');
  const walk = doctor
    .command('connect')
    .description(
      'Walks the way of a client: name, port, protocol, metadata, every advertised address, every leader. ' +
        'Exit code 4 where a step is broken.',
    )
    .argument('<host:port>', 'any broker')
    .addOption(
      new Option('--step-timeout <time>', 'how long each step may take').argParser(parseDuration).default(3000, '3s'),
    );
  outputOption(walk).action(async (address: string, flags: OutputFlags & { stepTimeout: number }) => {
    const found = /^(?:\[(?<v6>[^\]]+)\]|(?<host>[^:]+))(?::(?<port>\d{1,5}))?$/u.exec(address)?.groups;
    if (found === undefined) throw usage(`"${address}" is no address: write host:port, or [IPv6]:port`);
    const endpoint = { host: found['v6'] ?? found['host'] ?? '', port: Number(found['port'] ?? 9092) };
    const isScreen = flags.output === 'table';
    const steps = await walkConnection(endpoint, flags.stepTimeout, (step) => {
      if (isScreen) showStep(terminal, step);
    });
    const broken = steps.filter(({ state }) => state === 'broken');
    if (isScreen) conclude(terminal, broken);
    else printResult(terminal, flags.output, { value: { ok: broken.length === 0, steps }, tables: [] });
    if (broken.length > 0) ending.code = ExitCode.verdictFailed;
  });
}

function showStep(terminal: Terminal, step: Step): void {
  const colors = colorsFor(terminal, terminal.output);
  terminal.output.write(`${markOf(step, colors)} ${step.name.padEnd(12)} ${step.found}\n`);
  for (const line of step.advice) terminal.output.write(`${' '.repeat(15)}${colors.yellow('→')} ${line}\n`);
}

function markOf(step: Step, colors: Colors): string {
  switch (step.state) {
    case 'ok':
      return colors.green('✓');
    case 'doubtful':
      return colors.yellow('!');
    case 'broken':
      return colors.red('✗');
  }
}

function conclude(terminal: Terminal, broken: readonly Step[]): void {
  const colors = colorsFor(terminal, terminal.output);
  const first = broken[0];
  const verdict =
    first === undefined
      ? colors.green('A client from here can use this cluster.')
      : colors.red(`A client from here cannot use all of this cluster: the first broken step is ${first.name}.`);
  terminal.output.write(`\n${verdict}\n`);
}
