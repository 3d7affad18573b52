/** The lines of the trace, which can be filtered; only those in sight are in the page, however many there are. */
import type { PageStory } from '../run-story.ts';
import { lastAt } from './surface.ts';

const ROW = 20;

interface LogLine {
  readonly atMs: number;
  readonly text: string;
  readonly lower: string;
}

/** The list with its filter. */
export class EventLog {
  private readonly lines: readonly LogLine[];
  private readonly list: HTMLElement;
  private readonly rows: HTMLElement;
  private readonly count: HTMLElement;
  private readonly onPick: (atMs: number) => void;
  private shown: readonly LogLine[] = [];
  private filter = '';
  private markedMs: number | undefined;

  constructor(story: PageStory, onPick: (atMs: number) => void) {
    const { violation, endMs } = story;
    const last = violation === null ? [] : [`${endMs.toFixed(3).padStart(10)} violation  ${violation.message}`];
    this.lines = [...story.lines, ...last].map((text) => ({
      atMs: Number(text.slice(0, 10)), text, lower: text.toLowerCase(),
    }));
    this.onPick = onPick;
    this.list = document.querySelector('#log') as HTMLElement;
    this.rows = document.querySelector('#log-rows') as HTMLElement;
    this.count = document.querySelector('#log-count') as HTMLElement;
    const input = document.querySelector('#filter') as HTMLInputElement;
    input.addEventListener('input', () => {
      this.filter = input.value.toLowerCase();
      this.apply();
    });
    this.list.addEventListener('scroll', () => this.render());
    this.rows.addEventListener('click', (event) => {
      const row = (event.target as HTMLElement).closest('[data-at]');
      if (row instanceof HTMLElement) this.onPick(Number(row.dataset['at']));
    });
    const missing = story.linesDropped;
    const note = missing === 0 ? '' : `the first ${missing} lines were too many to keep`;
    (document.querySelector('#log-note') as HTMLElement).textContent = note;
    this.apply();
  }

  /** Goes to the last line before a moment. */
  goTo(atMs: number): void {
    this.markedMs = atMs;
    const at = lastAt(this.shown.length, (index) => this.shown[index]?.atMs ?? 0, atMs + 0.001);
    this.list.scrollTop = Math.max(0, at * ROW - this.list.clientHeight / 2);
    this.render();
  }

  private apply(): void {
    const words = this.filter.split(/\s+/u).filter((word) => word !== '');
    this.shown = this.lines.filter(({ lower }) => words.every((word) => lower.includes(word)));
    this.count.textContent = `${this.shown.length} of ${this.lines.length} lines`;
    this.rows.style.height = `${this.shown.length * ROW}px`;
    this.render();
  }

  private render(): void {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW) - 5);
    const last = Math.min(this.shown.length, first + Math.ceil(this.list.clientHeight / ROW) + 10);
    const rows: HTMLElement[] = [];
    for (let at = first; at < last; at++) rows.push(this.rowOf(this.shown[at] as LogLine, at));
    this.rows.replaceChildren(...rows);
  }

  private rowOf({ text, atMs }: LogLine, at: number): HTMLElement {
    const row = document.createElement('div');
    const isNear = this.markedMs !== undefined && Math.abs(atMs - this.markedMs) < 0.0015;
    const source = text.slice(11, 22).trim().split(' ')[0] ?? '';
    row.className = `log-row${isNear ? ' marked' : ''}${source === 'violation' ? ' violation' : ''}`;
    row.dataset['at'] = String(atMs);
    row.style.top = `${at * ROW}px`;
    const rest = text.slice(11).trimStart().slice(source.length).trimStart();
    const brace = rest.indexOf(' {');
    const [message, fields] = brace < 0 ? [rest, ''] : [rest.slice(0, brace), rest.slice(brace + 1)];
    const kind = source.startsWith('node-') ? ` node-${Number(source.slice(5)) % 8}` : '';
    for (const [name, value] of [
      ['at', atMs.toFixed(3)], [`source${kind}${source === 'faults' ? ' of-faults' : ''}`, source],
      ['message', message], ['fields', fields === '{}' ? '' : fields],
    ] as const) {
      const cell = document.createElement('span');
      cell.className = name;
      cell.textContent = value;
      row.append(cell);
    }
    row.title = text.trim();
    return row;
  }
}
