#!/usr/bin/env node
/** The process behind `hapax`. */
import { enableCompileCache } from 'node:module';

// What was compiled once need not be again: a command then begins in a third of the time. Only what is imported from
// here on profits, hence the imports below.
enableCompileCache();
const { runProgram } = await import('./program.ts');
const { processTerminal } = await import('./terminal.ts');
const { VERSION } = await import('./version.ts');

// A reader that went away, as in `hapax consume … | head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runProgram(process.argv.slice(2), processTerminal, VERSION);
