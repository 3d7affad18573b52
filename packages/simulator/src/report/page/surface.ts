/** Canvases with sharp pixels, and the colours of the theme. */
import type { TimelineView } from './timeline-view.ts';

/** Colours by the names of the style sheet's variables. */
export interface Colours {
  readonly text: string;
  readonly muted: string;
  readonly faint: string;
  readonly line: string;
  readonly panel: string;
  readonly bad: string;
  readonly warn: string;
  readonly good: string;
  readonly accent: string;
  readonly nodes: readonly string[];
  readonly lanes: readonly string[];
}

/** What is drawn on. */
export interface Surface {
  readonly pen: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly colours: Colours;
  readonly view: TimelineView;
}

/** A chart under a heading. */
export interface Chart {
  height(): number;
  draw(surface: Surface): void;
  /** Lines of what is at a place; the first one is a heading. Undefined where nothing is. */
  describe(x: number, y: number): readonly string[] | undefined;
}

const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** The colours of the theme that is in force. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const named = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: named('text'),
    muted: named('muted'),
    faint: named('faint'),
    line: named('line'),
    panel: named('panel'),
    bad: named('bad'),
    warn: named('warn'),
    good: named('good'),
    accent: named('accent'),
    nodes: [0, 1, 2, 3, 4, 5, 6, 7].map((at) => named(`node-${at}`)),
    lanes: ['kafka', 'raft', 'replication', 'transactions', 'controller', 'admin'].map((lane) => named(`lane-${lane}`)),
  };
}

/** Clears a canvas and makes it as large as what is to be drawn. */
export function prepare(canvas: HTMLCanvasElement, height: number, view: TimelineView, colours: Colours): Surface {
  const ratio = window.devicePixelRatio || 1;
  const { width } = view;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext('2d') as CanvasRenderingContext2D;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return { pen, width, height, colours, view };
}

/** Writes a text, cut where it would be wider than it may. */
export function write(
  { pen }: Surface, text: string,
  { x, y, colour, size = 11, widthMax = 1e6, bold = false, right = false }: {
    readonly x: number;
    /** The middle of the line. */
    readonly y: number;
    readonly colour: string;
    readonly size?: number;
    readonly widthMax?: number;
    readonly bold?: boolean;
    readonly right?: boolean;
  },
): void {
  pen.font = `${bold ? '600 ' : ''}${size}px ${FONT}`;
  pen.fillStyle = colour;
  pen.textBaseline = 'middle';
  pen.textAlign = right ? 'right' : 'left';
  let shown = text;
  if (pen.measureText(shown).width > widthMax) {
    let length = Math.floor((shown.length * widthMax) / pen.measureText(shown).width);
    while (length > 0 && pen.measureText(`${text.slice(0, length)}…`).width > widthMax) length -= 1;
    if (length < 2) return;
    shown = `${text.slice(0, length)}…`;
  }
  pen.fillText(shown, x, y);
}

/** Draws only right of the gutter. */
export function withinChart({ pen, view, width, height }: Surface, draw: () => void): void {
  pen.save();
  pen.beginPath();
  pen.rect(view.gutter, 0, width - view.gutter, height);
  pen.clip();
  draw();
  pen.restore();
}

/** A moment in words. */
export function timeText(atMs: number): string {
  return atMs >= 1000 ? `${(atMs / 1000).toFixed(4)} s` : `${atMs.toFixed(2)} ms`;
}

/** Of things in the order of their times: the last one that has begun at a moment; -1 where none has. */
export function lastAt(count: number, timeOf: (at: number) => number, atMs: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(middle) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
