/** `hapax start`: one node, in this process. */
import type { CommandContext } from '../command-context.ts';
import { collect } from '../with-cluster.ts';

interface StartFlags {
  readonly config?: string;
  readonly set?: readonly string[];
}

/** Registers `hapax start`. */
export function addStartCommand({ program }: CommandContext): void {
  program
    .command('start')
    .summary('run one node: broker, controller or both')
    .description(
      'Runs one node in this process until SIGTERM or Ctrl-C. Settings come from a YAML file, then from HAPAX_… ' +
        'variables, then from --set. docs/CONFIGURATION.md lists them; `roles` says what the node does.',
    )
    .option('-c, --config <file>', "the node's settings, as YAML (env HAPAX_CONFIG)")
    .option('--set <key=value>', 'one setting; may be repeated', collect)
    .action(async (flags: StartFlags) => {
      // The node is loaded only here: all other commands begin faster without it.
      const { runNode } = await import('@hapax/node/main');
      const settings = (flags.set ?? []).flatMap((setting) => ['--set', setting]);
      await runNode([...(flags.config === undefined ? [] : ['--config', flags.config]), ...settings]);
    });
}
