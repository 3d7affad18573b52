/** Asks again and again until something is so. */
import { AppError } from '@hapax/base';
import { startProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** How far something is. */
export interface Stage {
  readonly done: number;
  readonly total: number;
  /** What is still missing, in a few words. */
  readonly detail: string;
}

const POLL_MS = 200;

/** Resolves when `look` finds everything done, showing progress. Throws `not-ready` after `timeoutMs`. */
export async function waitFor(
  terminal: Terminal,
  what: string,
  timeoutMs: number,
  look: () => Promise<Stage>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  let stage = await look();
  if (stage.done >= stage.total) return;
  const progress = startProgress(terminal, what, stage.total);
  while (stage.done < stage.total) {
    progress.update(stage.done, stage.detail);
    if (performance.now() > deadline) {
      progress.abandon();
      const message = `${what}: not done within ${timeoutMs} ms: ${stage.detail}; raise --timeout to wait longer`;
      throw new AppError('not-ready', message, { retriable: true, definite: false });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    stage = await look();
  }
  progress.update(stage.done, '');
  progress.finish();
}
