/** Progress of what takes longer than a second: a bar on a screen, a few lines elsewhere. */
import cliProgress from 'cli-progress';
import { colorsFor, note, type Terminal } from './terminal.ts';

export interface Progress {
  /** How much is done, and a few words on what goes on. */
  update(done: number, detail?: string): void;
  /** Ends the bar, full, with its closing words. */
  finish(detail?: string): void;
  /** Ends the bar where it is. */
  abandon(): void;
}

/** Begins to show progress of something with `total` parts, on standard error. */
export function startProgress(terminal: Terminal, label: string, total: number): Progress {
  return terminal.errors.isTTY === true ? barOn(terminal, label, total) : linesOn(terminal, label);
}

const LABEL_COLUMNS = 28;

function barOn(terminal: Terminal, label: string, total: number): Progress {
  const colors = colorsFor(terminal, terminal.errors);
  const bar = new cliProgress.SingleBar({
    format: ` ${label.padEnd(LABEL_COLUMNS)} ${colors.cyan('{bar}')} {percentage}% {detail}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 28,
    hideCursor: true,
    stream: terminal.errors,
    fps: 15,
    clearOnComplete: false,
  });
  bar.start(total, 0, { detail: '' });
  return {
    update: (done, detail) => bar.update(Math.min(done, total), detail === undefined ? {} : { detail }),
    finish: (detail) => {
      bar.update(total, detail === undefined ? {} : { detail });
      bar.stop();
    },
    abandon: () => bar.stop(),
  };
}

/** Lines in a file or a pipe: one at the start, one at the end. */
function linesOn(terminal: Terminal, label: string): Progress {
  note(terminal, `${label} …`);
  return {
    update: () => undefined,
    finish: (detail) => note(terminal, `${label}: done${detail === undefined ? '' : `, ${detail}`}`),
    abandon: () => undefined,
  };
}
