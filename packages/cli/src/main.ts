#!/usr/bin/env node
/** The process behind `hapax`. */
import { VERSION } from './version.ts';
import { runProgram } from './program.ts';
import { processTerminal } from './terminal.ts';

// A reader that went away, as in `hapax consume … | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await runProgram(process.argv.slice(2), processTerminal, VERSION);
process.exitCode = code;
