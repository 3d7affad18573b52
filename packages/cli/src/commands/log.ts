/** `hapax log …`: segment files as they lie on disk. */
import { readFileSync } from 'node:fs';
import type { CommandContext, Ending } from '../command-context.ts';
import { ExitCode } from '../exit-code.ts';
import { printResult } from '../output.ts';
import { readSegment } from '../segment-reader.ts';
import type { Terminal } from '../terminal.ts';
import { segmentView } from '../views/segment-view.ts';
import { outputOption, parseWhole, type OutputFlags } from '../with-cluster.ts';

interface DumpFlags extends OutputFlags {
  readonly records?: true;
  readonly from: number;
  readonly limit: number;
}

/** Registers `hapax log`. */
export function addLogCommand({ program, terminal, ending }: CommandContext): void {
  const log = program.command('log').description('Log files as they lie on disk: dump.');
  const dump = log
    .command('dump')
    .description('Shows the batches of segment files, checks each, and says where a file goes bad (exit code 4).')
    .argument('<files...>', 'segments: 00000000000000000000.log')
    .option('--records', 'records too, with key and value')
    .option('--from <offset>', 'the first offset shown', parseWhole('--from', 0), 0)
    .option('--limit <batches>', 'how many batches of each file are shown', parseWhole('--limit', 1), 1000);
  outputOption(dump).action((files: string[], flags: DumpFlags) => dumpFiles(terminal, ending, files, flags));
}

function dumpFiles(terminal: Terminal, ending: Ending, files: readonly string[], flags: DumpFlags): void {
  const segments = files.map((file) => ({ file, ...readSegment(readFileSync(file)) }));
  printResult(terminal, flags.output, segmentView(segments, flags));
  if (segments.some(({ damage }) => damage !== undefined)) ending.code = ExitCode.verdictFailed;
}
