/** Asks before what cannot be taken back. */
import { createInterface } from 'node:readline/promises';
import { usage } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Resolves on a yes. Throws `usage` on anything else, and where there is nobody to ask. */
export async function confirm(terminal: Terminal, question: string): Promise<void> {
  if (terminal.input.isTTY !== true) throw usage(`${question} There is nobody to ask: add --yes`);
  const lines = createInterface({ input: terminal.input, output: terminal.errors });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (!/^y(?:es)?$/iu.test(answer.trim())) throw usage('nothing was done');
  } finally {
    lines.close();
  }
}
