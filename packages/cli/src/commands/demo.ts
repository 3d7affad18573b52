/** `hapax demo`: what exactly-once does, shown on flights and on a bank, while nodes and processes are killed. */
import type { CommandContext } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { runBank } from '../demo/bank/run-bank.ts';
import { runDemo } from '../demo/run-demo.ts';
import { outputOption, parseWhole, type OutputFlags } from '../with-cluster.ts';

/** Registers `hapax demo` and `hapax demo bank`. */
export function addDemoCommand({ program, terminal, ending }: CommandContext): void {
  const demo = program
    .command('demo')
    .summary('kill nodes and processors, and count: exactly once, at least once, at most once')
    .description(
      'Starts three nodes, loads 200,000 flights, and sorts them into topics three times: exactly once (in ' +
        'transactions), at least once and at most once. Each time a partition leader, the transaction coordinator ' +
        'and processors are killed, and one processor is paused and comes back as a zombie. Then an auditor counts ' +
        'what was lost, duplicated, torn, or seen though it was aborted. Exit code 4 unless exactly-once is all zeros.',
    )
    .option('--rows <number>', 'fewer flights', parseWhole('--rows', 50_000, 200_000), 200_000);
  outputOption(demo).action(async (flags: OutputFlags & { rows: number }) => {
    const isGood = await runDemo(terminal, { rows: flags.rows, output: flags.output });
    if (!isGood) ending.code = ExitCode.verdictFailed;
  });
  const bank = demo
    .command('bank')
    .summary('transfers between partitions: the sum holds with transactions, and drifts without')
    .description(
      'Starts three nodes and lets four processes move money between accounts of different partitions, first with ' +
        'transactions and then without, while a partition leader, the transaction coordinator and transferors are ' +
        'killed. An auditor takes stock all the while. Exit code 4 unless the sum holds with transactions.',
    )
    .option('--seconds <number>', 'how long each of the two goes on', parseWhole('--seconds', 5, 600), 20);
  outputOption(bank).action(async (flags: OutputFlags & { seconds: number }) => {
    const isGood = await runBank(terminal, { durationMs: flags.seconds * 1000, output: flags.output });
    if (!isGood) ending.code = ExitCode.verdictFailed;
  });
}
