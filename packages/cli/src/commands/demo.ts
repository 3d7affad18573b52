/** `hapax demo`: 200,000 flights through a cluster whose nodes and consumers are killed, with a ledger at the end. */
import type { CommandContext } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { runDemo } from '../demo/run-demo.ts';
import { outputOption, parseWhole, type OutputFlags } from '../with-cluster.ts';

/** Registers `hapax demo`. */
export function addDemoCommand({ program, terminal, ending }: CommandContext): void {
  const demo = program
    .command('demo')
    .summary('kill a leader and a consumer, lose nothing, and count')
    .description(
      'Starts three nodes, sends 200,000 flights while the leader of a partition is killed with SIGKILL, reads them ' +
        'with a group of which one member is killed, and prints a ledger. Exit code 4 unless it is clean.',
    )
    .option('--rows <number>', 'fewer flights', parseWhole('--rows', 1000, 200_000), 200_000);
  outputOption(demo).action(async (flags: OutputFlags & { rows: number }) => {
    const isClean = await runDemo(terminal, { rows: flags.rows, output: flags.output });
    if (!isClean) ending.code = ExitCode.verdictFailed;
  });
}
