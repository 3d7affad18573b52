/** What every command is given when it registers itself. */
import type { Command } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Where commands leave how they ended, when they ran and the outcome was not good. */
export interface Ending {
  code: ExitCode;
}

export interface CommandContext {
  readonly program: Command;
  readonly terminal: Terminal;
  readonly ending: Ending;
}
