/** Faults as bars from when they were injected until they are taken back, in as few rows as they fit. */
import type { FaultStory, PageStory } from '../run-story.ts';
import { timeText, withinChart, write, type Chart, type Surface } from './surface.ts';
import type { TimelineView } from './timeline-view.ts';

const ROW = 21;
const BAR = 17;

interface PlacedFault extends FaultStory {
  readonly row: number;
  readonly endMs: number;
}

/** All faults. */
export class FaultChart implements Chart {
  private readonly faults: readonly PlacedFault[];
  private readonly rows: number;
  private readonly view: TimelineView;

  constructor({ faults, phases, endMs }: PageStory, view: TimelineView) {
    const healedMs = phases.find(({ name }) => name === 'all is healed')?.atMs ?? endMs;
    const widthMs = endMs * 0.035;
    const free: number[] = [];
    this.faults = faults.map((fault) => {
      const until = Math.max(fault.atMs, Math.min(fault.untilMs, healedMs));
      let row = free.findIndex((fromMs) => fromMs <= fault.atMs);
      if (row < 0) row = free.length < ROWS_MAX ? free.length : free.indexOf(Math.min(...free));
      free[row] = Math.max(until, fault.atMs + widthMs);
      return { ...fault, row, endMs: until };
    });
    this.rows = Math.max(2, free.length);
    this.view = view;
  }

  height(): number {
    return this.rows * ROW + 10;
  }

  draw(surface: Surface): void {
    const { colours, view } = surface;
    const kinds = new Set(this.faults.map(({ kind }) => kind)).size;
    write(surface, 'faults', { x: 14, y: 14, colour: colours.text, size: 13, bold: true });
    const some = `${this.faults.length}, ${kinds} ${kinds === 1 ? 'kind' : 'kinds'}`;
    const count = this.faults.length === 0 ? 'none in this run' : some;
    write(surface, count, { x: 14, y: 31, colour: colours.muted, size: 10.5 });
    withinChart(surface, () => {
      for (const fault of this.faults) {
        if (fault.atMs > view.toMs || view.x(fault.endMs) < view.gutter - 160) continue;
        drawFault(surface, fault);
      }
    });
  }

  describe(x: number, y: number): readonly string[] | undefined {
    const row = Math.floor((y - 4) / ROW);
    const found = this.faults.findLast((one) => {
      const [x1, x2] = [this.view.x(one.atMs), this.view.x(one.endMs)];
      return one.row === row && x >= x1 - 2 && x <= Math.max(x2, x1 + 8) + 2;
    });
    if (found === undefined) return undefined;
    const { kind, target, nodes, details, atMs, endMs } = found;
    const whom = nodes.length > 0 && !/^\d/u.test(target) ? `${target}: node ${nodes.join(', ')}` : target;
    return [
      kind, `target ${whom}`, ...(details === '' ? [] : [details]),
      `${timeText(atMs)} to ${timeText(endMs)} (${timeText(endMs - atMs)})`,
    ];
  }
}

function drawFault(surface: Surface, fault: PlacedFault): void {
  const { pen, view, colours } = surface;
  const [x1, x2] = [view.x(fault.atMs), view.x(fault.endMs)];
  const y = 4 + fault.row * ROW;
  const wide = Math.max(x2 - x1, 5);
  const [node = -1] = fault.nodes;
  const colour = fault.nodes.length === 1 ? colours.nodes[node % colours.nodes.length] ?? colours.bad : colours.bad;
  pen.fillStyle = colours.bad;
  pen.globalAlpha = 0.18;
  pen.beginPath();
  pen.roundRect(x1, y, wide, BAR, 3);
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = colour;
  pen.fillRect(x1, y, 4, BAR);
  const x = Math.max(x1 + 8, view.gutter + 5);
  const widthMax = Math.max(x2 - x - 4, view.x(fault.atMs + view.endMs * 0.035) - x - 2);
  const text = `${fault.kind} ${fault.target}`;
  write(surface, text, { x, y: y + BAR / 2 + 0.5, colour: colours.text, size: 10.5, widthMax });
}

const ROWS_MAX = 9;
